"""Which facts of which inventories an expression reads, found out by checking it."""

from __future__ import annotations

from policyscan.cel import types
from policyscan.kinds.kinds import Kinds
from policyscan.policies.checking import PolicyChecker
from policyscan.policies.definitions import within
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
        roots = [kinds[name].type for name in kinds.names]
        for name, root in zip(kinds.names, roots, strict=True):
            for found in within(root, roots):
                if isinstance(found, types.ObjectType):
                    self.where[found] = (name, name if found is root else found.name)

    def facts(self, file: PolicyFile) -> Facts:
        """What the expressions of a policy read, those of the definitions that they use included."""
        checker = PolicyChecker(
            file,
            lambda kind, constants: environment(self.pack, self.kinds, kind, constants),
            {},
            lambda kind: self.kinds[kind].members.values(),
            self.kinds.types.sections,
        )
        assert checker.policy() is not None
        seen: dict[tuple[str, str], set[str]] = {}
        for read in checker.reads.every:
            if read.of in self.where:
                seen.setdefault(self.where[read.of], set()).add(read.field)
        return {where: sorted(seen[where]) for where in sorted(seen)}
