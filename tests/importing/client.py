"""A client to import into, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from policyscan.reading.reading import read_file
from policyscan.session.importing import Imported, ImportOptions, import_exports
from policyscan.session.options import Inputs

EXPORTS = Path(__file__).parents[1] / "data/exports"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
HEAD = """\
schema_version: 1
kind: client
as_of: 2026-11-01
time_zone: Europe/London
organisation: {id: harbour, name: Harbour Dental}
"""
TYPED = f"""{HEAD}
people:
  - {{id: a.reef, name: A. Reef, x-email: a.reef@harbour.example}}   # the owner
  - {{id: p.moor, name: P. Moor}}
critical_systems: [{{id: charts, hosted_on: srv}}]
devices:
  - id: till           # the till
    hostname: HD-TILL-01
    user: p.moor
    os: {{name: Windows 11, version: 22H2, support_ends: 2025-10-14}}
    antivirus: {{product: Defender, active: false, edr: false}}
    patches:
      scanned_on: 2026-11-01
      missing:
        - {{id: KB5099001, severity: null, first_seen_missing_on: 2026-10-20, x-note: asked the vendor}}
        - {{id: KB-TYPED, released_on: 2026-10-01}}
servers:
  - {{id: srv, hostname: HD-SRV-01, kind: physical}}
providers: [{{id: msp}}]
"""
UNTYPED = TYPED.replace(", edr: false", "")
"""The same without what no console of management tells of antivirus."""


class After(NamedTuple):
    """What came of an import, and the inventory after it."""

    imported: Imported
    path: Path

    @property
    def value(self) -> dict[str, Any]:
        """What the inventory says."""
        trees, problems = read_file(self.path)
        assert not problems
        value: dict[str, Any] = trees[0].value
        return value

    def item(self, section: str, ident: str, key: str = "id") -> dict[str, Any]:
        """An item of a list of the inventory."""
        found: dict[str, Any] = next(one for one in self.value[section] if one.get(key) == ident)
        return found

    @property
    def passed(self) -> list[str]:
        """What was not used, and why."""
        return [f"{one.called}: {one.why}" for one in self.imported.passed]


class Client:
    """An inventory that exports are imported into, one after the other."""

    def __init__(self, folder: Path, text: str = TYPED) -> None:
        self.folder = folder
        self.path = folder / "harbour.yaml"
        self.path.write_text(text, encoding="utf-8")

    def export(self, name: str, text: str | bytes) -> Path:
        """A file with an export of our own."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def take(self, source: str, *files: str | Path, **options: Any) -> After:
        """What importing samples (by their names) or other exports makes of the inventory."""
        paths = [EXPORTS / file if isinstance(file, str) else file for file in files]
        given = ImportOptions(**{"now": NOW, **options})
        found = import_exports(source, paths, str(self.path), Inputs(), given)
        found.change.write()
        return After(found, self.path)
