"""Which facts of which inventories an expression reads, found out by checking it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policyscan.cel import types
from policyscan.documents.kinds import Kinds
from policyscan.policies.checking import Checker
from policyscan.policies.files import PolicyFile
from policyscan.policies.loading import environment
from policyscan.policies.pack import Pack

Facts = dict[tuple[str, str], list[str]]
"""The keys that are read, by kind of inventory and kind of thing in it (for its root the kind again)."""


class _Watched(dict[str, types.Field]):
    """The fields of a type, which note what the checker asks for."""

    def __init__(self, fields: Mapping[str, types.Field], where: tuple[str, str], seen: Facts) -> None:
        super().__init__(fields)
        self.where = where
        self.seen = seen

    def get(self, key: str, default: Any = None) -> Any:
        """As of any dict; what is there is noted."""
        if key in self:
            keys = self.seen.setdefault(self.where, [])
            if key not in keys:
                keys.append(key)
        return super().get(key, default)


class Reader:
    """Finds out what policies read. Its kinds belong to it alone: it changes their types."""

    def __init__(self, kinds: Kinds, pack: Pack) -> None:
        self.kinds = kinds
        self.pack = pack
        self.seen: Facts = {}
        roots = {id(kinds[name].type) for name in kinds.names}
        done: set[int] = set()
        for name in kinds.names:
            for found in _objects(kinds[name].type, roots, done):
                where = (name, name if found is kinds[name].type else found.name)
                found.fields = _Watched(found.fields, where, self.seen)

    def facts(self, file: PolicyFile) -> Facts:
        """What the expressions of a policy read, those of the definitions that they use included."""
        self.seen.clear()
        checker = Checker(
            file,
            lambda kind, constants: environment(self.pack, self.kinds, kind, constants),
            {},
            lambda kind: self.kinds[kind].members.values(),
        )
        assert checker.policy() is not None
        return {where: sorted(self.seen[where]) for where in sorted(self.seen)}


def _objects(root: types.ObjectType, roots: set[int], done: set[int]) -> Iterator[types.ObjectType]:
    """The types of the objects within a kind's type, those of other kinds left out."""
    pending: list[types.Type] = [root]
    for found in pending:
        if id(found) in done or (id(found) in roots and found is not root):
            continue
        done.add(id(found))
        if isinstance(found, types.ObjectType):
            yield found
            pending.extend(field.type for field in found.fields.values())
        elif isinstance(found, types.Nullable | types.List):
            pending.append(found.elem)
        elif isinstance(found, types.Map):
            pending.append(found.value)
        elif isinstance(found, types.Union):
            pending.extend(found.members)
