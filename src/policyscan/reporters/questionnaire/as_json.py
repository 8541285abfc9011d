"""The sheets of a questionnaire as JSON: version 1, as `schemas/answers.schema.json` describes it.

In: a report and options with a questionnaire. Out: one JSON object, the same bytes for the same report.
"""

from __future__ import annotations

import json

from policyscan.display import json_text
from policyscan.findings import Json, Report
from policyscan.reporters.options import Options, form_in
from policyscan.reporters.questionnaire.sheets import FormSheet, Reply, Signed, Voice, sheets, troubles
from policyscan.reporters.wording import remarks

VERSION = 1


def render(report: Report, options: Options) -> str:
    """The questionnaire, what could not be looked at, and a sheet for each inventory."""
    form, scan = form_in(options), report.scan
    source = {
        "title": form.source,
        "url": form.url or None,
        "kind": form.read_from,
        "note": form.note or None,
    }
    told = {
        "version": VERSION,
        "questionnaire": {
            "id": form.id,
            "name": form.name,
            "checked_on": form.checked_on,
            "source": source,
            "facts": list(form.facts),
        },
        "scan": {
            "tool": {"name": "policyscan", "version": scan.version},
            "as_of": scan.as_of,
            "profile": scan.profile,
            "complete": report.complete,
            "remarks": list(remarks(report)),
        },
        "problems": list(troubles(report)),
        "sheets": [_sheet(one) for one in sheets(report, form)],
    }
    return json_text(f"{json.dumps(told, ensure_ascii=False, indent=1)}\n")


def _sheet(sheet: FormSheet) -> Json:
    return {
        "inventory": {"id": sheet.id, "kind": sheet.kind, "name": sheet.name, "file": sheet.file},
        "as_of": sheet.as_of,
        "signed_no_longer_shown_true": [_signed(one) for one in sheet.signed],
        "signed_unknown": sheet.signed_unknown or None,
        "questions": [_answer(one) for one in sheet.answers],
    }


def _signed(signed: Signed) -> Json:
    return {
        "answer": signed.answer,
        "status": signed.status.value,
        "said": signed.said,
        "since_at_the_latest": signed.since or None,
        "where": signed.where,
    }


def _answer(answer: Reply) -> Json:
    question = answer.question
    return {
        "id": question.id,
        "asks": question.asks,
        "mark": question.mark,
        "standing": answer.standing.name.lower(),
        "said": str(answer.standing),
        "gap": question.gap or None,
        "controls": [_voice(one) for one in answer.voices],
    }


def _voice(voice: Voice) -> Json:
    return {
        "control": voice.control,
        "requirement": voice.requirement or None,
        "title": voice.title or None,
        "status": voice.status.value if voice.status is not None else None,
        "state": voice.state,
        "scope": voice.scope or None,
        "found": list(voice.found),
        "unknown": list(voice.unknown),
        "evidence": list(voice.evidence),
    }
