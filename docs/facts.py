"""Which facts of which inventories an expression reads, found out by checking it."""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.cel import types
from policyscan.documents.kinds import Kinds
from policyscan.policies.checking import Checker
from policyscan.policies.files import PolicyFile
from policyscan.policies.loading import environment
from policyscan.policies.pack import Pack

Facts = dict[tuple[str, str], list[str]]
"""The keys that are read, by kind of inventory and kind of thing in it (for its root the kind again)."""


class Reader:
    """Finds out what policies read."""

    def __init__(self, kinds: Kinds, pack: Pack) -> None:
        self.kinds = kinds
        self.pack = pack
        self.where: dict[types.Type, tuple[str, str]] = {}
        roots = {id(kinds[name].type) for name in kinds.names}
        done: set[int] = set()
        for name in kinds.names:
            for found in _objects(kinds[name].type, roots, done):
                self.where[found] = (name, name if found is kinds[name].type else found.name)

    def facts(self, file: PolicyFile) -> Facts:
        """What the expressions of a policy read, those of the definitions that they use included."""
        checker = Checker(
            file,
            lambda kind, constants: environment(self.pack, self.kinds, kind, constants),
            {},
            lambda kind: self.kinds[kind].members.values(),
            self.kinds.types.sections,
        )
        assert checker.policy() is not None
        seen: dict[tuple[str, str], set[str]] = {}
        for read in checker.reads:
            if read.of in self.where:
                seen.setdefault(self.where[read.of], set()).add(read.field)
        return {where: sorted(seen[where]) for where in sorted(seen)}


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
