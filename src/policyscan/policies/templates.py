"""Messages with expressions in braces: `{fix.id} is late`.

In: the text of a message. Out: its pieces, each text or the source of an expression; ValueError where
braces do not match.
"""

from __future__ import annotations

from policyscan.records import NamedTuple


class Piece(NamedTuple):
    """A piece of a message: literal text, or the source of an expression that starts at `offset`."""

    text: str
    offset: int
    expression: bool


def split(message: str) -> list[Piece]:
    """The parts of a message; ValueError (message, offset) where its braces do not match."""
    parts: list[Piece] = []
    literal: list[str] = []
    start = position = 0
    while position < len(message):
        char = message[position]
        if message[position : position + 2] in ("{{", "}}"):
            literal.append(char)
            position += 2
        elif char == "{":
            if literal:
                parts.append(Piece("".join(literal), start, expression=False))
                literal = []
            end = _closing(message, position)
            text = message[position + 1 : end]
            if not text.strip():
                raise ValueError("an expression is missing between the braces", position)
            parts.append(Piece(text, position + 1, expression=True))
            start = position = end + 1
        elif char == "}":
            raise ValueError("a closing brace without an opening one; write }} for a brace", position)
        else:
            literal.append(char)
            position += 1
    if literal:
        parts.append(Piece("".join(literal), start, expression=False))
    return parts


def _closing(message: str, opening: int) -> int:
    """Where the brace at `opening` closes, past nested braces and quoted text."""
    depth = 0
    quote = ""
    position = opening
    while position < len(message):
        char = message[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise ValueError("an opening brace that is not closed; write {{ for a brace", opening)
