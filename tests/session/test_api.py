"""policyscan for Python callers: nothing else of it is imported here, and nothing wrong looks green."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import policyscan

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-10-31"
CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: acme}
people: [{id: p-1, end_date: null}]
"""
CONTROL = """\
id: OPS-01
title: There is a crisis plan
severity: high
kind: client
why: Nobody plans well in a crisis.
fix: Write one.
require:
  - id: plan
    that: client.crisis_plan != null
    say: there is no crisis plan
"""
PACK = 'name: ours\nversion: "1.0"\nprofiles:\n  usual: {policies: [OPS-01]}\ndefault_profile: usual\n'
FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "policyscan.yaml": "builtin_policies: false\npolicies: [controls]\n",
    "controls/pack.yaml": PACK,
    "controls/OPS/OPS-01.yaml": CONTROL,
    "inventories/clients/acme.yaml": CLIENT + "crisis_plan: {document: plan.docx}\n",
    "inventories/clients/bad.yaml": CLIENT.replace("acme", "bad") + "crisis_plan: null\n",
}
BAD = "inventories/clients/bad.yaml"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one control and two clients, one of which it fails."""
    for name, text in FILES.items():
        write(tmp_path, name, text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- what it gives


def test_a_scan_gives_what_the_command_prints(place: Path) -> None:
    report = policyscan.scan(as_of=DAY)
    command = [sys.executable, "-m", "policyscan", "scan", "--as-of", DAY, "-f", "json"]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", cwd=place)
    assert policyscan.render(report, "json") == done.stdout
    assert report.exit_code == done.returncode == 1


@pytest.mark.parametrize("paths", [BAD, Path(BAD), [BAD], (Path(BAD),), {BAD}], ids=repr)
def test_paths_may_be_one_or_several_of_any_kind(place: Path, paths: Any) -> None:
    report = policyscan.scan(paths, as_of=dt.date(2026, 10, 31))
    assert [document.id for document in report.documents] == ["bad"]


@pytest.mark.parametrize(
    ("gate", "code"),
    [({}, 1), ({"fail_on": "critical"}, 0), ({"fail_on": policyscan.Severity.HIGH}, 1)],
    ids=["as it is", "above it", "at it"],
)
def test_a_report_knows_its_exit_code(place: Path, gate: dict[str, Any], code: int) -> None:
    report = policyscan.scan(BAD, as_of=DAY, **gate)
    assert report.exit_code == code
    assert json.loads(policyscan.render(report, "json"))["summary"]["exit_code"] == code


def test_a_control_that_passes_is_told_when_everything_is_asked_for(place: Path) -> None:
    (passing,) = policyscan.scan("inventories/clients/acme.yaml", as_of=DAY, all_results=True).results
    assert (passing.policy, passing.status) == ("OPS-01", policyscan.Status.PASS)


def test_validation_gives_every_error_and_note_with_its_place(place: Path) -> None:
    write(place, "inventories/clients/odd.yaml", CLIENT.replace("acme", "odd") + "peple: []\ncrisis_plan:\n")
    write(place, "inventories/clients/blank.yaml", CLIENT.replace("acme", "blank") + "crisis_plan:\n")
    found = policyscan.validate(as_of=DAY)
    (problem,) = found.problems
    assert (problem.file, problem.line, problem.column) == ("inventories/clients/odd.yaml", 6, 1)
    assert [(note.file, note.line) for note in found.notes] == [("inventories/clients/blank.yaml", 6)]
    assert (found.inventories, found.exit_code) == (3, 2)


def test_valid_inventories_are_valid(place: Path) -> None:
    assert policyscan.validate() == policyscan.Validation(2)
    assert policyscan.validate().exit_code == 0


def test_policies_say_what_they_are_about(place: Path) -> None:
    policies = policyscan.load_policies()
    assert (len(policies), policies.profile, [info.title for info in policies]) == (
        1,
        "usual",
        ["There is a crisis plan"],
    )


WRITTEN: dict[str, Any] = {
    "text": FILES[BAD],
    "bytes": FILES[BAD].encode(),
    "path": Path(BAD),
    "values": {
        "schema_version": 1,
        "kind": "client",
        "as_of": dt.date(2026, 10, 31),
        "organisation": {"id": "bad"},
        "people": [{"id": "p-1", "end_date": None}],
        "crisis_plan": None,
    },
}
CLOCKS = [DAY, dt.date(2026, 10, 31), dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC), "2026-10-31T12:00:00Z"]


@pytest.mark.parametrize("document", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_one_document_is_evaluated_from_any_form_it_may_have(place: Path, document: Any, clock: Any) -> None:
    report = policyscan.evaluate(document, policyscan.load_policies(), clock)
    (result,) = report.results
    assert (result.document, result.message) == ("bad", "there is no crisis plan")
    assert result.span.line > 1
    assert report.scan.as_of == DAY
    assert report.exit_code == 1


INSURED = """\
id: OPS-03
title: The provider is insured
severity: medium
kind: client
why: Insurance pays.
fix: Ask the provider.
for_each: client.providers
as: engagement
require:
  - id: insured
    that: engagement.profile.insurance_policies.exists(p, p.ends_on >= today)
    say: "{engagement.id} is not insured"
"""
PROVIDER = """\
schema_version: 1
kind: provider
as_of: 2026-10-31
organisation: {id: north}
insurance_policies: [{id: eo, kind: errors_and_omissions, ends_on: 2026-11-15}]
"""
SERVED = CLIENT + "providers: [{id: north, profile: north}]\n"


@pytest.mark.parametrize(
    ("context", "status", "code"),
    [
        ([PROVIDER], "pass", 0),
        ([PROVIDER.replace("2026-11-15", "2026-10-30")], "fail", 1),
        ([], "unknown", 3),
        ([PROVIDER.replace("id: north", "id: south")], "unknown", 3),
        ([PROVIDER.replace("ends_on", "end_on")], "unknown", 2),
        ([PROVIDER, PROVIDER], "pass", 2),  # two that claim to be the same one
    ],
    ids=["insured", "not insured", "not there", "another", "broken", "twice"],
)
def test_what_a_document_refers_to_is_given_beside_it(
    place: Path, context: list[str], status: str, code: int
) -> None:
    write(place, "controls/OPS/OPS-03.yaml", INSURED)
    policies = policyscan.load_policies(select="OPS-03")
    report = policyscan.evaluate(SERVED, policies, DAY, context=context, all_results=True)
    own = [result for result in report.results if result.policy == "OPS-03"]
    assert [str(result.status) for result in own] == [status]
    assert (report.exit_code, [document.id for document in report.documents]) == (code, ["acme"])


def test_members_that_are_not_there_never_pass() -> None:
    path = ROOT / "inventories" / "portfolios" / "bright-harbor.yaml"
    policies = policyscan.load_policies(profile="full")
    report = policyscan.evaluate(path, policies, DAY, all_results=True)
    passing = [result for result in report.results if result.status is policyscan.Status.PASS]
    assert passing == []
    assert report.exit_code != 0


def test_a_report_can_be_sent_to_another_process(place: Path) -> None:
    report = policyscan.scan(as_of=DAY)
    again = pickle.loads(pickle.dumps(report))  # noqa: S301 - our own
    assert again == report
    assert again.exit_code == 1


# --- what is wrong is never green

BROKEN = {
    "not YAML": "kind: client\n  a: [\n",
    "empty": "",
    "no kind": "schema_version: 1\n",
    "a misspelt key": CLIENT + "peple: []\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_and_hides_no_other(place: Path, text: str) -> None:
    write(place, "inventories/clients/broken.yaml", text)
    report = policyscan.scan(as_of=DAY)
    (problem,) = report.problems
    assert problem.file == "inventories/clients/broken.yaml"
    assert (problem.line or 0) >= 1
    assert (problem.column or 0) >= 1
    assert (len(report.documents), report.exit_code) == (2, 2)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_where_everything_is_broken_there_is_no_report(place: Path, text: str) -> None:
    path = write(place, "broken.yaml", text)
    with pytest.raises(policyscan.PolicyscanError) as raised:
        policyscan.scan("broken.yaml", as_of=DAY)
    assert [problem.file for problem in raised.value.problems] == ["broken.yaml"]
    with pytest.raises(policyscan.PolicyscanError) as raised:
        policyscan.evaluate(path, policyscan.load_policies(), DAY)
    assert all(problem.line for problem in raised.value.problems)
    found = policyscan.validate("broken.yaml")
    assert (found.exit_code, found.inventories) == (2, 0)


CALLS: dict[str, Any] = {
    "no such path": (lambda: policyscan.scan("nowhere"), "there is no file or folder nowhere"),
    "no path": (lambda: policyscan.scan([]), "argument paths is an empty list"),
    "an empty path": (lambda: policyscan.scan([""]), "argument paths: '' is not a path"),
    "a number for a path": (lambda: policyscan.scan(3), "argument paths: 3 is not a path"),  # type: ignore[arg-type]
    "standard input": (lambda: policyscan.scan("-"), "there is nothing on standard input"),
    "no profile of this name": (lambda: policyscan.scan(profile="usal"), "there is no profile 'usal'"),
    "an empty profile": (lambda: policyscan.scan(profile=""), "argument profile names none"),
    "profile and selection": (
        lambda: policyscan.scan(profile="usual", select="OPS"),
        "argument profile and argument select both choose controls",
    ),
    "no control of this name": (
        lambda: policyscan.scan(select=["OPS-09"]),
        "argument select OPS-09: there is no such control or family",
    ),
    "no selection": (lambda: policyscan.scan(select=[]), "argument select is an empty list"),
    "no client of this id": (
        lambda: policyscan.scan(clients="amce"),
        "argument client amce: there is no inventory with this id",
    ),
    "no clients": (lambda: policyscan.scan(clients=[]), "argument clients is an empty list"),
    "no such day": (
        lambda: policyscan.scan(as_of="2026-02-30"),
        "argument as_of '2026-02-30' is neither a day nor an instant",
    ),
    "an empty day": (lambda: policyscan.scan(as_of=""), "argument as_of '' is neither a day nor an instant"),
    "a time without a zone": (
        lambda: policyscan.scan(as_of=dt.datetime(2026, 10, 31)),  # noqa: DTZ001
        "argument as_of: 2026-10-31 00:00:00 is in no time zone",
    ),
    "a number for a day": (lambda: policyscan.scan(as_of=5), "argument as_of: 5 is neither a day"),  # type: ignore[arg-type]
    "no such severity": (lambda: policyscan.scan(fail_on="grave"), "there is no severity 'grave'"),
    "no such settings": (lambda: policyscan.scan(config="x.yaml"), "x.yaml: there is no such configuration"),
    "no such pack": (lambda: policyscan.load_policies("nowhere"), "nowhere"),
    "no document": (
        lambda: policyscan.evaluate(3, policyscan.load_policies(), DAY),  # type: ignore[arg-type]
        "document: int is no document",
    ),
    "a path for a text": (
        lambda: policyscan.evaluate(BAD, policyscan.load_policies(), DAY),
        "this is not an inventory: it has no keys and values",
    ),
    "values that no file can hold": (
        lambda: policyscan.evaluate({"kind": object()}, policyscan.load_policies(), DAY),
        "document: object is no value of a document",
    ),
    "no clock": (
        lambda: policyscan.evaluate({}, policyscan.load_policies(), "now"),
        "argument clock 'now' is neither a day nor an instant",
    ),
    "no such format": (lambda: policyscan.render(policyscan.scan(), "jsn"), "there is no format 'jsn'"),
}


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
def test_what_is_wrong_with_a_call_is_said(place: Path, call: Any, message: str) -> None:
    with pytest.raises(policyscan.PolicyscanError, match=re.escape(message)) as raised:
        call()
    assert raised.value.problems
    assert not any("--" in problem.message for problem in raised.value.problems)


@pytest.mark.parametrize("function", [policyscan.scan, policyscan.validate], ids=["scan", "validate"])
def test_where_there_is_no_inventory_there_is_no_report(tmp_path: Path, function: Any) -> None:
    with pytest.raises(policyscan.PolicyscanError, match="no inventory was found"):
        function(tmp_path)


def test_a_broken_control_is_told_with_its_place(place: Path) -> None:
    write(place, "controls/OPS/OPS-01.yaml", CONTROL.replace("crisis_plan", "crisis_plam"))
    for call in (policyscan.scan, policyscan.load_policies):
        with pytest.raises(policyscan.Problems) as raised:
            call()
        (problem,) = raised.value.problems
        assert isinstance(problem, policyscan.PolicyError)
        assert (problem.file, problem.line) == ("controls/OPS/OPS-01.yaml", 9)


def test_an_error_can_be_sent_to_another_process(place: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        write(place, f"broken/{name}", "kind: client\n  a: [\n")
    with pytest.raises(policyscan.Problems) as raised:
        policyscan.scan("broken")
    again = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - our own
    assert [str(problem) for problem in again.problems] == [str(one) for one in raised.value.problems]
    assert str(again) == str(raised.value)
    with pytest.raises(policyscan.Problems) as unknown:
        policyscan.load_policies(select="OPS-09")
    assert isinstance(unknown.value.problems[0], policyscan.ConfigError)
    assert str(pickle.loads(pickle.dumps(unknown.value))) == str(unknown.value)  # noqa: S301 - our own


# --- how it is made


def test_everything_public_is_there_and_nothing_else_is() -> None:
    assert all(hasattr(policyscan, name) for name in policyscan.__all__)
    assert set(policyscan.__all__) <= set(dir(policyscan))
    with pytest.raises(AttributeError, match="scann"):
        policyscan.scann  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_imports_nothing_else() -> None:
    program = "import sys, policyscan; print(*[m for m in sys.modules if m.startswith('policyscan.')])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["policyscan.version"]


EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "docs" / "python-api.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_run(example: str, tmp_path: Path) -> None:
    assert not re.search(r"^\s*(from policyscan|import policyscan\.)", example, re.MULTILINE)
    script = write(tmp_path, "example.py", example)
    done = subprocess.run(
        [sys.executable, script], check=False, capture_output=True, encoding="utf-8", cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    said = [line.split("# ", 1)[1] for line in example.splitlines() if re.match(r"\s*print\(.*  # ", line)]
    assert done.stdout.splitlines()[: len(said)] == said


def test_the_page_has_examples_and_names_everything() -> None:
    page = (ROOT / "docs" / "python-api.md").read_text("utf-8")
    assert len(EXAMPLES) >= 4
    assert [name for name in policyscan.__all__ if name not in page and name != "__version__"] == []


class _Thing:
    """Anything. Its text is the same in every process, as names of tests must be."""

    def __repr__(self) -> str:
        return "a thing"


THING = _Thing()
NOT_A_PATH = ["a\0b", "\ud800", Path("\0"), b"x", 5, True, THING, [None], {"a": 1}]


@pytest.mark.parametrize("wrong", NOT_A_PATH, ids=ascii)
@pytest.mark.parametrize("name", ["paths", "policies", "config"])
def test_what_is_no_path_is_refused_as_an_argument(place: Path, name: str, wrong: Any) -> None:
    given = {"paths": None, name: wrong}
    calls: list[Any] = [policyscan.scan] if name == "policies" else [policyscan.scan, policyscan.validate]
    for call in calls:
        with pytest.raises(policyscan.PolicyscanError):
            call(**given)


@pytest.mark.parametrize("wrong", [5, True, b"essentials", ["essentials"], THING, {}], ids=ascii)
def test_what_is_no_name_of_a_profile_is_refused(place: Path, wrong: Any) -> None:
    for call in (policyscan.scan, policyscan.load_policies):
        with pytest.raises(policyscan.UsageError, match="is not a text"):
            call(profile=wrong)


@pytest.mark.parametrize("wrong", ["usual", 5, None, [], {}, THING], ids=ascii)
def test_what_is_no_policies_report_or_format_is_refused(place: Path, wrong: Any) -> None:
    policies = policyscan.load_policies()
    report = policyscan.evaluate(CLIENT, policies, DAY)
    with pytest.raises(policyscan.UsageError, match="is no Policies"):
        policyscan.evaluate(CLIENT, wrong, DAY)
    with pytest.raises(policyscan.UsageError, match="is no Report"):
        policyscan.render(wrong)
    with pytest.raises(policyscan.UsageError, match=r"there is no format|is no str"):
        policyscan.render(report, wrong)


@pytest.mark.parametrize(
    "wrong", [CLIENT, {"kind": "client"}, b"kind: client", Path(BAD), 5, None], ids=ascii
)
def test_a_context_that_is_no_list_is_refused(place: Path, wrong: Any) -> None:
    with pytest.raises(policyscan.UsageError, match="is no list of documents"):
        policyscan.evaluate(CLIENT, policyscan.load_policies(), DAY, context=wrong)


@pytest.mark.parametrize("wrong", [CLIENT + "\ud800", Path("\0"), Path("\ud800")], ids=ascii)
def test_a_document_that_cannot_be_written_down_is_refused(place: Path, wrong: Any) -> None:
    with pytest.raises(policyscan.UsageError):
        policyscan.evaluate(wrong, policyscan.load_policies(), DAY)


# --- what changed, and exceptions


def test_only_what_is_new_since_a_baseline_decides(place: Path) -> None:
    before = policyscan.render(policyscan.scan(as_of=DAY), "json")
    write(place, "before.json", before)
    same = policyscan.scan(as_of=DAY, baseline=place / "before.json")
    assert (same.exit_code, same.comparison is not None and same.comparison.unchanged) == (0, 1)
    (place / "inventories/clients/acme.yaml").unlink()
    assert policyscan.scan(as_of=DAY, baseline="before.json").exit_code == 3
    assert policyscan.scan(as_of=DAY, baseline="before.json", allow_silent="acme").exit_code == 0
    with pytest.raises(policyscan.UsageError, match="argument allow_silent goes with argument baseline"):
        policyscan.scan(as_of=DAY, allow_silent="acme")


BOTH = FILES[BAD].replace("[{", "[{id: p-2, end_date: null}, {")
WAIVER = {
    "reason": "it is being written",
    "requested_by": "p-2",
    "approved_by": "p-1",
    "approved_on": dt.date(2026, 10, 30),
    "expires_on": "2026-12-31",
}


def test_an_exception_is_written(place: Path) -> None:
    file = write(place, BAD, BOTH)
    before = file.read_text(encoding="utf-8")
    shown = policyscan.waive("OPS-01", "bad", **WAIVER, dry_run=True)
    assert file.read_text(encoding="utf-8") == before
    assert policyscan.waive("OPS-01", "bad", **WAIVER) == shown
    assert policyscan.scan(as_of=DAY).exit_code == 0
    made = policyscan.waive(
        "OPS-01", "bad", **{**WAIVER, "approved_by": "Bea"}, file="inventories/waivers.yaml"
    )
    assert made[0] == "inventories/waivers.yaml:"
    assert "it is being written" in (place / "inventories/waivers.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"approved_by": "Ann"}, "nobody with the id Ann"),
        ({"approved_by": "p-2"}, "its requester approved it"),
        ({"expires_on": "2026-02-30"}, "is no day"),
        ({"expires_on": "2028-12-31"}, "more than a year"),
        ({"reason": 3}, "argument reason: int is no str"),
    ],
)
def test_an_exception_without_effect_is_not_written(place: Path, changed: dict[str, Any], said: str) -> None:
    write(place, BAD, BOTH)
    with pytest.raises(policyscan.PolicyscanError, match=said):
        policyscan.waive("OPS-01", "bad", **{**WAIVER, **changed})
    assert (place / BAD).read_text(encoding="utf-8") == BOTH


def test_a_questionnaire_is_answered_and_names_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    report = policyscan.scan("inventories/clients/corner-oven.yaml", as_of=DAY)
    policies, document = policyscan.load_policies(), "corner-oven"
    asked = policyscan.render(report, "markdown", questionnaire="cis-ig1", policies=policies)
    assert asked != policyscan.render(report, "markdown")
    assert "# " in asked
    harmless = policyscan.render(report, "json", pseudonyms=True, policies=policies)
    assert document in policyscan.render(report, "json")
    assert document not in harmless
    with pytest.raises(policyscan.UsageError, match="no format 'sarif'"):
        policyscan.render(report, "sarif", questionnaire="cis-ig1", policies=policies)
    with pytest.raises(policyscan.UsageError, match="no such questionnaire"):
        policyscan.render(report, "text", questionnaire="cis-9", policies=policies)
