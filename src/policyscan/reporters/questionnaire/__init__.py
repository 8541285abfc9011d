"""A report as the answers to a questionnaire: what speaks to each question, and never the answer itself.

In: a report and the questionnaire in its options. Out: text, Markdown, HTML or JSON, a sheet an inventory.
What is said is made in `sheets`; the other modules write it down.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from policyscan.findings import Report
from policyscan.reporters.options import Needs, Options

_MODULES = {"text": "as_text", "markdown": "as_markdown", "html": "as_html", "json": "as_json"}

FORMATS = tuple(_MODULES)
"""The formats that a questionnaire has."""

NEEDS = Needs(evidence=True, gaps=True, accounts=True)
"""What of a scan it shows: what passes, too, with what it rests on."""


def renderer(format_: str) -> Callable[[Report, Options], str]:
    """The function that writes the sheets of a report in one of `FORMATS`."""
    render: Callable[[Report, Options], str] = import_module(f"{__name__}.{_MODULES[format_]}").render
    return render
