"""The questionnaires of all packs: found by name, and held to the controls that there are.

In: the packs of a workspace. Out: a `Questionnaire`; Problems for what is wrong with it, UsageError for a
name that is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.findings import Questionnaire
from policyscan.policies.pack import Pack
from policyscan.policies.policy import Policy
from policyscan.policies.questionnaires import Form, read_questionnaires, unknown_controls


def find_questionnaire(name: str, packs: Sequence[Pack]) -> Questionnaire:
    """The questionnaire of that id, or of the only one that begins so (`cowbell` for `cowbell-p250`), in
    whichever pack it is; a later pack's replaces an earlier one's."""
    forms, problems = _forms(packs)
    begun = [id_ for id_ in forms if id_.startswith(f"{name}-")]
    name = begun[0] if name not in forms and len(begun) == 1 else name
    if name not in forms and not problems:
        raise _no_such(name, forms)
    if problems or (problems := list(unknown_controls({name: forms[name]}, _controls(packs)))):
        raise Problems(problems)
    return forms[name].questionnaire


def questionnaire_problems(packs: Sequence[Pack]) -> list[PolicyscanError]:
    """What is wrong with any questionnaire of any pack."""
    forms, problems = _forms(packs)
    return [*problems, *unknown_controls(forms, _controls(packs))]


def _forms(packs: Sequence[Pack]) -> tuple[dict[str, Form], list[PolicyscanError]]:
    forms: dict[str, Form] = {}
    problems: list[PolicyscanError] = []
    for pack in packs:
        if pack.files is not None:
            found, wrong = read_questionnaires(pack.files)
            forms |= found
            problems += wrong
    return forms, problems


def _controls(packs: Sequence[Pack]) -> dict[str, Policy]:
    return {id_: policy for pack in packs for id_, policy in pack.policies.items()}


def _no_such(name: str, forms: dict[str, Form]) -> UsageError:
    from policyscan.cel.spelling import did_you_mean

    known = sorted(forms)
    hint = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none in these packs'}"
    return UsageError(f"--questionnaire {name}: there is no such questionnaire", hint=hint)
