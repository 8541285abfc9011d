"""What `schema` gives: the JSON Schemas of inventories and of policyscan's other files.

In: the name of a kind of file. Out: the text of its schema as it is shipped; that of an inventory
takes blanks too, as editors take a blank for null.
"""

from __future__ import annotations

import json
from pathlib import Path

from policyscan.errors import UsageError
from policyscan.kinds.published import with_blanks
from policyscan.reading.suggest import did_you_mean

_FOLDER = Path(__file__).parent.parent / "schemas"
_SUFFIX = ".schema.json"


def schema_names() -> list[str]:
    """The kinds of files that there is a schema for, sorted."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in _FOLDER.glob(f"*{_SUFFIX}"))


def schema_text(name: str) -> str:
    """The schema of a kind of file; UsageError if there is none."""
    names = schema_names()
    if name not in names:
        hint = did_you_mean(name, names) or f"one of: {', '.join(names)}"
        raise UsageError(f"there is no schema {name!r}", hint=hint)
    text = (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    schema = json.loads(text)
    if "x-id" not in schema:
        return text
    return json.dumps(with_blanks(schema), indent=2, ensure_ascii=False) + "\n"
