"""Ways to show a report: one module a format, each with `render(report, options) -> str`, a pure function."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from policyscan.findings import Report
from policyscan.reporters.files import encode, write_atomic
from policyscan.reporters.options import Options

__all__ = ["REPORTERS", "Options", "Reporter", "encode", "write_atomic"]


class Reporter(NamedTuple):
    """One format: what `--help` says about it, and the function that renders a report in it."""

    description: str
    render: Callable[[Report, Options], str]


def _lazily(module: str) -> Callable[[Report, Options], str]:
    """A render function that imports its module when it is called: a scan pays for one format only."""

    def render(report: Report, options: Options) -> str:
        text = import_module(f"policyscan.reporters.{module}").render(report, options)
        return str(text)

    return render


REPORTERS: dict[str, Reporter] = {
    "text": Reporter("for people: one line a control, then what to find out next", _lazily("text")),
    "json": Reporter("for programs: versioned, with a JSON Schema", _lazily("json_report")),
    "sarif": Reporter("SARIF 2.1.0, for code scanning", _lazily("sarif")),
    "github": Reporter("annotations in a GitHub Actions log, free of charge", _lazily("github")),
    "markdown": Reporter("a summary for pull requests and $GITHUB_STEP_SUMMARY", _lazily("markdown")),
}
