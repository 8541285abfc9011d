"""`policyscan config`: each setting in force and its origin; and controls chosen by what they share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import write
from tests.cli.runner import policyscan

CONTROL = "controls/OPS/OPS-01.yaml"
LIMIT = "parameters: {most: {type: int, default: 3, min: 1, max: 9, stricter: lower, why: so}}\n"


@pytest.fixture
def set_up(place: Path) -> Path:
    """A repository with a setting of each origin."""
    text = (place / CONTROL).read_text("utf-8")
    text = text.replace("for_each:", f"{LIMIT}for_each:").replace(
        "that: person.end_date == null", "that: person.end_date == null || params.most == 0"
    )
    write(place, CONTROL, text)
    write(place, "policyscan.yaml", "builtin_policies: false\npolicies: [controls]\nfail_on: high\n")
    return place


def settings(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> dict[str, Any]:
    ran = policyscan(monkeypatch, place, "config", "-f", "json", *args)
    assert ran.code == 0, ran.err
    found = {one.pop("key"): one for one in json.loads(ran.out)["settings"]}
    found.pop("POLICYSCAN_CACHE_DIR", None)  # that of these tests
    return found


def test_each_setting_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch, set_up: Path) -> None:
    found = settings(monkeypatch, set_up, "--resolved")
    assert found["fail_on"] == {
        "value": "high", "origin": "file", "file": "policyscan.yaml", "line": 3, "column": 1, "remark": None,
    }  # fmt: skip
    assert (found["profile"]["value"], found["profile"]["origin"]) == ("usual", "pack")
    assert found["profile"]["remark"] == "default of ours"
    assert (found["time_zone"]["value"], found["time_zone"]["origin"]) == ("UTC", "default")
    assert found["time_zone"]["line"] is None


def test_all_settings_there_are_can_be_seen(monkeypatch: pytest.MonkeyPatch, set_up: Path) -> None:
    schema = Path(__file__).resolve().parents[2] / "src/policyscan/schemas/config.schema.json"
    known = set(json.loads(schema.read_text("utf-8"))["properties"]) - {"parameters"}
    assert known | {"file"} == settings(monkeypatch, set_up, "--resolved").keys()


def test_defaults_are_left_out_unless_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, set_up: Path
) -> None:
    found = settings(monkeypatch, set_up).keys()
    assert found == {"file", "builtin_policies", "policies", "fail_on", "profile"}


@pytest.mark.parametrize(
    ("value", "words"), [(5, "looser than 3 of the pack"), (2, "instead of 3 of the pack")]
)
def test_a_looser_parameter_says_so(
    monkeypatch: pytest.MonkeyPatch, set_up: Path, value: int, words: str
) -> None:
    text = (set_up / "policyscan.yaml").read_text("utf-8")
    write(set_up, "policyscan.yaml", f"{text}parameters:\n  OPS-01: {{most: {value}}}\n")
    found = settings(monkeypatch, set_up)["parameters.OPS-01.most"]
    assert (found["value"], found["line"], found["remark"]) == (value, 5, words)
    ran = policyscan(monkeypatch, set_up, "config")
    assert f"parameters.OPS-01.most = {value}  (policyscan.yaml:5; {words})" in ran.out


def test_the_environment_is_told_and_what_it_wins_over(monkeypatch: pytest.MonkeyPatch, set_up: Path) -> None:
    monkeypatch.setenv("POLICYSCAN_SCAN_FAIL_ON", "low")
    found = settings(monkeypatch, set_up)["POLICYSCAN_SCAN_FAIL_ON"]
    assert (found["value"], found["origin"]) == ("low", "environment")
    assert found["remark"] == "wins over fail_on for policyscan scan"


def test_a_selection_takes_the_place_of_the_profile(monkeypatch: pytest.MonkeyPatch, set_up: Path) -> None:
    text = (set_up / "policyscan.yaml").read_text("utf-8")
    write(set_up, "policyscan.yaml", f"{text}select: [OPS-01]\n")
    found = settings(monkeypatch, set_up)["profile"]
    assert (found["value"], found["line"]) == (None, 4)


def test_the_stricter_of_profile_and_settings_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, "policyscan.yaml", "evidence: {grade: declared, max_age: 900d}\nmax_taken_away: 2\n")
    found = settings(monkeypatch, tmp_path)
    assert found["evidence"]["value"] == {"grade": "declared", "max_age_days": 400}
    assert found["evidence"]["remark"] == "profile essentials asks for more than the settings"
    assert (found["max_taken_away"]["value"], found["max_taken_away"]["line"]) == (2, 2)


def test_without_settings_there_are_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings(monkeypatch, tmp_path)["file"]["value"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profil: usual\n", "policyscan.yaml:1:1"),
        ("profile: nobody\n", "there is no profile 'nobody'"),
        ("select: ['severity:hgh']\n", "did you mean high?"),
    ],
)
def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "policyscan.yaml", text)
    ran = policyscan(monkeypatch, tmp_path, "config")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


# --- controls chosen by what they have in common


def chosen(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> list[str]:
    ran = policyscan(monkeypatch, place, "list", "-f", "json", *args)
    assert ran.code == 0, ran.err
    return [one["id"] for one in json.loads(ran.out)]


@pytest.mark.parametrize(
    ("args", "ids"),
    [
        (("--select", "severity:high"), ["OPS-01"]),
        (("--select", "severity:high,severity:low"), ["OPS-01", "OPS-02"]),
        (("--select", "severity:high", "--select", "OPS-03"), ["OPS-01", "OPS-03"]),
        (("--select", "kind:client"), ["OPS-01", "OPS-02", "OPS-03"]),
        (("--select", "origin:local"), ["OPS-01", "OPS-02", "OPS-03"]),
        (("--select", "framework:cis-v8"), ["OPS-01"]),
        (("--select", "framework:cis-v8/17.1"), ["OPS-01"]),
        (("--profile", "strict", "--ignore", "severity:medium"), ["OPS-01", "OPS-02"]),
        (("--select", "OPS", "--ignore", "framework:cis-v8"), ["OPS-02", "OPS-03"]),
    ],
)
def test_controls_are_chosen_by_what_they_share(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], ids: list[str]
) -> None:
    assert chosen(monkeypatch, place, *args) == ids


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("severity:hgh", "did you mean high?"),
        ("severity:critical", "no control has this mark"),
        ("framework:cis", "did you mean cis-v8?"),
        ("framework:cis-v8/9.9", "no control has this mark"),
        ("severty:high", "did you mean severity?"),
        (":high", "there is no mark ''"),
        ("severity:", "no control has this mark"),
        ("tag:quick-win", "hint: no control has any tags; see `policyscan list`"),
        ("severity:none", "hint: there are: severity:high, severity:low, severity:medium"),
    ],
)
@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_mark_that_no_control_has_chooses_nothing(
    monkeypatch: pytest.MonkeyPatch, place: Path, option: str, name: str, said: str
) -> None:
    ran = policyscan(monkeypatch, place, "scan", option, name)
    assert ran.code == 2
    assert f"{option} {name}: " in ran.err
    assert said in ran.err


def test_marks_of_the_settings_count_and_reports_say_so(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "policyscan.yaml").read_text("utf-8")
    write(place, "policyscan.yaml", f"{text}ignore: ['severity:high']\n")
    ran = policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31")
    assert "left out: severity:high" in ran.out
    assert "OPS-01" not in ran.out
    write(place, "policyscan.yaml", f"{text}ignore: [OPS-02, 'severity:hgh']\n")
    ran = policyscan(monkeypatch, place, "scan")
    assert ran.code == 2
    assert "policyscan.yaml:3:18: " in ran.err
