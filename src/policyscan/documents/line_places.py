"""Where the values of a document that was read line by line stand, worked out when somebody asks.

Reading keeps only the line and column at which each container begins. Most containers' places are never
asked for; the others are found again in the lines, which the reader has sorted into kinds before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyscan.documents.tree import Key, LinePlace
from policyscan.documents.yaml_lines import (
    FLOW,
    FLOW_COLUMN,
    OPEN,
    SKIP,
    Line,
    Lines,
    flow_places,
    value_span,
)
from policyscan.source import Source


class Layout:
    """The lines of one document. Offsets are in characters from the beginning of the file.

    `joined` holds, for a line with a flow value that goes on, the line on which that value ends.
    """

    __slots__ = ("joined", "known", "lines", "source")

    def __init__(self, source: Source, lines: list[str], known: Lines, joined: dict[int, int]) -> None:
        self.source = source
        self.lines = lines
        self.known = known
        self.joined = joined
