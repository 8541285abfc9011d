"""The report as one HTML page to hand over: it asks for nothing, runs no script, and prints.

In: a report. Out: HTML that holds its own style and pictures. What is shown comes from `contents`, what it
looks like from `page.html.j2` and `page.css`; the template escapes everything that it is given.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from policyscan.display import log_line
from policyscan.findings import Report
from policyscan.reporters.html.contents import page_of
from policyscan.reporters.options import Options

_HERE = Path(__file__).parent


def render(report: Report, options: Options) -> str:
    """A whole document; of very long reports the worst of each inventory, and how to see the rest."""
    return render_page("page.html.j2", page=page_of(report, options))


def render_page(template: str, **shown: Any) -> str:
    """A document of one of the templates here; its style is named by a digest, so that no other is used."""
    templates = _templates()
    style = templates.get_template("page.css").render()  # as the page includes it
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"{templates.get_template(template).render(digest=digest, **shown)}\n"


@cache
def _templates() -> Environment:
    """The templates of this process: to compile them takes longer than to fill them in for a client."""
    return Environment(
        autoescape=True,
        finalize=_printable,
        keep_trailing_newline=False,
        loader=FileSystemLoader(_HERE),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )


def _printable(value: Any) -> Any:
    """What an expression of the template shows: text in which no character reverses or hides what is
    around it, and no runner of CI that prints the page finds a command."""
    return log_line(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
