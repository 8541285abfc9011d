"""What goes between a reporter and its caller besides the report: its settings, and what it needs of a scan.

In: the choices of a person (`full`, `color`, …) and functions that give the texts of files. Out: `Options`,
which every `render` takes, and `Needs`, by which a scan knows what it may leave out.
"""

from __future__ import annotations

from collections.abc import Callable

from policyscan.findings import Questionnaire
from policyscan.records import NamedTuple
from policyscan.source import Source


def _no_source(_file: str) -> Source | None:
    return None


def _no_content(_file: str) -> bytes | None:
    return None


def _nowhere(_file: str) -> tuple[str, str] | None:
    return None


class Options(NamedTuple):
    """Settings of all formats; each reads those it knows. Files are named as in the spans of the report."""

    width: int | None = None  # columns of the terminal; None: lines are never cut
    taken: int = 0  # bytes that stand before the report where it is added to a file
    color: bool = False
    link: Callable[[str, int], str | None] | None = None  # the URL of a line, for terminals that know links
    spell: Callable[[str], str] = str  # what becomes of a text where it is printed
    full: bool = False
    questionnaire: Questionnaire | None = None  # what is answered in place of the report
    source: Callable[[str], Source | None] = _no_source  # the text of a file, for snippets
    content: Callable[[str], bytes | None] = _no_content  # the bytes of a file, for line hashes
    locate: Callable[[str], tuple[str, str] | None] = _nowhere  # a file's repository, and its path in that
    changed: frozenset[str] = frozenset()  # files that a change is about, as spans name them
    here: str = ""  # the repository of the current folder
    sarif_unknown: bool = False
    sarif_suppressed: bool = False
    sarif_absent: bool = False  # what is fixed or gone since the baseline
    sarif_category: str = "policyscan"
    sarif_line_hash: bool = True
    sarif_stable_identity: bool = False  # identify alerts by fingerprint instead of by the text of their line


def form_in(options: Options) -> Questionnaire:
    """The questionnaire of the settings; ValueError for a caller that has chosen none."""
    if options.questionnaire is None:
        raise ValueError("there is no questionnaire to answer")
    return options.questionnaire


class Needs(NamedTuple):
    """What of a scan's work a format shows. All of it costs time; what no output needs is not done.

    `evidence` are the values that results rest on, `gaps` what unknown results lack (their message and place
    too), `grades` how many controls pass on which grade of evidence, `accounts` every result, the passing
    ones too, `identity` digests of the inputs and what git says of them.
    """

    evidence: bool = False
    gaps: bool = False
    grades: bool = False
    accounts: bool = False
    identity: bool = False

    def with_those_of(self, other: Needs) -> Needs:
        """What two formats need together."""
        return Needs(*(mine or its for mine, its in zip(self, other, strict=True)))
