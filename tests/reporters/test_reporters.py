"""What holds for every format: pure, deterministic, lazy, complete in its statuses, safe to print."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from policyscan.findings import TRAITS, Report, Status, make_report
from policyscan.reporters import REPORTERS, Options
from policyscan.reporters.wording import input_digest
from tests.reporters.reports import ANTIVIRUS, COORDINATOR, PLAN, POLICIES, RUNS, SCAN, SITUATIONS, WAIVED
from tests.reporters.reports import options as options_of
from tests.reporters.reports import report as report_of

MODULES = {
    "text": "text",
    "json": "json_report",
    "sarif": "sarif",
    "github": "github",
    "markdown": "markdown",
    "html": "html",
    "letter": "letter",
    "letter-html": "letter",
    "junit": "junit",
    "gitlab": "gitlab",
    "jsonl": "json_report",
    "csv": "csv_table",
    "ocsf": "ocsf",
    "oscal": "oscal",
}


def render(name: str, report: Report, **changes: Any) -> str:
    return REPORTERS[name].render(report, options_of(report, **changes))


def test_every_format_is_described() -> None:
    assert set(REPORTERS) == set(MODULES)
    assert all(reporter.description for reporter in REPORTERS.values())


@pytest.mark.parametrize("name", REPORTERS)
def test_only_the_module_of_the_chosen_format_is_imported(name: str) -> None:
    program = (
        "import sys\n"
        "from policyscan.findings import ScanInfo, make_report\n"
        "from policyscan.reporters import REPORTERS, Options\n"
        f"REPORTERS[{name!r}].render(make_report(ScanInfo('1', '2026-10-31'), [], [], []), Options())\n"
        "print(' '.join(m for m in sys.modules if m.startswith('policyscan.')))\n"
        "print(' '.join(sys.modules))\n"
    )
    ours, every = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    formats = {f"policyscan.reporters.{module}" for module in MODULES.values()}
    pages = {"policyscan.reporters.html"} if name == "letter-html" else set()
    assert formats & set(ours.split()) == {f"policyscan.reporters.{MODULES[name]}"} | pages
    base = ("display", "findings", "patterns", "records", "source", "version")
    others = {f"policyscan.{m}" for m in base} | {
        f"policyscan.reporters.{m}" for m in ("options", "wording", "linehash", "rows", MODULES[name])
    }
    others |= {"policyscan.reporters.causes"} | {
        f"policyscan.reporters.{m}" for m in ("text_page", "layout", "text_blocks") if name == "text"
    }
    if name in {"html", "letter-html"}:
        others |= pages | {
            f"policyscan.reporters.html.{m}" for m in ("contents", "changed", "charts", "sheet")
        }
        others |= {"policyscan.reporters.layout"}
    if name in {"html", "letter-html", "markdown"}:
        others |= {"policyscan.reporters.since", "policyscan.reporters.past"}
    if name in {"html", "letter", "letter-html"}:
        others |= {"policyscan.reporters.plainly"}
    if name == "html":
        others |= {"policyscan.reporters.choosing"}
    assert set(ours.split()) <= others | {"policyscan.reporters"}
    heavy = {
        "click",
        "yaml",
        "jsonschema",
        "tempfile",
        "subprocess",
        "inspect",
        "dataclasses",
    }
    if name in {"html", "letter-html"}:
        heavy -= {"inspect", "subprocess", "tempfile"}  # Jinja2 imports them
    assert not heavy & set(every.split())


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_bytes_depend_on_nothing_but_the_report(name: str, situation: str) -> None:
    made = SITUATIONS[situation]
    parts: list[list[Any]] = [
        list(made.policies),
        list(made.documents),
        list(made.results),
        list(made.problems),
    ]
    for part in parts:
        random.Random(3).shuffle(part)  # noqa: S311
    again = make_report(SCAN, *parts, complete=made.complete)
    again = again._replace(scan=made.scan, comparison=made.comparison)
    assert render(name, again) == render(name, made)


def _text_shows(status: Status, text: str) -> bool:
    word = "N/A" if status is Status.NOT_APPLICABLE else TRAITS[status].label.upper()
    return any(line.startswith(f"{word} ") for line in text.splitlines())


def _json_shows(status: Status, text: str) -> bool:
    return [result["status"] for result in json.loads(text)["results"]] == [status.value]


def _sarif_shows(status: Status, text: str) -> bool:
    found = json.loads(text)["runs"][0]["results"]
    silent = status in {Status.PASS, Status.NOT_APPLICABLE}
    return [r["properties"]["status"] for r in found] == ([] if silent else [status.value])


def _github_shows(status: Status, text: str) -> bool:
    kind = TRAITS[status].command
    first, *others = text.splitlines()
    about = "::notice title=policyscan::essentials, "  # what the scan left out is always told
    return first.startswith(f"::{kind} ") and len(others) == 1 if kind else first.startswith(about)


def _markdown_shows(status: Status, text: str) -> bool:
    return f"1 {TRAITS[status].label}" in text


def _junit_shows(status: Status, text: str) -> bool:
    case = next(case for case in ET.fromstring(text).iter("testcase") if case.get("classname") == "AV-01")
    ends = {
        Status.PASS: [],
        Status.DUE: ["system-out"],
        Status.WARNING: ["system-out"],
        Status.FAIL: ["failure"],
        Status.UNKNOWN: ["failure"],
        Status.ERROR: ["error"],
        Status.WAIVED: ["skipped"],
        Status.NOT_APPLICABLE: ["skipped"],
    }
    types = [child.get("type") for child in case if child.tag != "system-out"]
    return [child.tag for child in case] == ends[status] and set(types) <= {status.value}


def _gitlab_shows(status: Status, text: str) -> bool:
    said = [one["description"] for one in json.loads(text)]
    silent = not TRAITS[status].finding
    return silent == (said == []) and all(f" {TRAITS[status].label}: " in one for one in said)


def _jsonl_shows(status: Status, text: str) -> bool:
    lines = [json.loads(line) for line in text.splitlines()]
    return [line["status"] for line in lines if line["type"] == "result"] == [status.value]


def _csv_shows(status: Status, text: str) -> bool:
    found = [row["status"] for row in csv.DictReader(io.StringIO(text[1:])) if row["control"] == "AV-01"]
    return found == [TRAITS[status].label]


def _ocsf_shows(status: Status, text: str) -> bool:
    words = {
        Status.PASS: ("Pass", "New"),
        Status.DUE: ("Warning", "New"),
        Status.WARNING: ("Warning", "New"),
        Status.FAIL: ("Fail", "New"),
        Status.WAIVED: ("Fail", "Suppressed"),
        Status.UNKNOWN: ("Unknown", "New"),
        Status.ERROR: ("Error", "New"),
        Status.NOT_APPLICABLE: ("Not applicable", "New"),
    }
    events = [json.loads(line) for line in text.splitlines()]
    return [(e["compliance"]["status"], e["status"]) for e in events] == [words[status]]


def _oscal_shows(status: Status, text: str) -> bool:
    (result,) = json.loads(text)["assessment-results"]["results"]
    states = {
        finding["target"]["target-id"]: finding["target"]["status"] for finding in result.get("findings", ())
    }
    if status is Status.NOT_APPLICABLE:
        return "AV-01" not in states
    met = "satisfied" if status in {Status.PASS, Status.DUE, Status.WARNING} else "not-satisfied"
    said = states["AV-01"].get("remarks", "pass")
    return states["AV-01"]["state"] == met and said == TRAITS[status].label


def _html_shows(status: Status, text: str) -> bool:
    return f'<span class="mark {status.value.replace("_", "-")}">{TRAITS[status].label}</span>' in text


def _letter_shows(status: Status, text: str) -> bool:
    heading = {
        Status.ERROR: "What to decide",
        Status.FAIL: "What to decide",
        Status.UNKNOWN: "1 control",
        Status.DUE: "What ends soon",
        Status.WARNING: "1 of 1 control is met",
        Status.WAIVED: "What is accepted as it is",
        Status.PASS: "What is in order",
        Status.NOT_APPLICABLE: "As of",
    }
    return heading[status] in text


SHOWS: dict[str, Callable[[Status, str], bool]] = {
    "html": _html_shows,
    "letter": _letter_shows,
    "letter-html": _letter_shows,
    "junit": _junit_shows,
    "gitlab": _gitlab_shows,
    "jsonl": _jsonl_shows,
    "csv": _csv_shows,
    "ocsf": _ocsf_shows,
    "oscal": _oscal_shows,
    "text": _text_shows,
    "json": _json_shows,
    "sarif": _sarif_shows,
    "github": _github_shows,
    "markdown": _markdown_shows,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", REPORTERS)
def test_every_status_shows_itself_in_every_format(name: str, status: Status) -> None:
    one = ANTIVIRUS._replace(status=status, waiver=WAIVED.waiver if status is Status.WAIVED else None)
    made = report_of(one, complete=True)
    # Without a control that met a subject, `not_applicable` alone would be told as a problem too.
    if status is Status.NOT_APPLICABLE:
        document = made.documents[0]
        made = made._replace(
            documents=(document._replace(statuses={**document.statuses, "PLAN-11": Status.PASS}),)
        )
    text = render(name, made, sarif_unknown=True, sarif_suppressed=True)
    assert SHOWS[name](status, text)


@pytest.mark.parametrize("name", [name for name in REPORTERS if name != "csv"])
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("full", [False, True])
def test_what_is_printed_holds_no_control_or_format_characters(name: str, situation: str, full: bool) -> None:
    for line in render(name, SITUATIONS[situation], full=full).split("\n"):
        assert line.replace("\t", "").isprintable()


@pytest.mark.parametrize("name", REPORTERS)
def test_a_report_of_nothing_at_all_is_rendered(name: str) -> None:
    assert isinstance(REPORTERS[name].render(make_report(SCAN, [], [], []), Options()), str)


@pytest.mark.parametrize("name", REPORTERS)
def test_two_results_of_one_identity_are_both_shown(name: str) -> None:
    """An engine that makes them has a mistake, which must not cost a finding."""
    made = report_of(COORDINATOR, COORDINATOR._replace(message="and once more"), RUNS)
    assert "once more" in render(name, made, full=True)


def test_policies_without_a_finding_are_still_in_the_machine_formats() -> None:
    made = SITUATIONS["clean"]
    assert set(json.loads(render("json", made))["scan"]["policies"]) == {p.id for p in POLICIES}


RELATED = {"cis-v8": ("17.1", "17.4"), "other": ("CPG 2.B",)}
SAID = "related to CIS Controls v8 17.1, 17.4; others CPG 2.B"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("text", SAID),
        ("github", SAID),
        ("markdown", f"PLAN-11 is {SAID}"),
        ("ocsf", '"requirements": ["CIS Controls v8 17.1, 17.4", "others CPG 2.B"]'),
        ("jsonl", '"related": {"cis-v8": ["17.1", "17.4"], "other": ["CPG 2.B"]}'),
        ("json", '"related": {"cis-v8": ["17.1", "17.4"], "other": ["CPG 2.B"]}'),
        ("sarif", '"related-to/cis-v8/17.1","related-to/cis-v8/17.4","related-to/other/CPG 2.B"'),
    ],
)
def test_what_a_control_is_related_to_is_said_in_every_format(name: str, said: str) -> None:
    made = report_of(COORDINATOR)._replace(policies=(PLAN._replace(related=RELATED),))
    assert said in render(name, made, full=True).replace("\\", "")
    bare = made._replace(policies=(PLAN._replace(related={}),))
    assert "related to" not in render(name, bare, full=True).lower()


PROVEN = ("text", "json", "jsonl", "sarif", "markdown", "html", "junit", "ocsf", "oscal")


@pytest.mark.parametrize("name", PROVEN)
def test_a_report_says_what_it_rests_on(name: str) -> None:
    report = report_of(COORDINATOR)
    told = "".join(REPORTERS[name].render(report, options_of(report, full=True)))
    packs = [one.digest.removeprefix("sha256:") for one in SCAN.packs]
    for said in (SCAN.version, SCAN.as_of, str(SCAN.commit), *packs):
        assert said in told
    assert input_digest(SCAN) in told or all(digest in told for digest in SCAN.digests.values())
    quiet = report._replace(scan=SCAN._replace(commit=None, dirty=None, digests={}))
    assert str(SCAN.commit) not in "".join(REPORTERS[name].render(quiet, options_of(quiet, full=True)))


def test_inputs_are_digested_as_other_tools_do() -> None:
    scan = SCAN._replace(digests={"b.yaml": "sha256:" + "b" * 64, "a.yaml": "sha256:" + "a" * 64})
    lines = f"{'a' * 64}  a.yaml\n{'b' * 64}  b.yaml\n"
    assert input_digest(scan) == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    assert input_digest(SCAN._replace(digests={})) == ""


def test_framework_ids_that_a_summary_has_no_room_for_are_left_out_of_it() -> None:
    related = {"cis-v8": tuple(f"{n:0100}" for n in range(20_000))}
    made = report_of(COORDINATOR)._replace(policies=(PLAN._replace(related=related),))
    text = render("markdown", made)
    assert "Coordinator Dan Cole left" in text
    assert "related to" not in text
    assert len(text.encode()) < 1 << 20


@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
@pytest.mark.parametrize("name", REPORTERS)
def test_a_format_shows_nothing_that_it_does_not_ask_of_a_scan(name: str, full: bool) -> None:
    made = SITUATIONS["findings"]
    options = options_of(made, full=full)
    needs = REPORTERS[name].needs(options)
    without = made._replace(
        documents=tuple(d if needs.grades else d._replace(grades={}) for d in made.documents),
        results=tuple(r if needs.evidence else r._replace(evidence=()) for r in made.results),
    )
    if not needs.gaps:
        bare = (r._replace(gaps=(), message="") if r.status is Status.UNKNOWN else r for r in without.results)
        without = without._replace(results=tuple(bare))
    assert REPORTERS[name].render(without, options) == REPORTERS[name].render(made, options)
