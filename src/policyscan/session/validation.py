"""What `validate` does: whether inventories are what their kinds' schemas say.

In: paths, and the moment as of which facts may lie in the future. Out: `Validation`, with every error and
note at its place. Whether controls pass is not its affair.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.documents.document import Document
from policyscan.documents.seeing import seen
from policyscan.engine.moments import Moment, clock_at
from policyscan.errors import ConfigError, DocumentError, PolicyscanError
from policyscan.findings import Problem
from policyscan.records import NamedTuple
from policyscan.session.options import Inputs, Spelling, option
from policyscan.session.plan import moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import configure, load_kinds, load_packs, open_store


class Validation(NamedTuple):
    """What was found: how many inventories were read, errors and notes in the order of their places, and
    what was passed over without a look; and how many files of defaults there were."""

    inventories: int
    problems: tuple[PolicyscanError, ...] = ()
    notes: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    shared: int = 0

    @property
    def exit_code(self) -> int:
        """0 if every inventory is valid, and there is one or a file of defaults; else 2."""
        return 2 if self.problems or not (self.inventories or self.shared) else 0

    def raise_for_nothing(self) -> None:
        """ConfigError if there was nothing to validate: that is not the same as valid."""
        if not self.inventories and not self.problems and not self.shared:
            raise ConfigError("no inventory was found", hint="policyscan init NAME writes one to fill in")


def validate(inputs: Inputs, *, policies_too: bool = False, spelt: Spelling = option) -> Validation:
    """Reads the inventories that the paths name; with `policies_too` checks the repository's policies."""
    store = open_store()
    settings = configure(inputs.paths, inputs.config, store)
    kinds = load_kinds(settings, store)
    problems: list[PolicyscanError] = []
    if policies_too:
        from policyscan.session.questionnaires import questionnaire_problems

        packs, problems = load_packs(settings, kinds, (), store)
        problems = problems or questionnaire_problems(packs)
    last = {kind.name for kind in kinds if kind.members}
    reader = Reader(kinds, find_files(inputs, settings, kinds, spelt), last=last)
    moment = moment_of(inputs.as_of, spelt)
    notes: list[Problem] = []
    count = 0
    for document, _ in reader.documents():
        count += 1
        issues = list(document.issues)
        if document.kind.name in last:
            issues.extend(reader.members(document, lambda *_: True, lambda *_: None).issues)
        problems.extend(DocumentError(i.message, at=i.place, hint=i.hint) for i in issues)
        notes.extend(_notes(document, moment, settings.time_zone))
    problems.extend(reader.all_problems())
    problems.sort(key=lambda problem: problem.at or ())
    notes.sort(key=lambda note: note.span or ())
    return Validation(count, tuple(problems), tuple(notes), tuple(reader.unread()), reader.library.shared)


def _notes(document: Document, moment: Moment, zone: str) -> Iterator[Problem]:
    """What is valid and will read as unknown all the same."""
    clock = clock_at(moment, document.time_zone or zone)
    unread = (*document.blanks(), *document.placeholders())
    for issue in (*unread, *seen(document, clock).future_facts()):
        yield Problem(f"{issue.path}: {issue.message}", issue.place, issue.hint)
