"""The sheets of a questionnaire as one HTML page: it asks for nothing, runs no script, and prints.

In: a report and options with a questionnaire. Out: HTML with the style of the report's own page; the template
escapes everything that it is given.
"""

from __future__ import annotations

from policyscan.findings import Report
from policyscan.reporters.html import render_page
from policyscan.reporters.options import Options, form_in
from policyscan.reporters.questionnaire.as_text import signed_line, voice_details, voice_line
from policyscan.reporters.questionnaire.sheets import MARKS, Standing, headed, sheets, troubles
from policyscan.reporters.wording import remarks, scope

_STYLES = {
    Standing.NONE: "not-applicable",
    Standing.NOT_MET: "fail",
    Standing.UNKNOWN: "unknown",
    Standing.NOT_APPLICABLE: "not-applicable",
    Standing.IN_PART: "due",
    Standing.MET: "waived",  # not the green of a pass: whoever signs decides what the answer is
}


def render(report: Report, options: Options) -> str:
    """A whole document."""
    form = form_in(options)
    return render_page(
        "questionnaire.html.j2",
        form=form,
        scope=scope(report),
        head_lines=[*headed(form), *remarks(report)],
        troubles=troubles(report),
        sheets=sheets(report, form),
        marks=MARKS,
        styles=_STYLES,
        signed_line=signed_line,
        voice_line=voice_line,
        voice_details=voice_details,
    )
