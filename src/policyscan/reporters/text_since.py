"""Text about what changed since a baseline: what decides the exit code first, then what is silent.

In: a page and a comparison. Out: lines on the page.
"""

from __future__ import annotations

from policyscan.display import one_line
from policyscan.findings import TRAITS, ChangeKind, Comparison, Status
from policyscan.reporters.layout import wrapped
from policyscan.reporters.since import DECIDES, TOLD, AlikeChanges, made_by, silences, summed_up, together
from policyscan.reporters.text_page import LABEL, Page

_MOST = 6  # rows of a kind
_MOST_GONE = 3  # what nothing tells any more is seldom what somebody must act on
_LABELS = {
    ChangeKind.NEW: ("NEW", Status.FAIL),
    ChangeKind.WORSE: ("WORSE", Status.FAIL),
    ChangeKind.UNKNOWN: ("UNKNOWN", Status.UNKNOWN),
    ChangeKind.GONE: ("GONE", Status.WAIVED),
}


def add_since(page: Page, since: Comparison) -> None:
    """The sums, what made it so, and what is new, worse, became unknown or is gone."""
    page.gap()
    by = made_by(since)
    page.say(_sentence(summed_up(since)))
    page.say(f"{f'What made it so: {by}. ' if by else ''}{_sentence(DECIDES)}")
    found = together(since.changes)
    for kind in TOLD:
        alike = [one for one in found if one.change is kind]
        most = _MOST_GONE if kind is ChangeKind.GONE else _MOST
        for one in alike[:most]:
            _add(page, one)
        if len(alike) > most:
            page.below(f"and {len(alike) - most:,} more {kind.value}: policyscan diff shows all")
    for line in silences(since.silent):
        _labelled(page, "SILENT", Status.UNKNOWN, line.strip().removeprefix("silent: "))
    page.gap()


def _add(page: Page, one: AlikeChanges) -> None:
    label, looks = _LABELS[one.change]
    _labelled(page, label, looks, one.what)
    about = one_line(one.document), one.severity.value, one_line(one.policy), ", ".join(one.origins)
    page.below(" · ".join(filter(None, about)))


def _labelled(page: Page, label: str, looks: Status, text: str) -> None:
    """A text beside a label in the colour of a status."""
    first, *rest = wrapped(text, page.room(LABEL))
    page.add(page.paint(label, f"1;{TRAITS[looks].color}") + " " * (LABEL - len(label)) + first)
    page.below(*rest)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
