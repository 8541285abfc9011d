"""What compiled code and the tracer share: dynamic operations, errors in common form, and linking.

In: values as programs have them. Out: what an operation gives whose types only a run knows, and programs
linked with what they call.

Compiled programs have this module as their globals. In policies a `KeyError` stands for Missing and a
`TypeError` for Absent (an operation on None) until a program ends or absorbs it, because raising and
catching Python's own errors costs compiled code nothing where nothing goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from policyscan.cel import budget, registry
from policyscan.cel.budget import begin, over_budget, remembered, settle, turns
from policyscan.cel.clock import Activation, unanswered
from policyscan.cel.equality import (
    contains,
    equals,
    key_value,
    less,
    less_equal,
    lookup_key,
    map_key,
    same,
)
from policyscan.cel.errors import Absent, EvalError, ExhaustedError, Fault, Missing
from policyscan.cel.lookup import UNTOLD, chosen, keyed, peek, search, table_of, unseen, untried, visits
from policyscan.cel.packing import pack, unpack
from policyscan.cel.types import (
    DYN,
    AnyObject,
    Enum,
    IdType,
    List,
    Map,
    Nullable,
    ObjectType,
    Optional,
    Type,
    TypeParam,
)
from policyscan.cel.values import (
    NONE,
    Dangling,
    Date,
    Duration,
    Money,
    OptionalValue,
    Timestamp,
    TypeValue,
    UInt,
    Unresolved,
    type_name,
)
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.clock import Clock

ERRORS: Final = (KeyError, TypeError, EvalError)
__all__ = [
    "begin", "contains", "equals", "keyed", "less", "less_equal", "lookup_key", "map_key", "over_budget",
    "peek", "remembered", "same", "search", "settle", "turns", "unseen", "untried", "visits",
]  # fmt: skip


# --- errors


def settled(error: BaseException) -> EvalError:
    """An error in the language's own form."""
    if isinstance(error, EvalError):
        return error
    error.__traceback__ = None
    if isinstance(error, KeyError):
        return Missing(f"{error.args[0]} is missing" if error.args else "missing")
    return Absent("null has no value to work with")


def outcome(error: BaseException) -> EvalError:
    """The error that a program ends in: one of its own, which no frame of the program keeps."""
    if not isinstance(error, EvalError):
        return settled(error)  # made just now
    error.__traceback__ = None
    return type(error)(error.message)


class Failed:
    """What evaluating a bound expression ended in; `again` ends in the same.

    It keeps a copy of the error, whose traceback would keep the frame that keeps it.
    """

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = outcome(error)

    def again(self) -> NoReturn:
        """Raises the error anew."""
        raise outcome(self.error)


def worst(first: BaseException | None, second: BaseException) -> BaseException:
    """The error that wins where two meet; `first` may be None.

    It loses its traceback: a frame that keeps an error whose traceback leads to the frame is a circle, which
    keeps whole documents alive until the garbage collector comes.
    """
    second.__traceback__ = second.__context__ = None
    if first is None:
        return second
    if first.__class__ is second.__class__:
        return first  # of one rank; what many elements lack is told of the first
    one, other = settled(first), settled(second)
    return other if other.rank > one.rank else one


def rank_of(error: BaseException) -> int:
    """The rank of an error, which is not to be kept."""
    return settled(error).rank


def is_absent(error: BaseException) -> bool:
    """Whether an error, which is not to be kept, is that of something absent."""
    error.__traceback__ = error.__context__ = None
    return isinstance(error, Absent | TypeError)


def weight(value: Any) -> int:
    """What a collected value costs of the budget: the characters or elements that it has.

    What is deeper in it was charged for when it was made.
    """
    return len(value) if isinstance(value, str | bytes | list | dict) else 1


def exhausted(error: ExhaustedError) -> Fault:
    """The fault that ends such an evaluation."""
    return Fault(str(error))


def untold(error: BaseException) -> object:
    """What no list is found by, in place of a value that could not be had."""
    error.__traceback__ = error.__context__ = None
    return UNTOLD


def fail(message: str) -> NoReturn:
    """What evaluating something that no checker would accept does."""
    raise Fault(message)


def no_value() -> NoReturn:
    """What working with null does in policies."""
    msg = "null has no value to work with"
    raise Absent(msg)


def all_given(items: Any) -> Any:
    """The list, which must not be null, nor any of its elements."""
    if items is None or None in items:
        no_value()
    return items


def given(value: Any) -> Any:
    """The value, which must not be null."""
    if value is None:
        no_value()
    return value


def truth(value: Any) -> bool:
    """A condition in policies: null is absent, anything else but a bool a fault."""
    if value is True or value is False:
        return bool(value)
    if value is None:
        no_value()
    return truth_core(value)


def truth_core(value: Any) -> bool:
    """A condition in plain CEL: anything but a bool is a fault."""
    if value is True or value is False:
        return bool(value)
    msg = f"no such overload: a {type_name(value)} is no condition"
    raise Fault(msg)


# --- selection


def select(value: Any, field: str) -> Any:
    """`value.field` of anything, in policies."""
    if type(value) is dict:
        return value[field]
    if value is None:
        no_value()
    if isinstance(value, Dangling | Unresolved):
        return value[field]
    return select_core(value, field)


def select_core(value: Any, field: str) -> Any:
    """`value.field` of anything, in plain CEL."""
    if type(value) is dict:
        if field in value:
            return value[field]
        msg = f"no such key: {field!r}"
        raise Fault(msg)
    if type(value) is OptionalValue:
        return optional_select(value, field)
    msg = f"a {type_name(value)} has no fields, so not {field!r}"
    raise Fault(msg)


def has(value: Any, field: str) -> bool:
    """`has(value.field)`, in policies."""
    if value is None:
        no_value()
    if isinstance(value, Dangling | Unresolved):
        return bool(value[field])
    return has_core(value, field)


def has_core(value: Any, field: str) -> bool:
    """`has(value.field)`, in plain CEL."""
    if type(value) is dict:
        return field in value
    if type(value) is OptionalValue:
        return value is not NONE and has_core(value.value, field)
    msg = f"a {type_name(value)} has no fields, so not {field!r}"
    raise Fault(msg)


def optional_select(value: Any, field: str) -> Any:
    """`value.?field`: an optional, empty where the field is not there."""
    wrapped = type(value) is OptionalValue
    if type(value) is OptionalValue:
        if value is NONE:
            return NONE
        value = value.value
    if type(value) is dict:
        return OptionalValue(value[field]) if field in value else NONE
    if (value is None and not wrapped) or isinstance(value, Dangling | Unresolved):
        return NONE  # what a reference names is not there, nor is any field of it
    msg = f"a {type_name(value)} has no fields, so not {field!r}"
    raise Fault(msg)


def item(items: Any, number: int) -> Any:
    """An element of a list by its number, in policies: absent where there is none."""
    if items is None or type(items) in (Dangling, Unresolved):
        return items[number]
    if 0 <= number < len(items):
        return items[number]
    msg = f"there is no element {number} in a list of {len(items)}"
    raise Absent(msg)


def index(operand: Any, key: Any) -> Any:
    """`operand[key]` of anything, in policies."""
    if operand is None or key is None:
        no_value()
    if type(operand) is dict:
        found = lookup_key(key)
        if found in operand:
            return operand[found]
        msg = f"there is no {key!r} in this map"
        raise Missing(msg)
    if type(operand) is list and type(key) in (int, UInt):
        return item(operand, key)
    return index_core(operand, key)


def index_core(operand: Any, key: Any) -> Any:
    """`operand[key]` of anything, in plain CEL."""
    if type(operand) is dict:
        found = lookup_key(key)
        if found in operand:
            return operand[found]
        msg = f"no such key: {key!r}"
        raise Fault(msg)
    if type(operand) is list:
        number = _list_index(key)
        if number is not None and 0 <= number < len(operand):
            return operand[number]
        msg = f"invalid index {key!r} in a list of {len(operand)}"
        raise Fault(msg)
    if type(operand) is OptionalValue:
        return optional_index(operand, key)
    msg = f"no such overload: a {type_name(operand)} cannot be indexed"
    raise Fault(msg)


def _list_index(key: Any) -> int | None:
    if type(key) in (int, UInt):
        return int(key)
    return int(key) if type(key) is float and key.is_integer() else None


def optional_index(operand: Any, key: Any) -> Any:
    """`operand[?key]`: an optional, empty where there is no such element."""
    if type(operand) is OptionalValue:
        if operand is NONE:
            return NONE
        operand = operand.value
    if type(operand) is dict:
        found = lookup_key(key)
        return OptionalValue(operand[found]) if found in operand else NONE
    if type(operand) is list:
        number = _list_index(key)
        if number is None:
            msg = f"invalid index {key!r} of a list"
            raise Fault(msg)
        return OptionalValue(operand[number]) if 0 <= number < len(operand) else NONE
    if operand is None:
        return NONE
    msg = f"no such overload: a {type_name(operand)} cannot be indexed"
    raise Fault(msg)


# --- references


def among(value: Any, items: list[Any]) -> bool:
    """Whether a reference is in a list of references; Missing where that cannot be told."""
    table = table_of(items, None, value)
    if table is not None:
        items = [element for _, element in chosen(table, value)]
    else:
        budget.visited(items, 8)
    error: EvalError | None = None
    for candidate in items:
        try:
            if same(value, candidate):
                return True
        except EvalError as unknown:
            unknown.__traceback__ = None
            error = unknown
    if error is not None:
        raise error
    return False


def has_key(target: Any, path: tuple[str, ...], id: str | None) -> bool:
    """Whether an object has this id at `path`."""
    if target is None or id is None:
        return target is None and id is None
    if type(target) is not dict:
        return bool(target.id == id)
    for part in path:
        target = target[part]
    return bool(target == id)


# --- collections


def entries(value: Any) -> Any:
    """What macros with one variable go through: elements of a list, keys of a map; Fault for the rest."""
    if type(value) is list:
        return value
    if type(value) is dict:
        return [key_value(key) for key in value]
    if value is None:
        no_value()
    msg = f"a {type_name(value)} has no elements to go through"
    raise Fault(msg)


def pairs(value: Any) -> Any:
    """What macros with two variables go through: indexes and elements, or keys and values."""
    if type(value) is list:
        return enumerate(value)
    if type(value) is dict:
        return [(key_value(key), part) for key, part in value.items()]
    entries(value)
    return ()


def entries_core(value: Any) -> Any:
    """As `entries`; null is a fault."""
    return entries(_not_null(value))


def pairs_core(value: Any) -> Any:
    """As `pairs`; null is a fault."""
    return pairs(_not_null(value))


def _not_null(value: Any) -> Any:
    if value is None:
        msg = "null has no elements to go through"
        raise Fault(msg)
    return value


def member(value: Any, items: Any) -> bool:
    """`value in items` where Python's own comparison will do, for a long list."""
    budget.visited(items, 128)
    if type(value) is str and len(value) > budget.SMALL:
        budget.spend(len(items) * len(value) // 1024)
    return value in items


def same_text(a: Any, b: Any) -> bool:
    """`a == b` for texts or bytes, of which the first is long."""
    budget.read(a)
    return bool(a == b)


def inside(value: Any, items: Any) -> bool:
    """`value in items` for anything, in policies."""
    if items is None:
        no_value()
    return contains(items, value)


def has_entry(key: str, value: Any) -> bool:
    """`key in value` for an object or map with text keys."""
    if type(value) is dict:
        return (key if len(key) < budget.LONG_TEXT else lookup_key(key)) in value
    return bool(value[key])


def put(made: dict[Any, Any], key: Any, value: Any) -> None:
    """Adds an entry of a map literal; Fault for a repeated key."""
    found = map_key(key)
    if found in made:
        msg = f"failed with repeated key {key!r}"
        raise Fault(msg)
    made[found] = value


def merge(made: dict[Any, Any], more: Any) -> None:
    """Adds the entries of one map to another; Fault for a repeated key."""
    if type(more) is not dict:
        msg = f"no such overload: a map was expected, not a {type_name(more)}"
        raise Fault(msg)
    budget.visited(more, 4)
    for key, value in more.items():
        put(made, key_value(key), value)


def some(value: Any) -> Any:
    """An optional, as `[?x]` and `{?k: x}` need; Fault for anything else."""
    if type(value) is OptionalValue:
        return value
    msg = f"no such overload: an optional was expected, not a {type_name(value)}"
    raise Fault(msg)


def sort_key(value: Any) -> Any:
    """A value to order by; Absent for null, Fault for what has no order."""
    if value is None:
        no_value()
    return value


def by_order(elements: list[Any], keys: list[Any]) -> list[Any]:
    """The elements ordered by their keys; equal keys keep their order."""
    check_sortable(keys)
    budget.ordered(keys)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return [elements[number] for number in order]


_NUMERIC: Final = frozenset({int, UInt, float})


def check_sortable(keys: list[Any]) -> None:
    """Fault where keys cannot be ordered among each other."""
    kinds = {type(key) for key in keys}
    if len(kinds) > 1 and not kinds <= _NUMERIC:
        msg = f"values of different types cannot be ordered: {', '.join(sorted(map(type_name, keys)))}"
        raise Fault(msg)
    if kinds & {list, dict, type(None), OptionalValue, TypeValue, Dangling, Unresolved}:
        msg = f"a {type_name(keys[0])} has no order"
        raise Fault(msg)


def check_comparable(keys: list[Any]) -> None:
    """As `check_sortable`, for keys of which only the first or last is sought."""
    check_sortable(keys)
    budget.long_texts(keys)


def no_elements(name: str) -> NoReturn:
    """What `maxBy` and `minBy` of nothing, and `find` without a match, do."""
    msg = "no element passes the test" if name == "find" else "the list is empty"
    raise Absent(msg)


def at_least(share: float, hits: int, unsure: int, n: int, error: BaseException | None) -> bool:
    """Whether hits make up the share of n, decided by bounds where `unsure` elements could go either way."""
    if not n:
        msg = "the list is empty, so it has no share"
        raise Absent(msg)
    need = share * n
    # A share such as 0.9 of 10 must be met by 9 although floats say 9.000000000000002.
    slack = 1e-9 * n
    if hits + slack >= need:
        return True
    if error is None or hits + unsure + slack < need:
        return False
    raise error


def within_bounds(op: str, low: int, high: int, limit: int, error: BaseException | None) -> bool:
    """`count op limit` for a count known to lie from `low` to `high`; the error where that is not enough."""
    compare = _COMPARE[op]
    first = compare(low, limit)
    if error is None or (op not in ("==", "!=") and compare(high, limit) == first):
        return bool(first)
    if op in ("==", "!=") and not low <= limit <= high:
        return op == "!="
    raise error


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def compare_core(op: str, a: Any, b: Any) -> bool:
    """An ordering of anything."""
    if op == "<":
        return less(a, b)
    if op == "<=":
        return less_equal(a, b)
    return less(b, a) if op == ">" else less_equal(b, a)


def compare(op: str, a: Any, b: Any) -> bool:
    """An ordering of anything in policies: null is absent."""
    if a is None or b is None:
        no_value()
    return compare_core(op, a, b)


def rank(values: tuple[str, ...], a: Any) -> int:
    """The place of an enum's value on its scale; Absent for null."""
    if a is None:
        no_value()
    if a not in values:
        msg = f"{a!r} is not one of {', '.join(values)}"
        raise Fault(msg)
    return values.index(a)


# --- the clock


def clock_equal(clock: Clock, a: int | None, b: int | None, sign: int, unit: int) -> bool:
    """`a == b` where `a` moves by `sign * unit` a day; tells the clock when that turns."""
    if a is None or b is None:
        return False
    gap = (b - a) * sign
    if gap == 0:
        turn = clock.day + 1
    elif gap > 0 and gap % unit == 0:
        turn = clock.day + gap // unit
    else:
        return False
    clock.turn_day = min(clock.turn_day, turn)
    return gap == 0


def clock_open(clock: Clock, calendar: Any, a: int, b: int, op: str) -> bool:
    """`a op b` where `a` grows while a calendar is open; tells the clock when that turns."""
    from policyscan.cel.functions.calendars import advance

    slack = b - a if op in ("<=", ">") else b - a - 1
    holds = slack >= 0
    if holds:
        turn = advance(clock, calendar, clock.instant, slack + 1)
        clock.turn_instant = min(clock.turn_instant, turn)
    return holds == (op in ("<", "<="))


def moves(clock: Clock, value: Any, how: str) -> Any:
    """A result that follows the clock: it is another one tomorrow."""
    if how != "shape":
        clock.turn_day = min(clock.turn_day, clock.day + 1)
    return value


# --- overloads chosen at run time

_KINDS: Final[dict[str, frozenset[type]]] = {
    "bool": frozenset({bool}),
    "int": frozenset({int}),
    "uint": frozenset({UInt}),
    "double": frozenset({float}),
    "string": frozenset({str}),
    "bytes": frozenset({bytes}),
    "null": frozenset({type(None)}),
    "timestamp": frozenset({Timestamp}),
    "duration": frozenset({Duration}),
    "date": frozenset({Date}),
    "money": frozenset({Money}),
    "type": frozenset({TypeValue}),
}


def accepts(t: Type, value: Any) -> bool:
    """Whether a value is of a static type, and what is in it too where the type says what that is."""
    if isinstance(t, TypeParam):
        # Whether a map is an object, with an identity, only the checker knows.
        return t.bound is None
    if t == DYN:
        return True
    if isinstance(t, List):
        if isinstance(t.elem, TypeParam):
            return type(value) is list and accepts(t.elem, None)
        return type(value) is list and _all_accepted(t.elem, value)
    if isinstance(t, Map):
        return type(value) is dict and _all_accepted(t.value, value.values())
    if isinstance(t, ObjectType | AnyObject):
        return type(value) is dict
    if isinstance(t, Optional):
        return type(value) is OptionalValue
    if isinstance(t, Nullable):
        return value is None or accepts(t.elem, value)
    if isinstance(t, Enum | IdType):
        return type(value) is str
    return type(value) in _KINDS.get(t.name, ())


def _all_accepted(t: Type, values: Collection[Any]) -> bool:
    """Whether all values are of a type: functions rely on each."""
    if t == DYN or isinstance(t, TypeParam):
        return True
    budget.visited(values, 4)
    return all(accepts(t, value) for value in values)


def dispatcher(name: str, member: bool, strict: bool) -> Callable[..., Any]:
    """A function `(clock, *args)` that takes the first overload of `name` that fits its arguments."""
    function = registry.function(name)
    assert function is not None
    overloads = [o for o in function.overloads if o.member == member and not (strict and o.core)]

    def call(clock: Clock, *args: Any) -> Any:
        for overload in overloads:
            if _fits(overload, args):
                return overload.impl(clock, *args) if overload.clock else overload.impl(*args)
        if strict and None in [a for a in args if a is None]:
            no_value()
        types = ", ".join(type_name(arg) for arg in args)
        msg = f"no such overload: {name}({types})"
        raise Fault(msg)

    return call


def _fits(overload: registry.Overload, args: tuple[Any, ...]) -> bool:
    params = overload.params
    if len(args) != len(params):
        if not overload.variadic or len(args) < len(params):
            return False
        params = params + (params[-1],) * (len(args) - len(params))
    return all(map(accepts, params, args))


def ask(clock: Clock, name: str, kinds: tuple[str, ...], *args: Any) -> Any:
    """What the host answers to a call of one of its functions, with values of these kinds; null is absent."""
    if None in args:
        no_value()
    if not all(type(arg) in _KINDS[kind] for arg, kind in zip(args, kinds, strict=True)):
        msg = f"no such overload: {name}({', '.join(map(type_name, args))})"
        raise Fault(msg)
    if not isinstance(clock, Activation):
        raise unanswered(name)
    return clock.answer(name, *args)


# --- programs


class Program(NamedTuple):
    """Compiled code and what its extra parameters stand for.

    A constant is `("v", value)`, a function of the registry `("f", name, overload, which)`, a dispatcher
    `("d", name, member, strict)`.
    """

    code: CodeType
    constants: tuple[tuple[Any, ...], ...]

    def packed(self) -> tuple[Any, ...]:
        """The program as marshal can keep it."""
        return self.code, pack(self.constants)


def link(packed: tuple[Any, ...], source: str) -> Callable[..., Any]:
    """The function that a packed program is."""
    code, constants = packed
    defaults = tuple([_constant(spec) for spec in unpack(constants)]) if constants else None
    made = FunctionType(code, globals(), "program", defaults)
    made.__doc__ = source
    return made


def _constant(spec: tuple[Any, ...]) -> Any:
    kind = spec[0]
    if kind == "v":
        return spec[1]
    if kind == "d":
        return dispatcher(*spec[1:])
    function = registry.function(spec[1])
    assert function is not None
    return getattr(function.overloads[spec[2]], spec[3])
