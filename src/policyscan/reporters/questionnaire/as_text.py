"""The sheets of a questionnaire as text for a terminal or a log.

In: a report and options with a questionnaire. Out: lines no wider than the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.findings import Report
from policyscan.reporters.options import Options, form_in
from policyscan.reporters.questionnaire.sheets import (
    MARKS,
    FormSheet,
    Reply,
    Signed,
    Voice,
    headed,
    sheets,
    troubles,
)
from policyscan.reporters.text_page import Page
from policyscan.reporters.wording import remarks, scope


def render(report: Report, options: Options) -> str:
    """All sheets one below the other; what could not be read is said before them."""
    form, page = form_in(options), Page(options)
    page.say(f"{form.name}: {scope(report)}")
    for line in (*headed(form), *remarks(report)):
        page.say(line)
    for line in troubles(report):
        page.say(f"not looked at: {line}")
    for sheet in sheets(report, form):
        _sheet(page, sheet)
    return page.text()


def _sheet(page: Page, sheet: FormSheet) -> None:
    page.gap()
    page.add(page.paint(f"{sheet.name} ({sheet.file}, as of {sheet.as_of})", "1"))
    if sheet.signed or sheet.signed_unknown:
        page.gap()
        page.add("Signed answers that are no longer shown true" if sheet.signed else "Signed answers")
        page.below(*map(signed_line, sheet.signed), *filter(None, [sheet.signed_unknown]))
    for answer in sheet.answers:
        page.gap()
        _answer(page, answer)


def _answer(page: Page, answer: Reply) -> None:
    question = answer.question
    mark = f" [{MARKS[question.mark]}]" if MARKS[question.mark] else ""
    page.say(f"{question.id}  {question.asks}{mark}")
    page.below(str(answer.standing))
    if question.gap:
        page.below(f"no control tells: {question.gap}")
    for voice in answer.voices:
        page.below(voice_line(voice))
        page.below(*(f"- {line}" for line in voice_details(voice)))


def voice_line(voice: Voice) -> str:
    """A control with its status and scope: `PATCH-01/fix Fixes are applied …: fail (3 subjects: 1 fail)`."""
    name = f"{voice.control}/{voice.requirement}" if voice.requirement else voice.control
    scope_ = f" ({voice.scope})" if voice.scope else ""
    return f"{' '.join(filter(None, (name, voice.title)))}: {voice.state}{scope_}"


def voice_details(voice: Voice) -> Iterator[str]:
    """What was found, what is unknown, and what it rests on, a line each."""
    yield from (f"found: {line}" for line in voice.found)
    yield from (f"unknown: {line}" for line in voice.unknown)
    yield from (f"evidence: {line}" for line in voice.evidence)


def signed_line(signed: Signed) -> str:
    """A signed answer that is no longer shown true, and since when at the latest."""
    since = f"; so since {signed.since} at the latest" if signed.since else ""
    return f"{signed.said}{since} ({signed.where})"
