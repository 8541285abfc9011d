"""Where a character of an expression stands in its file, whatever YAML style it is written in.

In: the file's text, the span of a scalar and an offset in its value. Out: a span.
"""

from __future__ import annotations

from policyscan.source import Source, Span

_ESCAPES = {"\n": "n", "\t": "t", '"': '"', "\\": "\\", "\r": "r", "\0": "0"}


def place_in_scalar(source: Source, scalar: Span, text: str, start: int, end: int) -> Span:
    """The span in the file of `text[start:end]`, where `text` is the value of the YAML scalar at `scalar`.

    Folding, indentation and quoting only change white space and escapes, so the characters that are
    neither are matched one by one.
    """
    begin = source.starts[scalar.line - 1] + scalar.column - 1
    finish = source.starts[scalar.end_line - 1] + scalar.end_column - 1
    raw = source.text[begin:finish]
    offsets = _align(raw, text)
    last = len(offsets) - 1
    first = offsets[min(start, last)]
    after = offsets[min(max(end - 1, start), last)] + (1 if end > start else 0)
    return source.span(begin + first, begin + max(after, first))


def _align(raw: str, text: str) -> list[int]:
    """For every character of `text`, and for its end, an offset into `raw`."""
    position = _body(raw)
    offsets: list[int] = []
    for char in text:
        if char.isspace():
            offsets.append(min(position, len(raw)))
            if position < len(raw) and raw[position] == char:
                position += 1
            continue
        found = raw.find(char, position)
        if found < 0:
            escaped = _ESCAPES.get(char)
            found = raw.find("\\" + escaped, position) if escaped else -1
        if found < 0:
            found = min(position, len(raw))
        offsets.append(found)
        position = found + 1
    offsets.append(min(position, len(raw)))
    return offsets


def _body(raw: str) -> int:
    """Where the text of a scalar starts: behind an opening quote, or a block scalar's header line."""
    if raw[:1] in {'"', "'"}:
        return 1
    if raw[:1] in {"|", ">"}:
        newline = raw.find("\n")
        return newline + 1 if newline >= 0 else len(raw)
    return 0
