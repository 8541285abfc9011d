"""Says which tables of the pack are to be looked at again: facts of others that change, as last days.

    python -m tests.policies.looking

In go the comments `Looked at on DAY; look again by DAY.` of the pack's files; out comes a note for each whose
day has come. It is no test: none may fail because a day has come. `make policies` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

FOLDER = Path(__file__).parents[2] / "policies"
LOOKED = re.compile(r"# Looked at on (\d{4}-\d\d-\d\d); look again by (\d{4}-\d\d-\d\d)[.]")


def notes(folder: Path, today: date) -> Sequence[str]:
    """What to say of the tables in a folder whose day has come."""
    found: list[str] = []
    for path in sorted(folder.glob("*/*.yaml")):
        for looked, again in LOOKED.findall(path.read_text(encoding="utf-8")):
            if date.fromisoformat(again) <= today:
                told = f"its table was last looked at on {looked}; compare it with its sources again"
                found.append(f"note: {path.parent.name}/{path.name}: {told}")
    return found


if __name__ == "__main__":
    for note in notes(FOLDER, datetime.now(UTC).date()):
        click.echo(note)
