"""A small world to evaluate in: shops and depots written as YAML, policies written into a folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from policyscan.documents.document import Document
from policyscan.documents.references import link_across
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import scan_document
from policyscan.errors import PolicyscanError
from policyscan.findings import EvidenceRule, Result, Status
from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import Pack
from policyscan.source import Source
from tests.opening import open_text

HERE = Path(__file__).parent
HEAD = "schema_version: 1\nkind: shop\nas_of: 2026-10-31\nabout: {id: corner}\n"
"""Four lines, so that what a test adds starts on line 5."""
DEPOT = "schema_version: 1\nkind: depot\nas_of: 2026-10-31\nabout: {id: north}\n"
AS_OF = "2026-10-31"

POLICY = """\
id: {id}
title: It is as it should be
severity: high
kind: {kind}
why: we say so
fix: do it
"""


@cache
def kinds() -> Kinds:
    known = Kinds.builtin(zone="UTC")
    for name in ("shop", "depot", "chain"):
        known.load(HERE / f"{name}.schema.json", f"{name}.schema.json")
    return known


class Told(NamedTuple):
    """What most tests compare of a result."""

    subject: str
    requirement: str
    status: str


class World:
    """Policies in a folder, and what they say about documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def policy(self, body: str, id_: str = "MINE-01", kind: str = "shop") -> World:
        """Adds a policy; `body` follows its head, which is six lines."""
        family = id_.rpartition("-")[0]
        (self.folder / family).mkdir(parents=True, exist_ok=True)
        text = POLICY.format(id=id_, kind=kind) + body
        (self.folder / family / f"{id_}.yaml").write_text(text, encoding="utf-8")
        return self

    def rule(self, body: str, id_: str = "CONS-501", kind: str = "shop") -> World:
        """Adds a rule of consistency; `body` follows its head, which is six lines."""
        (self.folder / "consistency").mkdir(parents=True, exist_ok=True)
        text = POLICY.format(id=id_, kind=kind) + body
        (self.folder / "consistency" / f"{id_}.yaml").write_text(text, encoding="utf-8")
        return self

    def pack(self) -> Pack:
        """The folder's policies, all sound."""
        loaded, problems = load_pack(self.folder, kinds(), shown="mine")
        assert [str(problem) for problem in problems] == []
        assert loaded is not None
        return loaded

    def problems(self) -> list[PolicyscanError]:
        """What is wrong with the folder's policies."""
        return load_pack(self.folder, kinds(), shown="mine")[1]

    def plan(
        self,
        as_of: str = AS_OF,
        *only: str,
        full: bool = True,
        zone: str = "UTC",
        rule: EvidenceRule | None = None,
    ) -> Plan:
        """A scan with all of the folder's policies, or some."""
        pack = self.pack()
        known, rules = pack.policies, tuple(pack.rules.values())
        chosen = [policy for id_, policy in known.items() if not only or id_ in only]
        aliases = {alias: p.id for p in known.values() for alias in (p.id, *p.aliases)}
        return Plan(chosen, known, aliases, parse_moment(as_of), zone, full=full, rule=rule, rules=rules)

    def scan(
        self, text: str, *only: str, as_of: str = AS_OF, depot: str | None = None, zone: str = "UTC",
        full: bool = True,
    ) -> list[Result]:  # fmt: skip
        """Every result for a shop (its text follows HEAD), which may refer to the depot `north`."""
        shop, *others = documents(text, depot)
        return scan_document(shop, self.plan(as_of, *only, full=full, zone=zone), others).results

    def told(self, text: str, *only: str, as_of: str = AS_OF, depot: str | None = None) -> list[Told]:
        """Subject, requirement and status of every result."""
        found = self.scan(text, *only, as_of=as_of, depot=depot)
        return [Told(r.subject, r.requirement, r.status.value) for r in found]

    def one(self, text: str, *only: str, as_of: str = AS_OF, depot: str | None = None) -> Result:
        """The only result."""
        (result,) = self.scan(text, *only, as_of=as_of, depot=depot)
        return result

    def status(self, text: str, as_of: str = AS_OF, depot: str | None = None) -> Status:
        """The status of the only result."""
        return self.one(text, as_of=as_of, depot=depot).status


def documents(text: str, depot: str | None = None) -> list[Document]:
    """A shop, and the depot that it may refer to, linked."""
    made = [opened("shop.yaml", HEAD + text)]
    if depot is not None:
        made.append(opened("depots/north.yaml", DEPOT + depot))
    by_id = {(one.kind.name, one.id): one for one in made}
    for one in made:
        link_across(one, lambda kind, id_: by_id.get((kind, id_)))
    return made


def opened(name: str, text: str) -> Document:
    """A sound document."""
    loaded = open_text(Source(name, text), kinds())
    assert [str(problem) for problem in loaded.problems] == []
    (document,) = loaded.documents
    return document
