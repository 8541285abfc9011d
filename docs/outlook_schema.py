"""Keep what the schema of `policyscan due --format json` says of a scan what that of a report says.

In: both schemas. Out: the text of the first, in which each definition that both have is that of the report;
so are those that these need. What only the first has, `OWN`, is written there by hand.
"""

from __future__ import annotations

import json
from typing import Any

OWN = ("day", "summary", "flip")
_WIDEST = 110


def renewed(outlook: str, report: str) -> str:
    """The text of the schema, with the report's definitions."""
    schema, shared = json.loads(outlook), json.loads(report)["$defs"]
    own = {name: schema["$defs"][name] for name in OWN}
    needed: set[str] = set()
    _collect([{**schema, "$defs": {}}, own], shared, needed)
    schema["$defs"] = {**own, **{name: part for name, part in shared.items() if name in needed - own.keys()}}
    return f"{_text(schema)}\n"


def _collect(part: Any, shared: dict[str, Any], needed: set[str]) -> None:
    """Adds the names of all definitions that a part of a schema leads to."""
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if name in shared and name not in needed and name not in OWN:
            needed.add(name)
            _collect(shared[name], shared, needed)
        part = list(part.values())
    for one in part if isinstance(part, list) else ():
        _collect(one, shared, needed)


def _text(part: Any, indent: int = 0) -> str:
    """JSON in which what fits on a line stands on one."""
    line = json.dumps(part, ensure_ascii=False)
    whole = not isinstance(part, dict | list)
    plain = isinstance(part, list) and not any(isinstance(one, dict | list) for one in part)
    if whole or len(line) + indent <= _WIDEST or plain:
        return line
    lead = " " * (indent + 2)
    if isinstance(part, dict):
        lines = [f"{lead}{json.dumps(key)}: {_text(value, indent + 2)}" for key, value in part.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(lead + _text(one, indent + 2) for one in part) + "\n" + " " * indent + "]"
