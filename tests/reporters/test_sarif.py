"""SARIF: valid, taken in whole by GitHub and GitLab, and telling no more and no less than the report."""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policyscan.findings import TRAITS, Problem, Report, Severity, Status
from policyscan.output import encode
from policyscan.reporters import REPORTERS, Options
from policyscan.reporters.sarif import MOST_RESULTS, SECURITY_SEVERITY, percent_encoded
from policyscan.reporters.wording import input_digest
from policyscan.source import Span
from tests.reporters.ingestion import refusals
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    AV,
    COORDINATOR,
    ENDING,
    PLAN,
    RESTORED,
    RUNS,
    SCAN,
    SITUATIONS,
    WAIVED,
    many,
    options,
    report,
    span,
)

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "tests/data/formats/sarif-schema-2.1.0.json"
# Read before the environment of the tests is scrubbed.
MULTITOOL = Path(
    os.environ.get("POLICYSCAN_SARIF_MULTITOOL")
    or ROOT / "tests/.tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
)
Log = dict[str, Any]

ALL_ON = {"sarif_unknown": True, "sarif_suppressed": True, "sarif_absent": True}
VARIANTS: list[dict[str, Any]] = [
    {},
    ALL_ON,
    {"sarif_stable_identity": True},
    {"locate": lambda file: ("/estate", f"2026/{file}")},
]
NAMES = ["plain", "all on", "stable identity", "located"]


def log(made: Report, **changes: Any) -> Log:
    text = REPORTERS["sarif"].render(made, options(made, **changes))
    parsed: Log = json.loads(encode(text))
    return parsed


def results(made: Report, **changes: Any) -> list[Log]:
    found: list[Log] = log(made, **changes)["runs"][0]["results"]
    return found


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("changes", VARIANTS, ids=NAMES)
def test_every_situation_keeps_to_the_schema(
    situation: str, changes: dict[str, Any], schema: jsonschema.Draft4Validator
) -> None:
    assert [error.message for error in schema.iter_errors(log(SITUATIONS[situation], **changes))] == []


def test_the_schema_would_notice(schema: jsonschema.Draft4Validator) -> None:
    broken = log(SITUATIONS["findings"])
    broken["runs"][0]["results"][0]["level"] = "critical"
    assert list(schema.iter_errors(broken))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("changes", VARIANTS, ids=NAMES)
def test_every_situation_is_taken_in_whole(situation: str, changes: dict[str, Any]) -> None:
    assert refusals(log(SITUATIONS[situation], **changes)) == []


def _set(value: object, *path: str | int) -> Callable[[Log], None]:
    def change(broken: Log) -> None:
        target: Any = broken["runs"][0]
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


RULE = ("tool", "driver", "rules", 0)
RESULT = ("results", 0)
PHYSICAL = (*RESULT, "locations", 0, "physicalLocation")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_set({"text": ""}, *RULE, "shortDescription"), "shortDescription"),
        (_set({"text": "x" * 1025}, *RULE, "fullDescription"), "fullDescription"),
        (_set({}, *RULE, "help"), "no help"),
        (_set([f"t{n}" for n in range(11)], *RULE, "properties", "tags"), "11 tags"),
        (_set(["security", "CWE-798"], *RULE, "properties", "tags"), "type of report"),
        (_set("0.0", *RULE, "properties", "security-severity"), "security-severity"),
        (_set(9.5, *RULE, "properties", "security-severity"), "security-severity"),
        (_set(99, *RESULT, "ruleIndex"), "rule"),
        (_set({"text": "x" * 2049}, *RESULT, "message"), "message"),
        (_set("open", *RESULT, "kind"), "no fail"),
        (_set([], *RESULT, "locations"), "no location"),
        (_set({"uri": "a b.yaml", "uriBaseId": "%SRCROOT%"}, *PHYSICAL, "artifactLocation"), "the path"),
        (_set({"uri": "../a.yaml", "uriBaseId": "%SRCROOT%"}, *PHYSICAL, "artifactLocation"), "the path"),
        (_set({"uri": "a.yaml"}, *PHYSICAL, "artifactLocation"), "root"),
        (_set({"startLine": 4}, *PHYSICAL, "region"), "region"),
        (_set({}, *RESULT, "partialFingerprints"), "no fingerprint"),
        (_set(1, *RESULT, "rank"), "sorted"),
        (_set(None, "results"), "no results"),
        (_set({"id": "policyscan"}, "automationDetails"), "category"),
    ],
)
def test_the_checker_of_limits_would_notice(change: Callable[[Log], None], refusal: str) -> None:
    broken = copy.deepcopy(log(SITUATIONS["findings"]))
    change(broken)
    assert refusal in " ".join(refusals(broken))


def _multitool() -> str | None:
    if MULTITOOL.is_file():
        MULTITOOL.chmod(MULTITOOL.stat().st_mode | stat.S_IXUSR)  # npm leaves this to an install script
        return str(MULTITOOL)
    return shutil.which("Sarif.Multitool")


def test_the_multitool_finds_no_error_or_warning_in_any_situation(tmp_path: Path) -> None:
    tool = _multitool()
    if tool is None:
        pytest.skip("Microsoft's SARIF Multitool is not here; `make multitool` installs it")
    for situation, made in SITUATIONS.items():
        text = REPORTERS["sarif"].render(made, options(made, **ALL_ON))
        (tmp_path / f"{situation}.sarif").write_bytes(encode(text))
    files, said = sorted(map(str, tmp_path.iterdir())), tmp_path / "said.json"
    # Its exit code says nothing, and a log that it cannot read is only a notification.
    options_ = ["--rule-kind", "Sarif;Gh", "--level", "Error;Warning", "--log", "ForceOverwrite"]
    subprocess.run([tool, "validate", *files, *options_, "-o", str(said)], check=True, capture_output=True)
    run = json.loads(said.read_text(encoding="utf-8-sig"))["runs"][0]
    assert run["results"] == []
    assert [i.get("toolExecutionNotifications") for i in run["invocations"]] == [None]


def test_fails_dues_warnings_and_errors_are_results_and_nothing_else() -> None:
    statuses = {result["properties"]["status"] for made in SITUATIONS.values() for result in results(made)}
    assert statuses == {"fail", "due", "warning", "error"}


def test_unknown_results_come_in_when_asked_as_open_and_without_a_level() -> None:
    found = results(SITUATIONS["unknown"], sarif_unknown=True)
    assert [(r["ruleId"], r["kind"], r["level"]) for r in found] == [
        ("REC-02", "open", "none"),
        ("REC-03", "open", "none"),
    ]
    assert found[0]["message"]["text"].endswith("restored, and from where?")


def test_waived_results_stay_out_unless_asked_and_then_are_suppressed() -> None:
    made = report(WAIVED, RUNS)
    assert results(made) == []
    (waived,) = results(made, sarif_suppressed=True)
    assert (waived["kind"], waived["level"]) == ("fail", "error")
    (suppression,) = waived["suppressions"]
    assert suppression["status"] == "accepted"
    assert "Rita Ames" in suppression["justification"]
    assert "2026-12-31" in suppression["justification"]


def test_a_clean_scan_has_an_empty_list_of_results_and_all_rules() -> None:
    run = log(SITUATIONS["clean"])["runs"][0]
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "AV-01",
        "INS-04",
        "PLAN-11",
        "REC-02",
        "REC-03",
    ]


def test_results_come_with_the_greatest_severity_first_over_all_documents() -> None:
    found = results(many(3))
    severities = [Severity(result["properties"]["severity"]) for result in found]
    assert severities == sorted(severities, reverse=True)


def test_problems_are_notifications_with_their_place_and_the_run_did_not_succeed() -> None:
    (invocation,) = log(SITUATIONS["unreadable"])["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 2
    missing, tab = invocation["toolExecutionNotifications"]
    assert missing["message"]["text"] == "no such file: x.yaml"
    assert "locations" not in missing
    assert tab["message"]["text"] == "a tab cannot indent Hint: use spaces"
    assert tab["locations"][0]["physicalLocation"]["region"]["startLine"] == 2


def test_nothing_checked_is_a_notification() -> None:
    (invocation,) = log(SITUATIONS["nothing"])["runs"][0]["invocations"]
    assert "no inventory" in invocation["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("file", "path", "uri"),
    [
        ("a b/c.yaml", "", "a%20b/c.yaml"),
        ("50%.yaml", "", "50%25.yaml"),
        ("zürich#1.yaml", "", "z%C3%BCrich%231.yaml"),
        ("c:d.yaml", "", "c%3Ad.yaml"),
        ("./x.yaml", "", "x.yaml"),
        ("x.yaml", "estate/north/x.yaml", "estate/north/x.yaml"),
        ("../x y.yaml", "estate/x y.yaml", "estate/x%20y.yaml"),
        ("/elsewhere/x.yaml", "x.yaml", "x.yaml"),
        ("bad\udcff.yaml", "", "bad%FF.yaml"),
        ("<stdin>", "", "%3Cstdin%3E"),
    ],
)
def test_paths_are_relative_to_the_repository_and_encoded(file: str, path: str, uri: str) -> None:
    made = report(COORDINATOR._replace(span=Span(file, 1, 1, 1, 2)))
    located = ("/repository", path) if path else None
    location = results(made, locate=lambda _: located)[0]["locations"][0]["physicalLocation"][
        "artifactLocation"
    ]
    assert location == {"uri": uri, "uriBaseId": "%SRCROOT%"}


@pytest.mark.parametrize(
    ("file", "uri"), [("/tmp/x y.yaml", "file:///tmp/x%20y.yaml"), ("../x.yaml", "../x.yaml")]
)
def test_a_path_outside_the_repository_claims_no_root(file: str, uri: str) -> None:
    made = report(COORDINATOR._replace(span=Span(file, 1, 1, 1, 2)))
    assert results(made)[0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


ROOTS = {"a/x.yaml": "/here", "b/y.yaml": "/srv/north", "c/z.yaml": "/srv/south"}


@pytest.mark.parametrize(
    ("here", "bases"),
    [
        ("/here", ["%SRCROOT%", "%SRCROOT1%", "%SRCROOT2%"]),
        ("/srv/south", ["%SRCROOT1%", "%SRCROOT2%", "%SRCROOT%"]),
        ("", ["%SRCROOT%", "%SRCROOT1%", "%SRCROOT2%"]),
        ("/none/of/these", ["%SRCROOT%", "%SRCROOT1%", "%SRCROOT2%"]),
    ],
)
def test_files_of_several_repositories_have_a_root_each(here: str, bases: list[str]) -> None:
    spans = [Span(file, 1, 1, 1, 2) for file in [*ROOTS, "outside.yaml"]]
    made = report(*(COORDINATOR._replace(span=span, subject=span.file) for span in spans))

    def locate(file: str) -> tuple[str, str] | None:
        return (ROOTS[file], file[2:]) if file in ROOTS else None

    (run,) = log(made, locate=locate, here=here)["runs"]
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    found = {place["uri"]: place.get("uriBaseId") for place in places}
    assert found == dict(zip(["x.yaml", "y.yaml", "z.yaml", "outside.yaml"], [*bases, None], strict=True))
    roots = run["originalUriBaseIds"]
    assert set(roots) == set(bases)
    assert roots["%SRCROOT%"]["description"]["text"] == "The root of the repository."
    assert "/srv" not in json.dumps(roots)


def test_percent_encoding_leaves_what_needs_none() -> None:
    assert percent_encoded("inventories/acme-1_2.yaml~") == "inventories/acme-1_2.yaml~"


@pytest.mark.parametrize(
    ("span", "end"),
    [
        (Span(ACME, 4, 16, 4, 22), 22),
        (Span(ACME, 4, 16, 4, 16), 17),  # an empty region is one character wide
        (Span(ACME, 4, 3, 7, 5), 34),  # one of several lines ends with its first
        (Span("elsewhere.yaml", 4, 3, 7, 5), 4),
    ],
)
def test_a_region_stays_on_one_line(span: Span, end: int) -> None:
    region = results(report(COORDINATOR._replace(span=span)))[0]["locations"][0]["physicalLocation"]["region"]
    expected = {"startLine": span.line, "startColumn": span.column, "endLine": span.line, "endColumn": end}
    assert region == expected


def test_severity_is_text_that_github_reads_as_the_same_severity() -> None:
    rules = log(report(COORDINATOR, ANTIVIRUS))["runs"][0]["tool"]["driver"]["rules"]
    by_id = {rule["id"]: rule["properties"]["security-severity"] for rule in rules}
    assert by_id["PLAN-11"] == "9.5"
    assert by_id["AV-01"] == "8.0"
    levels = {"critical": (9.1, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
    for severity, text in SECURITY_SEVERITY.items():
        low, high = levels[severity.value]
        assert low <= float(text) <= high


def test_a_result_has_its_own_severity_as_rank() -> None:
    made = report(COORDINATOR._replace(severity=Severity.LOW))
    assert results(made)[0]["rank"] == 20.0


def test_overlong_texts_are_cut_and_the_log_is_still_taken_in() -> None:
    long = "word " * 2000
    policy = PLAN._replace(title=long, why=long, fix=long, related={long: tuple(map(str, range(50)))})
    made = report(COORDINATOR._replace(message=long, subject="lt-02"))._replace(policies=(AV, policy))
    made = made._replace(problems=(Problem(long, None, long),))
    assert refusals(log(made)) == []
    assert results(made)[0]["message"]["text"].endswith("…")


def test_empty_texts_are_filled_in() -> None:
    policy = PLAN._replace(title="", why="", fix="", quotes=(), related={})
    made = report(COORDINATOR._replace(message=""))._replace(policies=(AV, policy))
    assert refusals(log(made)) == []


def test_tags_that_would_change_the_kind_of_report_are_left_out() -> None:
    policy = PLAN._replace(related={"CWE-798": ("x",), "cis-v8": ("7.3",)})
    rule = log(report(COORDINATOR)._replace(policies=(policy,)))["runs"][0]["tool"]["driver"]["rules"][0]
    assert rule["properties"]["tags"] == ["security", "plan", "related-to/cis-v8/7.3"]


def test_all_framework_ids_are_kept_where_the_tags_have_no_room() -> None:
    related = {"cis-v8": tuple(f"7.{n}" for n in range(12)), "other": ("CPG 2.B",)}
    made = report(COORDINATOR)._replace(policies=(PLAN._replace(related=related),))
    rule = log(made)["runs"][0]["tool"]["driver"]["rules"][0]
    assert len(rule["properties"]["tags"]) == 10
    assert rule["properties"]["relatedTo"] == {name: list(ids) for name, ids in related.items()}
    assert f"Related to CIS Controls v8: {', '.join(related['cis-v8'])}" in rule["help"]["text"]
    assert "Related to others: CPG 2.B" in rule["help"]["text"]
    assert refusals(log(made)) == []


def test_more_results_than_a_run_may_hold_are_left_out_loudly_least_severe_first() -> None:
    one = report(COORDINATOR)
    worst = COORDINATOR._replace(document="worst")
    rest = (ANTIVIRUS._replace(span=span(ACME, number + 1, 1, 2)) for number in range(MOST_RESULTS))
    parsed = log(one._replace(results=(*rest, worst)), sarif_line_hash=False)
    run = parsed["runs"][0]
    assert len(run["results"]) == MOST_RESULTS
    assert run["results"][0]["ruleId"] == "PLAN-11"
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("1 result of the least severity left out")
    assert refusals(parsed) == []


def test_more_results_than_are_shown_get_a_note() -> None:
    rest = tuple(ANTIVIRUS._replace(span=span(ACME, number + 1, 1, 2)) for number in range(5001))
    run = log(report(COORDINATOR)._replace(results=rest), sarif_line_hash=False)["runs"][0]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["level"] == "note"
    assert "5,001" in notification["message"]["text"]


def test_both_fingerprints_are_there_and_ours_is_the_reports() -> None:
    (found,) = results(report(COORDINATOR))
    prints = found["partialFingerprints"]
    assert prints["policyscan/v1"] == COORDINATOR.fingerprint
    assert re.fullmatch(r"[0-9a-f]{1,16}:1", prints["primaryLocationLineHash"])


def test_the_identity_of_an_alert_can_be_ours() -> None:
    (found,) = results(report(COORDINATOR), sarif_stable_identity=True)
    line_hash = found["partialFingerprints"]["primaryLocationLineHash"]
    assert line_hash == f"{COORDINATOR.fingerprint[:16]}:1"


def test_files_without_results_are_not_read_and_none_are_when_hashes_are_off() -> None:
    read: list[str] = []

    def content(file: str) -> bytes:
        read.append(file)
        return b"x\n"

    made = report(COORDINATOR, RESTORED._replace(span=Span("other.yaml", 1, 1, 1, 2)))
    REPORTERS["sarif"].render(made, Options(content=content, sarif_line_hash=False))
    assert read == []
    REPORTERS["sarif"].render(made, Options(content=content))
    assert read == [ACME]


def test_results_of_one_control_and_region_are_one_with_the_others_in_its_message() -> None:
    more = ANTIVIRUS._replace(subject="lt-3", message="it is off too")
    elsewhere = ANTIVIRUS._replace(subject="lt-9", span=ANTIVIRUS.span._replace(line=9))
    other = ANTIVIRUS._replace(policy="REC-02")
    found = results(report(ANTIVIRUS, more, elsewhere, other))
    texts = [one["message"]["text"] for one in found if one["ruleId"] == "AV-01"]
    assert texts == [
        "lt-02: antivirus is switched off; lt-3: it is off too",
        "lt-9: antivirus is switched off",
    ]
    about = [place["fullyQualifiedName"] for place in found[0]["locations"][0]["logicalLocations"]]
    assert about == ["acme/lt-02", "acme/lt-3"]
    long = [ANTIVIRUS._replace(subject=f"lt-{n}", message="x" * 3000) for n in range(3, 6)]
    cut = report(*long)
    (one,) = results(cut)
    assert one["message"]["text"].endswith("x… (and 2 more here)")
    assert refusals(log(cut)) == []


def test_results_that_consumers_merge_because_they_share_a_line_are_counted_in_the_first() -> None:
    others = [ANTIVIRUS._replace(subject=f"lt-{n}", span=span(ACME, 7, n, 30)) for n in range(18, 20)]
    texts = [found["message"]["text"] for found in results(report(ANTIVIRUS, *others))]
    assert texts[0] == "lt-02: antivirus is switched off (+2 more on this line)"
    assert not any("more on this line" in text for text in texts[1:])


def test_the_category_is_one_and_ends_in_a_slash() -> None:
    assert log(SITUATIONS["clean"], sarif_category="msp/")["runs"][0]["automationDetails"]["id"] == "msp/"


def test_links_and_placeholders_in_a_message_stay_text() -> None:
    made = report(COORDINATOR._replace(message="see [here](1) and {0}"))
    assert results(made)[0]["message"]["text"] == "see [here] (1) and { 0 }"


def test_levels_and_kinds_are_those_of_the_table() -> None:
    for status, severity in itertools.product(Status, Severity):
        mark = WAIVED.waiver if status is Status.WAIVED else None
        made = report(COORDINATOR._replace(status=status, severity=severity, waiver=mark), complete=True)
        for found in results(made, **ALL_ON):
            assert (found["kind"], found["level"]) == (
                TRAITS[status].sarif_kind,
                TRAITS[status].sarif_level,
            )


def test_the_run_says_what_was_scanned_with() -> None:
    run = log(SITUATIONS["clean"])["runs"][0]
    assert run["properties"] == {
        "pack": "policyscan 2026.10",
        "packs": [{"name": one.name, "version": one.version, "digest": one.digest} for one in SCAN.packs],
        "commit": SCAN.commit,
        "uncommittedChanges": False,
        "inputs": {"files": 1, "digest": input_digest(SCAN)},
        "profile": "essentials",
        "asOf": SCAN.as_of,
        "controls": "5 of 66",
        "leftOut": ["PATCH-01", "TEN-01"],
        "notes": [],
        "loosened": [],
        "evidence": None,
        "takenAway": "",
        "statements": [],
    }
    asked = log(SITUATIONS["findings"])["runs"][0]["properties"]["evidence"]
    assert asked == {"grade": "document", "maxAgeDays": 365}
    taken = log(SITUATIONS["taken"])["runs"][0]["properties"]
    assert taken["takenAway"] == "1 taken away and 1 in part, by 2 statements"
    assert [(one["inventory"], one["takesAway"]) for one in taken["statements"]] == [
        ("acme", "in part: AV-01"), ("acme", "REC-02"),
    ]  # fmt: skip


def test_a_result_says_what_evidence_it_rests_on() -> None:
    covered, bare, none = (
        results(report(result))[0]["properties"].get("evidence")
        for result in (COORDINATOR, ENDING, COORDINATOR._replace(basis=None))
    )
    assert covered == {
        "grade": "declared",
        "section": "plan",
        "source": "interview",
        "collected": "2026-02-10",
        "ageDays": 263,
    }
    assert bare == {"grade": "declared", "section": "insurance", "collected": "2026-10-31", "ageDays": 0}
    assert none is None


def test_results_say_what_became_of_them_since_the_baseline() -> None:
    def named(one: Log) -> tuple[str, str, str]:
        about = one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
        return one["ruleId"], one["properties"]["requirement"], about

    told = {named(one): one["baselineState"] for one in results(SITUATIONS["changed"], **ALL_ON)}
    assert told == {
        ("PLAN-11", "in-post", "acme"): "updated",
        ("AV-01", "active", "acme/lt-02"): "new",
        ("REC-02", "tested", "acme/ehr"): "new",
        ("INS-04", "in-force", "harbor/eo"): "updated",
        ("AV-01", "active", "acme/lt-05"): "updated",
        ("AV-01", "active", "acme/lt-03"): "absent",
        ("AV-01", "active", "acme/lt-06"): "absent",
        ("REC-03", "tested", "acme/ehr"): "absent",
    }


def test_what_is_absent_is_left_out_unless_it_is_asked_for() -> None:
    made = SITUATIONS["changed"]
    assert {one["baselineState"] for one in results(made)} == {"new", "updated"}
    only_fails = [one for one in results(made, sarif_absent=True) if one["baselineState"] == "absent"]
    assert [one["ruleId"] for one in only_fails] == ["AV-01", "AV-01"]  # what was unknown was not in the log


def test_a_run_without_a_baseline_says_nothing_of_one() -> None:
    made = log(SITUATIONS["findings"], **ALL_ON)["runs"][0]
    assert "baseline" not in made["properties"]
    assert not any("baselineState" in one for one in made["results"])
