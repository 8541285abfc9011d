"""The sheets of a questionnaire as Markdown, to be copied into a mail or a document.

In: a report and options with a questionnaire. Out: Markdown in which nothing of other people's files becomes
markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.findings import Report
from policyscan.reporters.options import Options, form_in
from policyscan.reporters.questionnaire.as_text import signed_line, voice_details, voice_line
from policyscan.reporters.questionnaire.sheets import MARKS, FormSheet, Reply, headed, sheets, troubles
from policyscan.reporters.wording import markdown, remarks, scope


def render(report: Report, options: Options) -> str:
    """The questionnaire as the title, and a section for each inventory."""
    form = form_in(options)
    lines = [f"# {markdown(form.name)}", "", markdown(scope(report)), ""]
    lines += [f"- {markdown(line)}" for line in (*headed(form), *remarks(report))]
    if unread := troubles(report):
        lines += ["", "## What could not be looked at", "", *(f"- {markdown(line)}" for line in unread)]
    for sheet in sheets(report, form):
        lines += _sheet(sheet)
    return "\n".join([*lines, ""])


def _sheet(sheet: FormSheet) -> Iterator[str]:
    yield from ("", f"## {markdown(sheet.name)}", "", f"{markdown(sheet.file)}, as of {sheet.as_of}")
    if sheet.signed or sheet.signed_unknown:
        title = "Signed answers that are no longer shown true" if sheet.signed else "Signed answers"
        yield from ("", f"### {title}", "")
        yield from (f"- {markdown(signed_line(one))}" for one in sheet.signed)
        if sheet.signed_unknown:
            yield markdown(sheet.signed_unknown)
    for answer in sheet.answers:
        yield from _answer(answer)


def _answer(answer: Reply) -> Iterator[str]:
    question = answer.question
    yield from ("", f"### {markdown(question.id)} {markdown(question.asks)}", "")
    if MARKS[question.mark]:
        yield from (f"({markdown(MARKS[question.mark])})", "")
    yield f"**{markdown(str(answer.standing))}**"
    if question.gap:
        yield from ("", f"No control tells: {markdown(question.gap)}")
    if answer.voices:
        yield ""
    for voice in answer.voices:
        yield f"- {markdown(voice_line(voice))}"
        yield from (f"  - {markdown(line)}" for line in voice_details(voice))
