"""Random well-typed expressions and random inventories for them, as full of gaps as real ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from policyscan.cel import types as t
from policyscan.cel.types import Enum, Field, List, Map, ObjectType, Type, nullable
from policyscan.cel.values import DAY, Date, Duration, Timestamp
from tests.cel.harness import NOW, TODAY

# The inventory: a client with people and devices, devices with fixes; references, nulls, enums.

SEVERITY = Enum("severity", ("low", "medium", "high", "critical"), ordered=True)
OS = Enum("os", ("windows", "macos", "linux"))

FIX = ObjectType(
    "fix",
    {
        "id": Field(t.STRING, optional=False),
        "severity": Field(SEVERITY),
        "released_on": Field(t.DATE),
        "cvss": Field(nullable(t.DOUBLE)),
    },
    ("id",),
)
PERSON = ObjectType(
    "person",
    {
        "id": Field(t.STRING, optional=False),
        "name": Field(t.STRING),
        "age": Field(t.INT),
        "left_on": Field(nullable(t.DATE)),
    },
    ("id",),
)
DEVICE = ObjectType(
    "device",
    {
        "id": Field(t.STRING, optional=False),
        "os": Field(OS),
        "in_scope": Field(t.BOOL),
        "seen_at": Field(t.TIMESTAMP),
        "scanned_on": Field(nullable(t.DATE)),
        "score": Field(t.DOUBLE),
        "owner": Field(nullable(PERSON)),
        "fixes": Field(List(FIX)),
        "tags": Field(List(t.STRING)),
    },
    ("id",),
)
CLIENT = ObjectType(
    "client",
    {
        "id": Field(t.STRING, optional=False),
        "name": Field(t.STRING),
        "staff": Field(t.INT),
        "budget": Field(nullable(t.DOUBLE)),
        "started_on": Field(t.DATE),
        "window": Field(t.DURATION),
        "manager": Field(PERSON),
        "people": Field(List(PERSON)),
        "devices": Field(List(DEVICE)),
        "labels": Field(Map(t.STRING, t.STRING)),
        "limits": Field(List(t.INT)),
    },
    ("id",),
)
OBJECTS = {"client": CLIENT, "device": DEVICE, "person": PERSON, "fix": FIX}


def inventory(rnd: Random) -> dict[str, Any]:
    """A client's document; about one key in ten is missing, and nullable ones are often null."""
    people = [_object(rnd, PERSON, {"id": f"p{n}"}) for n in range(rnd.randint(0, 3))]
    devices = [_device(rnd, n, people) for n in range(rnd.randint(0, 3))]
    client = _object(rnd, CLIENT, {"id": "acme", "people": people, "devices": devices})
    _put(rnd, client, "manager", rnd.choice(people) if people else None)
    return client


def _device(rnd: Random, number: int, people: list[dict[str, Any]]) -> dict[str, Any]:
    fixes = [_object(rnd, FIX, {"id": f"KB{n}"}) for n in range(rnd.randint(0, 2))]
    device = _object(rnd, DEVICE, {"id": f"d{number}", "fixes": fixes})
    if rnd.random() > _GAP:
        device["owner"] = rnd.choice([*people, None])
    return device


_GAP = 0.1


def _put(rnd: Random, holder: dict[str, Any], key: str, value: Any) -> None:
    if value is not None and rnd.random() > _GAP:
        holder[key] = value


def _object(rnd: Random, kind: ObjectType, known: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, field in kind.fields.items():
        if name in known:
            if name == "id" or rnd.random() > _GAP:
                made[name] = known[name]
        elif rnd.random() > _GAP and not _is_object(field.type):
            made[name] = _value(rnd, field.type)
    return made


def _is_object(kind: Type) -> bool:
    inner = t.non_null(kind)
    return isinstance(inner, ObjectType) or (isinstance(inner, List) and isinstance(inner.elem, ObjectType))


def _value(rnd: Random, kind: Type) -> Any:
    if isinstance(kind, t.Nullable):
        return None if rnd.random() < 0.3 else _value(rnd, kind.elem)
    if isinstance(kind, Enum):
        return rnd.choice(kind.values)
    if isinstance(kind, List):
        return [_value(rnd, kind.elem) for _ in range(rnd.randint(0, 3))]
    if isinstance(kind, Map):
        return {key: rnd.choice(_WORDS) for key in rnd.sample(("site", "tier", "b-c"), rnd.randint(0, 3))}
    return _SCALARS[kind.name](rnd)


_WORDS = ("", "a", "gold", "é", "KB12", "windows-11")
_SCALARS: dict[str, Callable[[Random], Any]] = {
    "bool": lambda rnd: rnd.random() < 0.5,
    "int": lambda rnd: rnd.choice((-1, 0, 1, 2, 3, 14, 2**63 - 1)),
    "double": lambda rnd: rnd.choice((-1.5, 0.0, 0.5, 1.0, 7.0, 9.8)),
    "string": lambda rnd: rnd.choice(_WORDS),
    "date": lambda rnd: Date(TODAY + rnd.choice((-400, -31, -30, -29, -14, -1, 0, 1, 30))),
    "timestamp": lambda rnd: Timestamp(
        NOW + rnd.choice((-400, -30, -1, 0, 1, 30)) * DAY + rnd.choice((0, 0, 1))
    ),
    "duration": lambda rnd: Duration(rnd.choice((0, 1, 14, 30)) * DAY),
}

# Expressions


class Scope(NamedTuple):
    """The variables that may be named, each of an object type or a scalar's name."""

    variables: tuple[tuple[str, str], ...]

    def with_(self, name: str, kind: str) -> Scope:
        return Scope((*self.variables, (name, kind)))


ROOT = Scope((("client", "client"), ("device", "device")))
VARIABLES: dict[str, Type] = {"client": CLIENT, "device": DEVICE}

_LITERALS = {
    "bool": ("true", "false"),
    "int": ("0", "1", "2", "14", "-3", "9223372036854775807"),
    "double": ("0.0", "0.5", "7.0", "-1.5"),
    "string": ('""', '"a"', '"KB12"', '"gold"'),
    "date": ('date("2026-10-31")', 'date("2026-10-01")', 'date("2025-01-31")'),
    "timestamp": ('timestamp("2026-10-31T12:00:00Z")', 'timestamp("2026-10-01T00:00:00Z")'),
    "duration": ("days(14)", "days(30)", "days(1)", 'duration("0s")'),
    "severity": ('"low"', '"high"', '"critical"'),
    "os": ('"windows"', '"linux"'),
}
_COMPARED = ("int", "double", "string", "date", "timestamp", "duration")
_ORDERS = ("<", "<=", ">", ">=")
_EQUALITIES = ("==", "!=")
_OBJECT_LISTS = ("device", "person", "fix")


class Generator:
    """Makes sources of expressions of a wanted type; what it makes is mostly, not always, accepted."""

    def __init__(self, rnd: Random) -> None:
        self.rnd = rnd
        self.names = 0

    def expression(self, kind: str, scope: Scope = ROOT, depth: int = 3) -> str:
        """An expression of a scalar type, or of `list<…>`, whose parts nest at most `depth` levels."""
        if depth <= 0 or self.rnd.random() < 0.15:
            return self.leaf(kind, scope)
        return self.composite(kind, scope, depth - 1)

    def leaf(self, kind: str, scope: Scope) -> str:
        if kind.startswith("list<"):
            return self.list_leaf(kind.removeprefix("list<").removesuffix(">"), scope)
        if kind in {"date", "timestamp"} and self.rnd.random() < 0.3:
            return "today" if kind == "date" else "now"
        if self.rnd.random() < 0.7 and (path := self.path(kind, scope)):
            return path
        return self.rnd.choice(_LITERALS[kind])

    def list_leaf(self, kind: str, scope: Scope) -> str:
        if path := self.list_path(kind, scope):
            return path
        if kind in OBJECTS:
            return (
                "client.devices"
                if kind == "device"
                else f"client.devices.filter(z, false).map(z, z.{kind}s)[0]"
            )
        return f"[{', '.join(self.leaf(kind, scope) for _ in range(self.rnd.randint(1, 3)))}]"

    def path(self, kind: str, scope: Scope) -> str:
        """A variable or a field, perhaps of a field, that has the type or may have it."""
        found = [path for path, of in self.paths(scope) if str(t.non_null(of)) == kind]
        return self.rnd.choice(found) if found else ""

    def nullable_path(self, kind: str, scope: Scope) -> str:
        found = [p for p, of in self.paths(scope) if isinstance(of, t.Nullable) and str(of.elem) == kind]
        return self.rnd.choice(found) if found else "client.budget"

    def list_path(self, kind: str, scope: Scope) -> str:
        found = [
            path
            for path, of in self.paths(scope)
            if isinstance(of, List) and str(t.non_null(of.elem)) == kind
        ]
        return self.rnd.choice(found) if found else ""

    def paths(self, scope: Scope) -> list[tuple[str, Type]]:
        found: list[tuple[str, Type]] = []
        for name, kind in scope.variables:
            if kind not in OBJECTS:
                found.append((name, Type(kind)))
                continue
            for field, spec in OBJECTS[kind].fields.items():
                found.append((f"{name}.{field}", spec.type))
                inner = t.non_null(spec.type)
                if isinstance(inner, ObjectType):
                    found += [(f"{name}.{field}.{f}", s.type) for f, s in inner.fields.items()]
        return found

    def composite(self, kind: str, scope: Scope, depth: int) -> str:
        if kind.startswith("list<"):
            return self.list_of(kind.removeprefix("list<").removesuffix(">"), scope, depth)
        if kind in {"severity", "os"}:
            return self.leaf(kind, scope)
        maker = self.rnd.choice((*getattr(self, f"{kind}_makers")(), self.conditional))
        return str(maker(kind, scope, depth))

    def some(self, kind: str, scope: Scope, depth: int) -> str:
        return self.expression(kind, scope, depth)

    def conditional(self, kind: str, scope: Scope, depth: int) -> str:
        test = self.some("bool", scope, depth)
        return f"({test} ? {self.some(kind, scope, depth)} : {self.some(kind, scope, depth)})"

    def infix(self, operators: tuple[str, ...], kind: str, scope: Scope, depth: int) -> str:
        left, right = self.some(kind, scope, depth), self.some(kind, scope, depth)
        return f"({left} {self.rnd.choice(operators)} {right})"

    # bool

    def bool_makers(self) -> tuple[Callable[..., str], ...]:
        return (
            self.logic, self.logic, self.negation, self.comparison, self.comparison, self.equality,
            self.enum_test, self.null_test, self.presence, self.quantified, self.quantified, self.member,
            self.text_test, self.within, self.share, self.two_variables, self.grouped, self.clock_test,
            self.named,
        )  # fmt: skip

    def logic(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("&&", "||"), "bool", scope, depth)

    def negation(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"!{self.some('bool', scope, depth)}"

    def comparison(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(_ORDERS, self.rnd.choice(_COMPARED), scope, depth)

    def equality(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(_EQUALITIES, self.rnd.choice(_COMPARED), scope, depth)

    def enum_test(self, _kind: str, scope: Scope, depth: int) -> str:
        if self.rnd.random() < 0.5:
            return self.infix((*_ORDERS, *_EQUALITIES), "severity", scope, depth)
        return self.infix(_EQUALITIES, "os", scope, depth)

    def null_test(self, _kind: str, scope: Scope, depth: int) -> str:
        kind = self.rnd.choice(("date", "double"))
        path = self.nullable_path(kind, scope)
        rest = f"{path} {self.rnd.choice((*_ORDERS, *_EQUALITIES))} {self.some(kind, scope, depth)}"
        return self.rnd.choice(
            (f"({path} == null || {rest})", f"({path} != null && {rest})", f"({path} == null)")
        )

    def presence(self, _kind: str, scope: Scope, depth: int) -> str:
        paths = [path for path, _ in self.paths(scope) if "." in path]
        path = self.rnd.choice(paths)
        return f"has({path})"

    def quantified(self, _kind: str, scope: Scope, depth: int) -> str:
        macro = self.rnd.choice(("all", "exists", "exists_one"))
        items, name, inner = self.bound(scope, depth)
        return f"{items}.{macro}({name}, {self.some('bool', inner, depth)})"

    def bound(self, scope: Scope, depth: int) -> tuple[str, str, Scope]:
        kind = self.rnd.choice((*_OBJECT_LISTS, "device", "string", "int"))
        self.names += 1
        name = f"v{self.names}"
        return self.some(f"list<{kind}>", scope, depth), name, scope.with_(name, kind)

    def member(self, _kind: str, scope: Scope, depth: int) -> str:
        if self.rnd.random() < 0.3:
            return f"({self.rnd.choice(_LITERALS['string'])} in client.labels)"
        kind = self.rnd.choice(("int", "string", "date"))
        return f"({self.some(kind, scope, depth)} in {self.some(f'list<{kind}>', scope, depth)})"

    def text_test(self, _kind: str, scope: Scope, depth: int) -> str:
        test = self.rnd.choice(("contains", "startsWith", "endsWith"))
        return f"{self.some('string', scope, depth)}.{test}({self.some('string', scope, depth)})"

    def within(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"within({self.leaf('date', scope)}, {self.rnd.choice(_LITERALS['duration'])})"

    def share(self, _kind: str, scope: Scope, depth: int) -> str:
        items, name, inner = self.bound(scope, depth)
        test = self.some("bool", inner, depth)
        if self.rnd.random() < 0.5:
            return f"{items}.atLeast({self.rnd.choice(('0.5', '1.0', '0.34'))}, {name}, {test})"
        return f"({items}.count({name}, {test}) {self.rnd.choice(_ORDERS)} {self.rnd.randint(0, 2)})"

    def two_variables(self, _kind: str, scope: Scope, depth: int) -> str:
        items, name, inner = self.bound(scope, depth)
        test = self.some("bool", inner.with_(f"i{name}", "int"), depth)
        return f"{items}.{self.rnd.choice(('all', 'exists', 'existsOne'))}(i{name}, {name}, {test})"

    def grouped(self, _kind: str, scope: Scope, _depth: int) -> str:
        key, value = self.rnd.choice((("os", '"windows"'), ("in_scope", "true"), ("id", '"d0"')))
        devices = self.leaf("list<device>", scope)
        return f"({devices}.groupBy(z, z.{key})[{value}].size() {self.rnd.choice(_ORDERS)} 1)"

    def clock_test(self, _kind: str, scope: Scope, depth: int) -> str:
        order, fixed = (
            self.rnd.choice(_ORDERS),
            self.rnd.choice(("days(30)", "days(1)", "client.window", "hours(36)")),
        )
        if self.rnd.random() < 0.5:
            date = self.path("date", scope) or "client.started_on"
            return self.rnd.choice(
                (
                    f"(today - {date} {order} {fixed})",
                    f"({date} + days(14) {order} today)",
                    f"({date} == today)",
                )
            )
        instant = self.path("timestamp", scope) or "device.seen_at"
        return self.rnd.choice((f"(now - {instant} {order} {fixed})", f"({instant} + {fixed} {order} now)"))

    def named(self, kind: str, scope: Scope, depth: int) -> str:
        self.names += 1
        name, of = f"n{self.names}", self.rnd.choice(("int", "string", "date", "bool"))
        value, body = self.some(of, scope, depth), self.some(kind, scope.with_(name, of), depth)
        return f"cel.bind({name}, {value}, {body})"

    # numbers

    def place(self, _kind: str, scope: Scope, depth: int) -> str:
        of = self.rnd.choice(("int", "string"))
        method = self.rnd.choice(("indexOf", "lastIndexOf"))
        return f"{self.some(f'list<{of}>', scope, depth)}.{method}({self.some(of, scope, depth)})"

    def part_of_date(self, _kind: str, scope: Scope, depth: int) -> str:
        method = self.rnd.choice(("getFullYear", "getMonth", "getDate", "getDayOfWeek", "getDayOfYear"))
        if self.rnd.random() < 0.5:
            return f"{self.some('date', scope, depth)}.{method}()"
        return f"{self.some('timestamp', scope, depth)}.{method}('Europe/Berlin')"

    def statistic(self, _kind: str, scope: Scope, depth: int) -> str:
        items = self.some(self.rnd.choice(("list<int>", "list<double>")), scope, depth)
        return self.rnd.choice(
            (
                f"median({items})",
                f"double(percentile({items}, 50))",
                f"double(total({items}))",
                f"percent({self.some('int', scope, depth)}, {self.some('int', scope, depth)})",
            )
        )

    def perhaps(self, _kind: str, scope: Scope, depth: int) -> str:
        other = self.some("double", scope, depth)
        return self.rnd.choice(
            (
                f"client.devices[?0].optMap(o, o.score).orValue({other})",
                f"device.?score.orValue({other})",
                f"client.?devices[?1].?score.orValue({other})",
                f"client.devices.map(o, o.score).first().orValue({other})",
            )
        )

    def int_makers(self) -> tuple[Callable[..., str], ...]:
        return (
            self.int_sum,
            self.size,
            self.total,
            self.count,
            self.extreme,
            self.place,
            self.part_of_date,
            self.named,
        )

    def int_sum(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("+", "-", "*", "%"), "int", scope, depth)

    def size(self, _kind: str, scope: Scope, depth: int) -> str:
        kind = self.rnd.choice(("string", "list<device>", "list<string>", "list<int>"))
        return f"size({self.some(kind, scope, depth)})"

    def total(self, kind: str, scope: Scope, depth: int) -> str:
        return f"{self.some(f'list<{kind}>', scope, depth)}.sum()"

    def count(self, _kind: str, scope: Scope, depth: int) -> str:
        items, name, inner = self.bound(scope, depth)
        return f"size({items}.filter({name}, {self.some('bool', inner, depth)}))"

    def extreme(self, kind: str, scope: Scope, depth: int) -> str:
        return f"{self.some(f'list<{kind}>', scope, depth)}.{self.rnd.choice(('min', 'max'))}()"

    def double_makers(self) -> tuple[Callable[..., str], ...]:
        return self.double_sum, self.as_double, self.total, self.extreme, self.statistic, self.perhaps

    def double_sum(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("+", "-", "*", "/"), "double", scope, depth)

    def as_double(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"double({self.some('int', scope, depth)})"

    # text, dates, times

    def string_makers(self) -> tuple[Callable[..., str], ...]:
        return (
            self.joined,
            self.text_of,
            self.cased,
            self.label,
            self.found,
            self.formatted,
            self.listed,
            self.named,
        )

    def joined(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("+",), "string", scope, depth)

    def text_of(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"string({self.some(self.rnd.choice(('int', 'double', 'bool')), scope, depth)})"

    def cased(self, _kind: str, scope: Scope, depth: int) -> str:
        return (
            f"{self.some('string', scope, depth)}.{self.rnd.choice(('upperAscii', 'lowerAscii', 'trim'))}()"
        )

    def label(self, _kind: str, scope: Scope, _depth: int) -> str:
        return self.rnd.choice(
            ('client.labels["site"]', "client.labels.tier", 'client.labels.?site.orValue("x")')
        )

    def formatted(self, _kind: str, scope: Scope, depth: int) -> str:
        return f'"%s:%d".format([{self.some("string", scope, depth)}, {self.some("int", scope, depth)}])'

    def listed(self, _kind: str, scope: Scope, depth: int) -> str:
        items, name, inner = self.bound(scope, depth)
        text = self.some("string", inner, depth)
        return self.rnd.choice(
            (
                f"{items}.map({name}, {text}).join(',')",
                f"{items}.transformList(i{name}, {name}, {text}).join()",
                f"{items}.sortBy({name}, {text}).map({name}, {text}).join()",
                f"{items}.map({name}, {self.some('bool', inner, depth)}, {text}).join()",
            )
        )

    def found(self, kind: str, scope: Scope, depth: int) -> str:
        items, name, inner = self.bound(scope, depth)
        macro = self.rnd.choice(("find", "maxBy", "minBy"))
        if (of := dict(inner.variables)[name]) not in OBJECTS:
            return self.leaf(kind, scope)
        test = "bool" if macro == "find" else "int"
        field = "name" if of == "person" else "id"
        return f"{items}.{macro}({name}, {self.some(test, inner, depth)}).{field}"

    def date_makers(self) -> tuple[Callable[..., str], ...]:
        return self.moved_date, self.extreme

    def moved_date(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"({self.some('date', scope, depth)} {self.rnd.choice('+-')} days({self.rnd.randint(0, 40)}))"

    def timestamp_makers(self) -> tuple[Callable[..., str], ...]:
        return (self.moved_instant,)

    def moved_instant(self, _kind: str, scope: Scope, depth: int) -> str:
        instant, length = self.some("timestamp", scope, depth), self.some("duration", scope, depth)
        return f"({instant} {self.rnd.choice('+-')} {length})"

    def duration_makers(self) -> tuple[Callable[..., str], ...]:
        return self.date_difference, self.duration_sum, self.extreme, self.length

    def date_difference(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("-",), self.rnd.choice(("date", "timestamp")), scope, depth)

    def duration_sum(self, _kind: str, scope: Scope, depth: int) -> str:
        return self.infix(("+", "-"), "duration", scope, depth)

    def length(self, _kind: str, scope: Scope, depth: int) -> str:
        return f"{self.rnd.choice(('days', 'hours', 'minutes'))}({self.some('int', scope, depth)})"

    # lists

    def list_of(self, kind: str, scope: Scope, depth: int) -> str:
        choice = self.rnd.random()
        items = f"list<{kind}>"
        if choice < 0.4:
            self.names += 1
            name = f"v{self.names}"
            inner = scope.with_(name, kind)
            return f"{self.leaf(items, scope)}.filter({name}, {self.some('bool', inner, depth)})"
        if choice < 0.7 and kind not in OBJECTS:
            source, name, inner = self.bound(scope, depth)
            return f"{source}.map({name}, {self.some(kind, inner, depth)})"
        if choice < 0.8:
            return f"({self.leaf(items, scope)} + {self.leaf(items, scope)})"
        if choice < 0.9 and kind not in OBJECTS:
            method = self.rnd.choice(("distinct()", "sort()", "reverse()", "slice(0, 1)"))
            return f"{self.leaf(items, scope)}.{method}"
        return self.leaf(items, scope)
