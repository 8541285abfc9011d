"""What insurers and schemes ask, as a pack has it: `questionnaires/NAME.yaml`, a file each.

In: the files of a pack. Out: questionnaires by their ids, and problems at their places: what is not of the
schema's shape, and controls that they name and nobody has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from policyscan.errors import PolicyError, PolicyscanError
from policyscan.findings import FormQuestion, Questionnaire
from policyscan.policies.files import PolicyFile, parse
from policyscan.policies.survey import FORMS
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.policies.policy import Policy
    from policyscan.policies.survey import PackFiles

_SCHEMA = "questionnaire"


class Form(NamedTuple):
    """A questionnaire and the file that it was read from, for the places in it."""

    questionnaire: Questionnaire
    file: PolicyFile


def read_questionnaires(files: PackFiles) -> tuple[dict[str, Form], list[PolicyscanError]]:
    """All questionnaires of a pack by their ids, and everything that is wrong with their files."""
    found: dict[str, Form] = {}
    problems: list[PolicyscanError] = []
    for path in files.questionnaires:
        file, wrong = parse(files.contents[path], _SCHEMA)
        if file is not None:
            wrong = list(_misplaced(file, path))
        problems += wrong
        if file is not None and not wrong:
            found[file.value["id"]] = Form(_made(file), file)
    return found, problems


def _misplaced(file: PolicyFile, path: str) -> Iterator[PolicyError]:
    """An id that is not the file's name, and ids of questions that stand twice."""
    id_ = file.value["id"]
    if path != f"{FORMS}/{id_}.yaml":
        message = f"the id {id_!r} is not the file's name, {path.rpartition('/')[2]!r}"
        yield PolicyError(message, at=file.span(("id",)), hint=f"it is found as {FORMS}/{id_}.yaml")
    seen: dict[str, int] = {}
    for number, question in enumerate(file.value["questions"]):
        first = seen.setdefault(question["id"], number)
        if first != number:
            line = file.span(("questions", first, "id")).line
            at = file.span(("questions", number, "id"))
            yield PolicyError(f"the question {question['id']!r} is already in line {line}", at=at)


def _made(file: PolicyFile) -> Questionnaire:
    value, source = file.value, file.value["source"]
    return Questionnaire(
        value["id"],
        value["name"],
        value["checked_on"],
        source["title"],
        source.get("url", ""),
        source["kind"],
        source.get("note", ""),
        value.get("signed", ""),
        tuple(fact["says"] for fact in value.get("facts", ())),
        tuple(
            FormQuestion(
                one["id"], one["asks"], one["mark"], tuple(one.get("answered_by", ())), one.get("gap", "")
            )
            for one in value["questions"]
        ),
    )


def unknown_controls(
    forms: Mapping[str, Form], policies: Mapping[str, Policy], families: Collection[str] | None = None
) -> Iterator[PolicyError]:
    """Where questionnaires name a control or a requirement that there is none of; with `families` only those
    of these families are looked at, as another pack may have the others."""
    for form in forms.values():
        for text, path in _named(form.questionnaire):
            id_, _, requirement = text.partition("/")
            if families is not None and id_.rpartition("-")[0] not in families:
                continue
            policy = policies.get(id_)
            if policy is None:
                yield _unknown(f"there is no control {id_}", id_, policies, form.file, path)
            elif requirement and requirement not in (known := _requirements(policy)):
                message = f"{id_} has no requirement {requirement!r}"
                yield _unknown(message, requirement, known, form.file, path)


def _requirements(policy: Policy) -> tuple[str, ...]:
    """The ids of what a control requires, of inventories of another kind too."""
    also = policy.also.info.requirements if policy.also else ()
    return policy.info.requirements + also


def _named(form: Questionnaire) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Everything that a questionnaire says speaks to it, with its path in the file."""
    if form.signed:
        yield form.signed, ("signed",)
    for number, question in enumerate(form.questions):
        for which, text in enumerate(question.answered_by):
            yield text, ("questions", number, "answered_by", which)


def _unknown(
    message: str, name: str, known: Collection[str], file: PolicyFile, path: tuple[str | int, ...]
) -> PolicyError:
    from policyscan.cel.spelling import did_you_mean

    hint = did_you_mean(name, sorted(known)) or "see `policyscan list`"
    return PolicyError(message, at=file.span(path), hint=hint)
