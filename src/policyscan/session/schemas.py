"""What `schema` gives: the JSON Schemas of inventories and of policyscan's other files.

In: the name of a kind of file, and the settings that may add kinds of inventory. Out: the text of its schema
as it is written; that of an inventory takes blanks too, as editors take a blank for null.
"""

from __future__ import annotations

import json
from pathlib import Path

from policyscan.cel.spelling import did_you_mean
from policyscan.config import Config
from policyscan.errors import UsageError
from policyscan.kinds.kinds import Kinds
from policyscan.kinds.published import of_defaults, with_blanks

_FOLDER = Path(__file__).parent.parent / "schemas"
_SUFFIX = ".schema.json"
DEFAULTS = "defaults"
"""What the schema of a file is called that says what several inventories have in common."""
_LENDING = "client"  # the kind that takes defaults


def schema_names(config: Config | None = None) -> list[str]:
    """The kinds of files that there is a schema for, sorted."""
    shipped = (path.name.removesuffix(_SUFFIX) for path in _FOLDER.glob(f"*{_SUFFIX}"))
    return sorted({*shipped, DEFAULTS, *_own(config)})


def schema_text(name: str, config: Config | None = None) -> str:
    """The schema of a kind of file; UsageError if there is none, Problems for one of the settings' that is
    wrong."""
    names = schema_names(config)
    if name not in names:
        hint = did_you_mean(name, names) or f"one of: {', '.join(names)}"
        raise UsageError(f"there is no schema {name!r}", hint=hint)
    own = _own(config)
    is_of_defaults = name == DEFAULTS and name not in own
    path = own.get(name, _FOLDER / f"{_LENDING if is_of_defaults else name}{_SUFFIX}")
    text = path.read_text(encoding="utf-8")
    schema = json.loads(text)
    if "x-id" not in schema:
        return text
    if is_of_defaults:
        schema = of_defaults(schema)
    return json.dumps(with_blanks(schema), indent=2, ensure_ascii=False) + "\n"


def _own(config: Config | None) -> dict[str, Path]:
    """The files of the kinds that settings add, by name."""
    if config is None or not config.kinds:
        return {}
    known = Kinds.builtin()
    return {
        known.load(Path(config.root, written), written).name: Path(config.root, written)
        for written in config.kinds
    }
