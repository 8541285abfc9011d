"""Files to trees, whatever their format: broken documents become problems and hide nothing else.

In: a path, or a text with the name of its file. Out: trees and problems.
"""

from __future__ import annotations

import os
import re
import sys

from policyscan.errors import DocumentError
from policyscan.reading.text import read_source
from policyscan.reading.tree import Tree
from policyscan.source import Source

_BRACKET = re.compile(r"[ \t\r\n]*[\[{]")
_OURS, _THEIRS = (re.compile(rf"^{sign}{{7}}(?: .*)?$", re.MULTILINE) for sign in "<>")


def read_file(
    path: str | os.PathLike[str], shown: str | None = None
) -> tuple[list[Tree], list[DocumentError]]:
    """Every sound document of a file, and what is wrong with the rest; never raises for bad input.

    `shown` is how the file is called in spans. No documents and no problems: the file is empty.
    """
    try:
        source = read_source(path, shown)
    except DocumentError as problem:
        return [], [problem]
    return read_text(source)


def read_text(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """The same for a text that has been read already.

    What is JSON is read as JSON, whatever the file's name is and on standard input too: YAML's parsers refuse
    some of it (escaped surrogate pairs, keys over 1,024 characters, U+2028).
    """
    trees, problems = _read(source)
    merge = _unfinished_merge(source) if problems else None
    return trees, problems if merge is None else [merge]


def _unfinished_merge(source: Source) -> DocumentError | None:
    """What to say of a file in which git left both sides of a conflict, neither of which is the file."""
    ours = _OURS.search(source.text)
    if ours is None or _THEIRS.search(source.text, ours.end()) is None:
        return None
    return DocumentError(
        "a merge was not finished: from here on stand both versions of some lines",
        at=source.span(ours.start(), ours.end()),
        hint="keep the lines that are right, and delete the others and those of <<<<<<<, ======= and >>>>>>>",
    )


def _read(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    if source.file.lower().endswith(".json"):
        from policyscan.reading.json_reader import read_json

        return read_json(source)
    if _BRACKET.match(source.text) is not None:
        return _read_either(source)
    return _read_yaml(source)


def _read_either(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """A text that begins like JSON, which may be YAML as well; what is neither is what it is for longer."""
    from policyscan.reading.json_reader import read_json

    json_trees, json_problems = read_json(source)
    if not json_problems:
        return json_trees, []
    trees, problems = _read_yaml(source)
    as_json = problems and json_problems[-1].at > problems[-1].at  # type: ignore[operator]
    return (json_trees, json_problems) if as_json else (trees, problems)


def _read_yaml(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    from policyscan.reading.fast_yaml import read_fast

    tree = read_fast(source)
    if tree is not None:
        return [tree], []
    # Importing PyYAML takes longer than reading fifty inventories: only for files that need it.
    from policyscan.reading.yaml_reader import read_yaml

    return read_yaml(source)


def reading_notes() -> tuple[str, ...]:
    """What people should know about how their files were read so far."""
    reader = sys.modules.get("policyscan.reading.yaml_reader")  # nobody needed it: nothing to say
    return (reader.SLOW_PARSER_NOTE,) if reader is not None and reader.CParser is None else ()
