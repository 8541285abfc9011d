"""The golden files: each situation in each format. `python -m tests.reporters.golden` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policyscan.output import encode
from policyscan.reporters import REPORTERS
from tests.reporters.reports import SITUATIONS, options

FOLDER = Path(__file__).with_name("golden")

# (format, what sets it apart, options); the file is called SITUATION.FORMAT or SITUATION-VARIANT.FORMAT.
VARIANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("text", "", {}),
    ("text", "full", {"full": True}),
    ("json", "", {}),
    ("sarif", "", {}),
    ("github", "", {}),
    ("markdown", "", {}),
    ("html", "", {}),
    ("letter", "", {}),
    ("letter-html", "", {}),
    ("junit", "", {}),
    ("gitlab", "", {}),
    ("jsonl", "", {}),
    ("csv", "", {}),
    ("ocsf", "", {}),
    ("oscal", "", {}),
)


def goldens() -> Iterator[tuple[Path, bytes]]:
    """Every golden file and what belongs into it."""
    for situation, report in SITUATIONS.items():
        for name, variant, changes in VARIANTS:
            stem = f"{situation}-{variant}" if variant else situation
            text = REPORTERS[name].render(report, options(report, **changes))
            yield FOLDER / f"{stem}.{name}", encode(text)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, data in goldens():
        path.write_bytes(data)
