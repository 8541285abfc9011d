"""The page that text for people is written on: its lines, its colours and links, and what keeps them safe.

In: texts of one line, and the options of a terminal. Out: lines no wider than it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from policyscan.display import defused, one_line, snippet
from policyscan.findings import TRAITS, Problem, Result, Severity, Status
from policyscan.reporters.layout import NARROWEST, hanging, wrapped
from policyscan.reporters.options import Options
from policyscan.reporters.wording import Question, headline, place, plural
from policyscan.source import Span

LABEL = 9
"""Columns that a status takes at the begin of a line; what belongs to it stands below, as far in."""

SEVERITY = 8
QUESTIONS = 5
_TAB = re.compile(r"(\t)")
_OURS = re.compile(r"(\t|\x1b\[[0-9;]+m|\x1b\]8;;[!-~]*\x1b\\)")


class Page:
    """Lines under construction, and the options that shape them."""

    def __init__(self, options: Options) -> None:
        self.lines: list[str] = []
        self.options = options

    def text(self) -> str:
        """All lines, each safe whatever field of it was forgotten."""
        marked = self.options.color or self.options.link is not None
        kept = _OURS if marked else _TAB
        return "".join(f"{_safe(line, kept)}\n" for line in self.lines)

    def add(self, *lines: str) -> None:
        self.lines.extend(lines)

    def gap(self) -> None:
        """A blank line, if there is a line above it to set apart."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.options.color and text else text

    def link(self, text: str, file: str, line: int = 1) -> str:
        """`text` that leads to a file, where the terminal knows links."""
        target = self.options.link(file, line) if self.options.link is not None and text else None
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\" if target else text

    def label(self, status: Status) -> str:
        """The status in capitals, padded; in colour the word stays."""
        word = "N/A" if status is Status.NOT_APPLICABLE else TRAITS[status].label.upper()
        return self.paint(word, f"1;{TRAITS[status].color}") + " " * (LABEL - len(word))

    def severity(self, severity: Severity) -> str:
        """The severity, padded; the greatest stands out."""
        word = f"{severity.value:<{SEVERITY}}"
        return self.paint(word, "1") if severity is Severity.CRITICAL else word

    def room(self, taken: int) -> int | None:
        """Columns left beside those that are taken; None where lines are not broken."""
        return None if self.options.width is None else max(NARROWEST, self.options.width - taken)

    def list_room(self) -> int:
        """Columns for a list of ids: broken also where nothing else is, as such lines have no end."""
        return max(NARROWEST, (self.options.width or 100) - LABEL)

    def say(self, text: str) -> None:
        """A sentence in as many lines as it needs."""
        self.add(*wrapped(text, self.options.width))

    def below(self, *texts: str) -> None:
        """Further text of a row, below its message."""
        lead = " " * LABEL
        for text in texts:
            self.add(*(lead + line for line in wrapped(text, self.room(LABEL))))

    def questions(self, questions: Iterable[Question], more: int, effect: Callable[[Question], str]) -> None:
        """Questions, what an answer to each would do, and how many `more` there are."""
        for number, question in enumerate(questions, 1):
            self.add(*hanging(f"  {number} ", f"{question.text} ({effect(question)})", self.options.width))
        if more:
            self.add(f"    and {plural(more, 'question')} more")

    def without_questions(self, results: Iterable[Result]) -> None:
        """What is unknown and no question would tell, so that it is told all the same."""
        bare = list(results)
        for result in bare[:QUESTIONS]:
            text = f"{headline(result)} ({one_line(result.policy)}, {place(result.span)})"
            self.add(*hanging("  - ", text, self.options.width))
        if len(bare) > QUESTIONS:
            self.add(f"    and {len(bare) - QUESTIONS:,} more that no answer would tell")

    def problem(self, problem: Problem) -> None:
        """What could not be read, with its place, its line and what to do."""
        at = f"{problem.span}: " if problem.span else ""
        first, *rest = problem.message.splitlines() or [""]
        room = self.room(LABEL)
        said = [part for line in (at + first, *rest) for part in wrapped(one_line(line), room)]
        self.add(self.label(Status.ERROR) + said[0], *(" " * LABEL + line for line in said[1:]))
        if problem.span:
            self.add(*self.snippet(problem.span, " " * LABEL))
        for line in problem.hint.splitlines() if problem.hint else ():
            self.below(f"hint: {one_line(line)}")

    def snippet(self, span: Span, lead: str) -> list[str]:
        """The line that a place is in, with carets below; nothing where the text is not known."""
        source = self.options.source(span.file)
        if source is None or not source.line(span.line).strip():
            return []
        text, carets = snippet(source, span, self.options.spell, self.room(len(lead))).split("\n")
        return [lead + text, lead + self.paint(carets, "1")]


def _safe(line: str, kept: re.Pattern[str]) -> str:
    """A line that is safe whatever field of it was forgotten: but for colours and tabs of ours."""
    if line.isprintable():
        return defused(line)
    return defused(
        "".join(part if number % 2 else one_line(part) for number, part in enumerate(kept.split(line)))
    )
