"""Texts of other people's files, in every field and every format: harmless, and the report stays whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from policyscan.findings import (
    ChangeKind,
    Comparison,
    Problem,
    Quote,
    Report,
    ResultChange,
    Severity,
    Silence,
    Status,
    make_report,
)
from policyscan.output import encode
from policyscan.reporters import REPORTERS
from tests.opening import document_info
from tests.reporters.reports import (
    ACME,
    COORDINATOR,
    PLAN,
    RESTORE,
    RESTORED,
    SCAN,
    WAIVED,
    span,
)
from tests.reporters.reports import options as options_of

TEXTS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "colours": "\x1b[31mred\x1b[0m",
    "a link of a terminal": "\x1b]8;;http://evil.example\x07here\x1b]8;;\x07",
    "one byte of an escape": "\x9b31m",
    "a formula": "=cmd|' /C calc'!A0",
    "pipes": "a | b || c",
    "backticks": "`` ` ``` code",
    "a command": "::error::pwned",
    "a command on a line of its own": "x\n::stop-commands::pwned",
    "a command for another": "x ##[error]pwned ##vso[task.complete] ##teamcity[pwned]",
    "a return": "one\r::error::two",
    "right to left": "a\u202eb\u2066c\u200fd",
    "controls": "\x00\x07\x08\x0b\x0c\x7f\x85",
    "ends of lines": "a\u2028b\u2029c",
    "nothing to see": "a\u200b\ufeff\u2060\U000e0041",
    "half a surrogate": "a\ud800b\udcff",
    "long": "x" * 100_000,
    "signs of paths": "a b%20c#d\\e?f&g;h",
    "markdown": "[a](javascript:alert(1)) ![b](http://evil.example) *c* _d_ ~~e~~ @team #1",
    "a heading": "\n# heading\n\n---\n| a |\n",
    "an end of a fence": "```\n</details></table>",
    "wide": "日本語 가나다 👩‍👩‍👧 é",
    "empty": "",
    "blank": " \t ",
}


def _of(text: str, field: str) -> Report:
    info, result, waived, problem = (
        PLAN,
        COORDINATOR,
        WAIVED,
        Problem("it cannot be read", span(ACME, 1, 1, 2)),
    )
    unknown, ident, scan = RESTORED, "acme", SCAN
    if field in {"title", "why", "fix"}:
        info = info._replace(**{field: text})
    elif field == "quote":
        info = info._replace(quotes=(Quote(text, text),), related={"cis-v8": (text,)})
    elif field in {"subject", "message", "requirement"}:
        result = result._replace(**{field: text})
    elif field == "file":
        result = result._replace(span=result.span._replace(file=text))
    elif field == "document":
        ident = text
        result, waived, unknown = (one._replace(document=text) for one in (result, waived, unknown))
    elif field == "reason" and waived.waiver is not None:
        mark = waived.waiver._replace(
            reason=text, approved_by=text, requested_by=text, ticket=text, approved_by_name=text,
            requested_by_name=text,
        )  # fmt: skip
        waived = waived._replace(waiver=mark)
    elif field == "problem":
        problem = Problem(text, span(ACME, 1, 1, 2), text)
    elif field == "gap":
        unknown = unknown._replace(gaps=tuple(gap._replace(question=text) for gap in unknown.gaps))
    elif field == "note":
        scan = scan._replace(notes=(text,))
    results = [result, waived, unknown]
    documents = [document_info(ident, "client", ACME, results)]
    made = make_report(scan, (info, RESTORE), documents, results, [problem])
    return made._replace(comparison=_since(text)) if field == "since" else made


def _since(text: str) -> Comparison:
    """What changed since a baseline, as a saved report may say it."""
    told = [
        ResultChange(
            kind, "client", text, text, text, text, Severity.HIGH, Status.FAIL, None, (text,), text,
            span(ACME, 1, 1, 2)._replace(file=text),
        )
        for kind in (ChangeKind.NEW, ChangeKind.FIXED, ChangeKind.GONE)
    ]  # fmt: skip
    silent = (Silence("client", text, text), Silence("client", text, ""), Silence("", "", text))
    return Comparison(text, text, tuple(told), silent, 1)


FIELDS = (
    "title", "why", "fix", "quote", "subject", "message", "requirement", "file", "document", "reason",
    "problem", "gap", "note", "since",
)  # fmt: skip

# Whatever moves a cursor, reverses text, ends a line where others see none, or cannot be encoded.
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_MARKED = re.compile(r"##(?:\[|vso\[|teamcity\[)")


def _text(out: str) -> None:
    assert not re.search(r"^\s*::", out, re.MULTILINE)


def _github(out: str) -> None:
    commands = [line for line in out.splitlines() if line.lstrip().startswith("::")]
    assert all(re.match(r"::(error|warning|notice) (file|title)=", line) for line in commands)
    assert not any("pwned" in line.split("::", 2)[1] for line in commands if "title=" not in line)


def _markdown(out: str) -> None:
    assert "<script" not in out
    assert "<img" not in out
    assert not re.search(r"(?<!\\)\]\(javascript:", out)
    assert "![b]" not in out
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(widths) <= 2, widths  # its tables


def _parses(out: str) -> None:
    json.loads(out)


def _lines_parse(out: str) -> None:
    for line in out.splitlines():
        json.loads(line)


def _xml(out: str) -> None:
    from xml.etree import ElementTree as ET

    ET.fromstring(out)
    assert not re.search(r"^\s*::", out, re.MULTILINE)


def _page(out: str) -> None:
    from html.parser import HTMLParser

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in {"script", "img", "iframe", "object", "link", "form", "base"}
            for name, value in attrs:
                assert not name.startswith("on")
                assert name not in {"src", "style"}
                assert name != "href" or (value or "").startswith("#")

    Tags().feed(out)


def _cells(out: str) -> None:
    import csv

    assert not re.search(r"^\s*::", out, re.MULTILINE)
    for row in csv.reader(out.splitlines(keepends=True)):
        assert not any(cell.startswith(("=", "+", "@", "\t", "-")) for cell in row), row


CHECKS: dict[str, Callable[[str], None]] = {
    "text": _text,
    "json": _parses,
    "sarif": _parses,
    "github": _github,
    "markdown": _markdown,
    "html": _page,
    "letter": _markdown,
    "letter-html": _page,
    "junit": _xml,
    "gitlab": _parses,
    "jsonl": _lines_parse,
    "csv": _cells,
    "ocsf": _lines_parse,
    "oscal": _parses,
}


def test_every_format_is_checked() -> None:
    assert set(CHECKS) == set(REPORTERS)


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("field", FIELDS)
def test_no_text_of_others_acts_in_any_field(name: str, field: str) -> None:
    for what, text in TEXTS.items():
        made = _of(text, field)
        for changes in ({}, {"full": True}) if name == "text" else ({},):
            options: dict[str, Any] = changes
            out = REPORTERS[name].render(made, options_of(made, **options))
            if name != "github":  # a line that is one command is looked at for no other
                assert not _MARKED.search(out), what
            written = encode(out).decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
            assert not _ACTING.search(written), (what, _ACTING.search(written))
            CHECKS[name](written)
