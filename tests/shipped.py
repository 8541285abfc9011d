"""The shipped inventories, as their files say them: what tests that look at all of them start from.

One that has a folder of its own is named by its head. `document` is the whole of it. `text` is what it says
in one YAML text, for tests that change each key in turn: of each table a few rows and those that stand out,
because a hundred rows alike would say the same a hundred times.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from policyscan.documents.document import Document
from policyscan.documents.opening import read_file
from policyscan.files.discovery import File, discover
from policyscan.kinds.columns import Misnamed, columns_of, target_of
from policyscan.kinds.kinds import Kinds
from policyscan.reading.joining import join
from policyscan.reading.reading import read_text
from policyscan.reading.tables import Grid, TableReader
from policyscan.reading.tree import Tree
from policyscan.source import Source

INVENTORIES = Path(__file__).parents[1] / "inventories"
KINDS = Kinds.builtin()
_ROWS = 4
_DEFAULTS = re.compile(r"^defaults: (\S+).*\n", re.MULTILINE)
_PLAIN = re.compile(r"[a-zA-Z][\w./-]*|\d{4}-\d\d-\d\d(T[\d:]+[-+]\d\d:\d\d)?")


@cache
def files() -> dict[str, File]:
    """All of them, by their names below the folder of inventories."""
    found = discover([str(INVENTORIES)], base=INVENTORIES, kinds=KINDS)
    return {file.shown: file for file in found.files}


EVERY = sorted(name for name in files() if not name.startswith("plans/"))
"""All but what several have in common."""


def document(name: str) -> Document:
    """An inventory as it is, made anew."""
    outcome = read_file(files()[name], KINDS)
    assert outcome.problems == ()
    (only,) = outcome.documents(KINDS)
    return only


@cache
def text(name: str) -> str:
    """An inventory as one YAML text, with what it takes from defaults, tables cut short."""
    head = _with_defaults((INVENTORIES / name).read_text("utf-8"))
    if not files()[name].parts:
        return head
    tree = _joined(files()[name], head)
    sections = {_section(part): tree.value[_section(part)] for part in files()[name].parts}
    others = {section: _few(rows) for section, rows in sections.items() if section != "people"}
    said = head + "".join(_yaml(section, rows, tree) for section, rows in others.items())
    named = [row for row in sections.get("people", ()) if re.search(rf"\b{row['id']}\b", said)]
    return said + (_yaml("people", named, tree) if named else "")


def _with_defaults(head: str) -> str:
    """A text with what a plan says of its provider written into it."""
    named = _DEFAULTS.search(head)
    if named is None:
        return head
    plan = (INVENTORIES / "plans" / Path(named[1]).name).read_text("utf-8")
    which, _, said = plan.partition("providers:\n")[2].partition("\n")
    assert head.count(f"{which}\n") == 1
    return head.replace(named[0], "").replace(f"{which}\n", f"{which}\n{said}")


def _joined(file: File, head: str) -> Tree:
    (tree,), problems = read_text(Source(file.shown, head))
    assert problems == []
    shape = KINDS[tree.value["kind"]].shape
    trees: list[Tree] = [tree]
    for part in file.parts:
        target = target_of(Path(part.path).stem, shape)
        assert not isinstance(target, Misnamed)
        grid = Grid(Source(part.shown, Path(part.path).read_text("utf-8")))
        columns, misnamed = columns_of(grid.names, *target)
        assert misnamed == {}
        trees.append(TableReader(grid, target[0], columns).tree())
    return join(trees)


def _section(part: File) -> str:
    return Path(part.path).name.partition(".")[0]


def _few(rows: list[Any]) -> list[Any]:
    return [row for number, row in enumerate(rows) if number < _ROWS or row.get("priority") == "P1"]


def _yaml(section: str, rows: list[Any], tree: Tree) -> str:
    lines = "".join(f"  - {_flow(row, tree)}\n" for row in rows)
    return f"{section}:\n{lines}"


def _flow(value: Any, tree: Tree) -> str:
    if isinstance(value, dict):
        said = [f"{key}: {_flow(inner, tree)}" for key, inner in value.items()]
        return "{" + ", ".join([*said, *(f"{key}: " for key in tree.blanks.get(id(value), ()))]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner, tree) for inner in value) + "]"
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value not in ("true", "false", "null")
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
