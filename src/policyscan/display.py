"""How text shows in a terminal and in a log: safe characters, the cells they take, a place with carets.

In: text of others, a `Source` and a `Span`. Out: lines that are safe to show.

Much of what is shown comes out of other people's files, so that nothing in it may move a cursor, reverse the
text around it, or be taken for a command by whatever reads the log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policyscan.patterns import when_used

if TYPE_CHECKING:
    from collections.abc import Callable

    from policyscan.source import Source, Span

_JOINERS = "\u200c\u200d"  # they shape letters and emoji; every other format character can mislead
_SEPARATORS = "\x1c\x1d\x1e\x1f\x85\u2028\u2029"  # blanks by Python's word, ends of lines by others'

# What runners of CI take for a command: GitHub's and Azure's `##[…]` and `##vso[…]` anywhere in a line,
# TeamCity's `##teamcity[…]`, and GitHub's `::command::` at its start or after blanks.
_MARKED = when_used(r"##(?=[A-Za-z-]*\[)")
_COMMAND = when_used(r"\s*(?=::)")

# Controls, marks that reverse text, invisible ones, ends of lines by some words, half surrogates.
_ACTING = when_used(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)

_WIDEST = 160
_NARROWEST = 20
_ZWJ = "\u200d"
_EMOJI_STYLE = "\ufe0f"


_STEP = when_used(r'(?P<name>[^.\[\]]+)|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<bare>[^\]]*)\]')


def spoken_path(path: str) -> str:
    """What people call that to which a path leads: `insurance policies of bright-harbor` for
    `provider[bright-harbor].insurance_policies`, `lt-02` for `devices[lt-02]`. What is no path stays."""
    if path.isalnum():
        return path
    names: list[str] = []
    things: list[str] = []
    end = 0
    for step in _STEP.finditer(path):
        if path[end : step.start()] not in ("", "."):
            return path
        end = step.end()
        if step["name"] is not None:
            names.append(step["name"].replace("_", " "))
        elif names and (step["bare"] or "").isdecimal():
            names[-1] += f" {int(step['bare']) + 1}"
        else:
            names.clear()  # a list, whose thing says more
            quoted = step["quoted"]
            things.insert(0, step["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return " of ".join(filter(None, (", ".join(names), *things))) if end == len(path) else path


def one_line(text: str) -> str:
    """`text` on one line, every character that could move a cursor or reverse text made visible."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    if char.isspace() and char not in _SEPARATORS:
        return " "
    return _spelt(char)


def _spelt(char: str) -> str:
    """A character as text: `\\x1b`, `\\u202e`; what Python keeps of a file name's byte that is no UTF-8 as
    that byte, `\\xff`."""
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else char.encode("unicode_escape").decode()


def defused(line: str) -> str:
    """A line for people in which no runner of CI finds a command, wherever its parts come from."""
    if "##" in line:
        line = _MARKED.sub(r"#\\#", line)
    if "::" in line:
        line = _COMMAND.sub(lambda blanks: f"{blanks[0]}\\", line, 1) if _COMMAND.match(line) else line
    return line


def log_line(text: str) -> str:
    """One whole line for people: safe to print in a terminal and in the log of a CI job."""
    return defused(one_line(text))


def json_text(text: str) -> str:
    """JSON that says the same, in which no character acts on a terminal and no runner finds a command.

    A half surrogate, which strict parsers refuse, is spelt as `one_line` spells it.
    """
    if "##" in text:
        text = _MARKED.sub(r"#\\u0023", text)
    if text.isascii() and "\x7f" not in text:
        return text
    return "\n".join([_harmless(line) for line in text.split("\n")])


def _harmless(line: str) -> str:
    """A line of JSON without characters that act, of which none is printable: most lines need no search."""
    return line if line.isprintable() else _ACTING.sub(_json_escape, line)


def _json_escape(found: re.Match[str]) -> str:
    char = found[0]
    if "\ud800" <= char <= "\udfff":
        return f"\\{_spelt(char)}"
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def cells(text: str) -> int:
    """The cells of a terminal that a text of one line takes: two for wide characters, none for marks that
    stand on others. What stands between joiners is one picture."""
    if text.isascii():
        return len(text)
    total = last = 0
    joined = False
    for char in text:
        width = 0 if joined else _width(char, last)
        if char == _EMOJI_STYLE and last == 1:  # the character before it is shown as a picture
            total, last = total + 1, 2
        total += width
        last = width or last
        joined = char == _ZWJ
    return total


def _width(char: str, last: int) -> int:
    if char.isascii():
        return 1
    from unicodedata import category, east_asian_width

    if category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb":
        return 0
    if "\U0001f3fb" <= char <= "\U0001f3ff" and last == 2:  # a colour of skin
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def snippet(source: Source, span: Span, spell: Callable[[str], str] = str, width: int | None = None) -> str:
    """The span's first line with its number, and carets under the span: two lines of text, safe to print.

    A line longer than 160 characters, or wider than `width` with its number, is cut around the span. `spell`
    gives what becomes of a character where it is shown, as a code page may lack it.
    """
    text = source.line(span.line)
    first = span.column - 1
    last = span.end_column - 1 if span.end_line == span.line else len(text)
    gutter = f"{span.line} | "
    widest = _WIDEST if width is None else max(_NARROWEST, min(_WIDEST, width - len(gutter)))
    cut = max(0, min(first - widest // 4, len(text) - widest)) if len(text) > widest else 0
    text = text[cut : cut + widest]
    first, last = first - cut, min(last - cut, len(text))
    shown = _characters(text, spell)
    lead = " " * len(gutter) + _under(shown[:first], " ")
    carets = _under(shown[first:last], "^")
    return f"{gutter}{''.join(shown)}\n{lead}{carets if '^' in carets else '^'}"


def _characters(text: str, spell: Callable[[str], str]) -> list[str]:
    """What each character of a line is shown as. A tab stays one, so that what is below it lines up however
    wide the terminal shows it."""
    shown = [char if char == "\t" else spell(one_line(char)) for char in text]
    for mark in _MARKED.finditer(text):
        shown[mark.start() + 1] = "\\#"
    return shown


def _under(shown: list[str], fill: str) -> str:
    """A text that is as wide as another one and has its tabs at the same places."""
    return "\t".join(fill * cells(part) for part in "".join(shown).split("\t"))
