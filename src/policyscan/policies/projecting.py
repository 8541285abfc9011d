"""The tables that a policy makes of what the members of its inventory say: in, `project:`; out, `Table`s."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from policyscan import cel
from policyscan.cel import types
from policyscan.policies.declaring import Constants
from policyscan.policies.expressions import Expressions, Role
from policyscan.policies.files import Path
from policyscan.policies.policy import DOCUMENT, ELEMENT, KEY, Code, Table
from policyscan.policies.reads import Part

EnvMaker = Callable[[str, Constants], cel.Env | None]
"""The environment for expressions about a kind, with some constants; None where there is no such kind."""

_SCALARS = frozenset((
    types.BOOL, types.INT, types.UINT, types.DOUBLE, types.STRING, types.DATE, types.TIMESTAMP,
    types.DURATION, types.MONEY,
))  # fmt: skip


class Projecting:
    """Checks the tables of one policy."""

    def __init__(
        self, expressions: Expressions, make_env: EnvMaker, constants: Constants, members: Collection[str]
    ) -> None:
        """`members` are the kinds of the members that the policy's inventories have."""
        self.expressions = expressions
        self.complaints = expressions.complaints
        self.file = expressions.file
        self.make_env = make_env
        self.constants = constants
        self.members = sorted(set(members))

    def tables(self, env: cel.Env) -> tuple[tuple[Table, ...], cel.Env]:
        """The sound tables, and the environment in which each has its name."""
        written = self.file.value.get("project")
        if written is None:
            return (), env
        self._check_use()
        made = []
        for name in written:
            table, row = self._table(name)
            made.extend([table] if table is not None else [])
            try:
                env = env.child(variables={name: types.List(row)})
            except ValueError as error:
                self.complaints.key(str(error), ("project", name))
        return tuple(made), env

    def _check_use(self) -> None:
        if not self.members:
            message = f"a {self.file.value['kind']} has no members, so there is nothing to project"
            hint = "x-members in the kind's schema says which list names them"
            self.complaints.value(message, ("project",), hint)
        for path in self._notices():
            message = "`notice:` cannot be used with `project:`"
            hint = "what the members say is worked out for now alone; give the notice to a control about them"
            self.complaints.value(message, path, hint)

    def _notices(self) -> Iterator[Path]:
        if "notice" in self.file.value:
            yield ("notice",)
        for i, item in enumerate(self.file.value["require"]):
            if "notice" in item:
                yield "require", i, "notice"

    def _table(self, name: str) -> tuple[Table | None, types.Type]:
        path: Path = ("project", name)
        kind = self.file.at(path)["from"]
        if kind not in self.members:
            hint = f"its members are of the kind {' or '.join(self.members)}" if self.members else None
            message = f"{kind!r} is no kind of member of a {self.file.value['kind']}"
            self.complaints.value(message, (*path, "from"), hint)
            return None, types.DYN
        env = self.make_env(kind, self.constants)
        if env is None:
            return None, types.DYN
        with self.expressions.asking.of(kind):
            return self._projected(env, name, kind, path)

    def _projected(self, env: cel.Env, name: str, kind: str, path: Path) -> tuple[Table | None, types.Type]:
        written, role = self.file.at(path), Role(Part.table(name))
        names: tuple[str, ...] = (kind,)
        for_each: Code | None = None
        key: tuple[str, ...] = ()
        if "for_each" in written:
            lists = [((*path, "for_each"), role)]
            binding, element = self.expressions.binding(env, names, name, lists, "not_applicable")
            inner = written.get("as", "item")
            try:
                env, names = env.child(variables={inner: element}), (*names, inner)
            except ValueError as error:
                self.complaints.value(str(error), (*path, "as"))
            if binding is None:
                return None, types.DYN
            (for_each,), (key,) = binding.lists, binding.keys
        elif "as" in written:
            self.complaints.value("`as:` without `for_each:`", (*path, "as"))
        codes, fields = self._columns(env, names, (*path, "columns"), role, _own_fields(kind))
        row = types.ObjectType(f"{name}[]", fields, key=(KEY,), label=f"row of {name}")
        label = for_each.text if for_each else ""
        reads = self.expressions.reads.of(Part.table(name))
        return Table(name, kind, for_each, label, key, tuple(codes), reads), row

    def _columns(
        self, env: cel.Env, names: tuple[str, ...], path: Path, role: Role, fields: dict[str, types.Field]
    ) -> tuple[Sequence[tuple[str, Code]], dict[str, types.Field]]:
        codes = []
        for column in self.file.at(path):
            code = self._column(env, names, (*path, column), role, fields)
            codes.extend([(column, code)] if code is not None else [])
            # What is wrong with a column is told once, not wherever it is used.
            fields[column] = types.Field(types.nullable(code.checked.type) if code else types.DYN)
        return codes, fields

    def _column(
        self, env: cel.Env, names: tuple[str, ...], path: Path, role: Role, taken: Collection[str]
    ) -> Code | None:
        if path[-1] in taken:
            message = f"every row has {path[-1]!r} already"
            self.complaints.key(message, path, "give the column another name")
        code = self.expressions.code(env, names, path, role)
        if code is not None and not _keepable(code.checked.type):
            message = f"a column cannot hold {code.checked.type}"
            hint = "a table keeps texts, numbers, truths, dates, durations, money, and lists or maps of these"
            self.complaints.value(message, path, hint)
        return code


def _own_fields(kind: str) -> dict[str, types.Field]:
    """What every row has."""
    element = "What identifies the element, or the member if it is a row."
    return {
        DOCUMENT: types.Field(types.IdType(kind), "The id of the member.", optional=False),
        ELEMENT: types.Field(types.STRING, element),
    }


def _keepable(type_: types.Type) -> bool:
    """Whether a value of a type holds nothing of the inventory that it comes from."""
    if isinstance(type_, types.List | types.Nullable):
        return _keepable(type_.elem)
    if isinstance(type_, types.Map):
        return _keepable(type_.key) and _keepable(type_.value)
    return type_ in _SCALARS or isinstance(type_, types.Enum | types.IdType)
