"""`policyscan report`: a saved report shows itself as its scan did; hostile ones harm nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import DocumentError
from policyscan.findings import Report, make_report
from policyscan.reporters import REPORTERS
from policyscan.session.report_reader import load
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import policyscan
from tests.reporters.reports import SCAN, SITUATIONS, options


def saved(made: Report) -> str:
    return REPORTERS["json"].render(made, options(made))


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("situation", [name for name in SITUATIONS if name != "hostile"])
def test_a_report_that_is_read_back_shows_the_same(situation: str, name: str) -> None:
    made = SITUATIONS[situation]
    again = load(saved(made), "r.json")
    for full in (False, True):
        shown = options(made, full=full, sarif_unknown=True, sarif_suppressed=True)
        assert REPORTERS[name].render(again, shown) == REPORTERS[name].render(made, shown)
    assert again.exit_code == made.exit_code


@pytest.mark.parametrize("situation", [name for name in SITUATIONS if name != "hostile"])
def test_nothing_of_a_report_is_lost_in_a_file(situation: str) -> None:
    made = SITUATIONS[situation]
    policies = [one._replace(also="server", fixes={"in-post": "Ask."}) for one in made.policies]
    made = made._replace(policies=tuple(policies))
    assert load(saved(made), "r.json") == made


def test_a_hostile_report_is_as_harmless_as_its_scan() -> None:
    made = load(saved(SITUATIONS["hostile"]), "r.json")
    for name in ("text", "markdown", "github"):
        for line in REPORTERS[name].render(made, options(made, full=True)).split("\n"):
            assert line.replace("\t", "").isprintable()


BAD = "inventories/clients/bad.yaml"


def scanned(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> int:
    return policyscan(
        monkeypatch, place, "scan", "--as-of", "2026-10-31", "-q", "-o", "json:r.json", *args
    ).code


@pytest.mark.parametrize("name", REPORTERS)
def test_report_says_what_scan_said(monkeypatch: pytest.MonkeyPatch, place: Path, name: str) -> None:
    whole = policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31", "-f", name, "--full")
    assert scanned(monkeypatch, place) == 1
    again = policyscan(monkeypatch, place, "report", "r.json", "-f", name, "--full")
    assert (again.code, again.out) == (whole.code, whole.out)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 1),
        (("--exit-zero",), 0),
        (("--client", "vague"), 3),
        (("--client", "vague", "--allow-unknown"), 0),
        (("--client", "bad", "--select", "OPS-02", "--fail-on", "high"), 0),
    ],
)
def test_the_exit_code_is_that_of_the_scan(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], code: int
) -> None:
    assert scanned(monkeypatch, place, *args) == code
    assert policyscan(monkeypatch, place, "report", "r.json").code == code
    assert policyscan(monkeypatch, place, "report", "r.json", "--exit-zero").code == 0


def test_exit_zero_hides_no_file_that_was_broken(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/broken.yaml", "kind: client\n\tbad\n")
    assert scanned(monkeypatch, place) == 2
    assert policyscan(monkeypatch, place, "report", "r.json", "--exit-zero").code == 2


def test_lines_of_a_file_that_has_changed_are_not_shown(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    scanned(monkeypatch, place, "--client", "bad")
    before = policyscan(monkeypatch, place, "report", "r.json", "--full").out
    (place / "inventories/clients/bad.yaml").write_text(CLIENT.format(id="other"), encoding="utf-8")
    after = policyscan(monkeypatch, place, "report", "r.json", "--full").out
    assert " | " in before
    assert " | " not in after


def test_a_report_from_elsewhere_shows_no_file_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    scanned(monkeypatch, place, "--client", "bad")
    write(place, "secret.txt", "the password\n" * 9)
    text = (
        (place / "r.json").read_text(encoding="utf-8").replace("inventories/clients/bad.yaml", "secret.txt")
    )
    write(place, "r.json", text)
    for name in REPORTERS:
        shown = policyscan(monkeypatch, place, "report", "r.json", "--full", "-f", name).out
        assert "the password" not in shown


@pytest.mark.parametrize("target", ["r.json", "./r.json", "inventories/clients/bad.yaml"])
def test_no_output_replaces_what_it_is_made_of(
    monkeypatch: pytest.MonkeyPatch, place: Path, target: str
) -> None:
    scanned(monkeypatch, place)
    before = (place / target).read_bytes()
    ran = policyscan(monkeypatch, place, "report", "r.json", "-o", f"csv:{target}")
    assert ran.code == 2
    assert (place / target).read_bytes() == before


@pytest.mark.parametrize("name", ["a\\u0000b", "inv\\ud800entories/x.yaml", "\\udfff", "x" * 5000])
def test_a_name_that_no_file_can_have_is_shown_and_looked_for_nowhere(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str
) -> None:
    scanned(monkeypatch, place)
    text = (place / "r.json").read_text(encoding="utf-8")
    assert BAD in text
    (place / "r.json").write_text(text.replace(BAD, name), encoding="utf-8")
    for form in REPORTERS:
        ran = policyscan(monkeypatch, place, "report", "r.json", "--full", "-f", form, "-o", "csv:out.csv")
        assert ran.code == 1
        assert "this is a bug" not in ran.err


def changed(path: list[Any], value: object) -> str:
    """A saved report with another value at a path; without it for `...`."""
    whole = json.loads(saved(SITUATIONS["findings"]))
    at = whole
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(whole)


def without(status: str) -> str:
    """A report of findings from which those of a status were taken."""
    whole = json.loads(saved(SITUATIONS["findings"]))
    whole["results"] = [one for one in whole["results"] if one["status"] != status]
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (without("fail"), "summary.documents counts 4 fail, and results has 0"),
        (without("due"), "summary.documents counts 1 due, and results has 0"),
        (without("unknown"), "summary.documents counts 1 unknown, and results has 0"),
        (changed(["summary", "exit_code"], 0), "summary.exit_code is 0"),
        (changed(["summary", "gate", "exit_zero"], True), "summary.exit_code is 1"),
        (changed(["summary", "documents", 0, "results", "fail"], 0), "and results has 4"),
        (changed(["summary", "documents"], []), "and results has"),
        ("", "this is not JSON"),
        ('{"version": 1', "this is not JSON"),
        ("[" * 100_000, "this is not a report of policyscan: its brackets stand too deep"),
        ('{"version": ' + "9" * 5000 + "}", "this is not a report of policyscan: a number in it is too long"),
        ("[]", "the whole file is not an object"),
        ("{}", "version is None"),
        (changed(["version"], 2), "version is 2, and this policyscan reads 1"),
        (changed(["results"], ...), "results is missing"),
        (changed(["results"], {}), "results is not a list"),
        (changed(["results", 0, "status"], "green"), "results[0].status: there is no 'green'"),
        (changed(["results", 0, "line"], None), "results[0] has no place"),
        (changed(["results", 0, "line"], True), "results[0].line is not a whole number"),
        (changed(["results", 0, "message"], 5), "results[0].message is not a text"),
        (changed(["summary", "documents", 0, "policies", "AV-01"], 1), "policies.AV-01 is not a text"),
        (changed(["summary", "documents", 0, "results", "great"], 1), "there is no 'great'"),
        (changed(["summary", "complete"], "no"), "summary.complete is not true or false"),
        (changed(["summary", "gate", "fail_on"], "worst"), "summary.gate.fail_on: there is no 'worst'"),
        (changed(["scan", "files", "read"], -1), "scan.files.read is less than 0"),
        (changed(["scan", "policies", "AV-01"], []), "scan.policies.AV-01 is not an object"),
    ],
)
def test_what_is_no_report_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    write(tmp_path, "r.json", text)
    ran = policyscan(monkeypatch, tmp_path, "report", "r.json")
    assert ran.code == 2
    assert "r.json:1:" in ran.err
    assert words in ran.err
    assert ran.out == ""


def test_a_report_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "report", "r.json")
    assert ran.code == 2
    assert "r.json" in ran.err


def test_a_report_of_nothing_stays_one() -> None:
    assert load(saved(make_report(SCAN, [], [], [])), "r.json").exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ('"status": "fail"', '"status": "fial"', '"status": "fial"', "results[0].status: there is no 'fial'"),
        ('"severity": "high", "kind"', '"severity": 3, "kind"', '"severity": 3', "severity is not a text"),
        ('"exit_code": 1', '"exit_code": 0', '"exit_code": 0', "summary.exit_code is 0"),
        ('"version": 1', '"version": 7', '"version": 7', "version is 7"),
        ('"requirements": []', '"requirements": [3]', '"requirements": [3]', "is not a list of texts"),
    ],
)
def test_what_is_wrong_with_a_report_is_told_where_it_stands(
    old: str, new: str, place: str, said: str
) -> None:
    text = saved(SITUATIONS["findings"])
    assert old in text
    text = text.replace(old, new, 1)
    with pytest.raises(DocumentError) as caught:
        load(text, "r.json")
    assert said in caught.value.message
    before = text[: text.index(place) + place.index(":") + 2]
    at = caught.value.at
    assert at is not None
    assert (at.line, at.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_a_saved_report_is_compared_with_an_earlier_one(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    scanned(monkeypatch, place)
    (place / "r.json").rename(place / "before.json")
    scanned(monkeypatch, place)
    same = policyscan(monkeypatch, place, "report", "r.json", "--baseline", "before.json", "-f", "json")
    told = json.loads(same.out)
    assert (same.code, told["summary"]["comparison"]["changes"]) == (0, [])
    assert {one["since"]["change"] for one in told["results"]} == {"unchanged"}
    file = place / BAD
    file.write_text(file.read_text("utf-8").replace("2026-06-12", "null"), encoding="utf-8")
    scanned(monkeypatch, place)
    now = policyscan(monkeypatch, place, "report", "r.json", "--baseline", "before.json")
    assert now.code == 0
    assert "Since before.json (as of 2026-10-31): 1 fixed" in now.out
    back = policyscan(monkeypatch, place, "report", "before.json", "--baseline", "r.json")
    assert back.code == 1
    assert "NEW      p-1 left on 2026-06-12" in back.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--baseline", "HEAD"), "HEAD is no saved report"),
        (("--allow-silent", "bad"), "there is none"),
    ],
)
def test_what_a_saved_report_cannot_be_compared_with(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], said: str
) -> None:
    scanned(monkeypatch, place)
    ran = policyscan(monkeypatch, place, "report", "r.json", *args)
    assert ran.code == 2
    assert said in ran.err
