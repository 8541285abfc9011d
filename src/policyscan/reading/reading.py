"""Files to trees, whatever their format: broken documents become problems and hide nothing else."""

from __future__ import annotations

import os
import sys

from policyscan.errors import DocumentError
from policyscan.reading.text import read_source
from policyscan.reading.tree import Tree
from policyscan.source import Source


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
    """The same for a text that has been read already; the format is told from the file's name."""
    if source.file.lower().endswith(".json"):
        from policyscan.reading.json_reader import read_json

        return read_json(source)
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
