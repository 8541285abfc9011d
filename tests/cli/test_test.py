"""`policyscan test`: passing, failing and broken tests, and what nobody tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import write
from tests.cli.runner import Ran, policyscan

CASES = """\
policy: OPS-02
as_of: 2026-10-31
cases:
  - name: a plan
    with: {crisis_plan: {document: plan.docx}}
    expect: [{requirement: plan, status: pass}]
  - name: no plan
    with: {crisis_plan: null}
    expect: [{requirement: plan, status: fail, message: there is no crisis plan, at: crisis_plan}]
  - name: nobody knows
    expect: [{requirement: plan, status: unknown}]
"""
SEEN = "Every policy was seen passing, failing and unknown, and not applicable and due where it can be."
NAME = "controls/OPS/OPS-02.test.yaml"


def run(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "test", *args)


def test_cases_that_hold(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, NAME, CASES)
    ran = run(monkeypatch, place, "--select", "OPS-02")
    assert (ran.code, ran.out, ran.err) == (0, f"1 policy, 3 cases: 3 passed, 0 failed\n{SEEN}\n", "")
    verbose = run(monkeypatch, place, "--select", "OPS", "-v").out
    assert "ok   OPS-02: nobody knows" in verbose
    assert "     OPS-02: 3 cases, seen as pass, fail, unknown\n" in verbose
    assert SEEN not in verbose  # others of the family have no tests


def test_a_case_that_does_not_hold(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, NAME, CASES.replace("status: pass", "status: fail"))
    ran = run(monkeypatch, place)
    assert ran.code == 1
    assert "FAIL OPS-02: a plan" in ran.out
    assert "controls/OPS/OPS-02.test.yaml:6:14: expected fail, got pass" in ran.out
    assert "1 policy, 3 cases: 2 passed, 1 failed" in ran.out
    assert SEEN not in ran.out


def test_what_was_never_seen_and_what_has_no_tests_is_noted(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, NAME, CASES.partition("  - name: no plan")[0])
    ran = run(monkeypatch, place)
    assert ran.code == 0
    assert "note: OPS-02 was never seen as fail, unknown" in ran.out
    assert "note: OPS-01 has no tests" in ran.out
    assert "note: OPS-03 has no tests" in ran.out
    assert SEEN not in ran.out


@pytest.mark.parametrize(
    ("added", "lacking"),
    [
        ("", None),
        ("applies: client.organisation.freelancer\n", "not applicable"),
        ("for_each: client.people\nas: person\n", "not applicable"),
        ("for_each: client.people\nas: person\nempty: unknown\n", None),
        ("for_each: client.people\nas: person\nwhen: person.leadership\nempty: fail\n", "not applicable"),
        ("notice: 30d\n", "due"),
        ("applies: client.organisation.freelancer\nnotice: 30d\n", "not applicable, due"),
    ],
)
def test_what_a_control_cannot_be_need_not_be_seen(
    monkeypatch: pytest.MonkeyPatch, place: Path, added: str, lacking: str | None
) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-02.yaml", text + added)
    cases = CASES.replace(
        "as_of: 2026-10-31\n",
        "as_of: 2026-10-31\nbase: {people: [{id: p, leadership: true}], organisation: {freelancer: true}}\n",
    )
    if "for_each" in added:
        cases = cases.replace("{requirement", "{subject: p, requirement")
    write(place, NAME, cases)
    ran = run(monkeypatch, place, "--select", "OPS-02")
    assert ran.code == 0
    assert ("never seen as" in ran.out) is (lacking is not None)
    assert (SEEN in ran.out) is (lacking is None)
    assert lacking is None or f"note: OPS-02 was never seen as {lacking}\n" in ran.out


def test_a_requirement_of_its_own_condition_may_not_apply(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-02.yaml", text + "    when: client.organisation.freelancer\n")
    base = "as_of: 2026-10-31\nbase: {organisation: {freelancer: true}}\n"
    write(place, NAME, CASES.replace("as_of: 2026-10-31\n", base))
    assert "note: OPS-02 was never seen as not applicable\n" in run(monkeypatch, place).out


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (NAME, CASES.replace("policy: OPS-02", "policy: OPS-01"), "these are tests of OPS-01, not of OPS-02"),
        (NAME, CASES.replace("expect:", "expct:"), "unknown key 'expct'"),
        (NAME, "policy: [\n", NAME),
        (NAME, "", NAME),
        (
            "controls/OPS/OPS-20.test.yaml",
            CASES,
            "OPS-20.test.yaml: there is no policy with this name beside it",
        ),
    ],
)
def test_a_test_file_that_is_broken(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str, text: str, words: str
) -> None:
    write(
        place,
        "controls/OPS/OPS-01.test.yaml",
        CASES.replace("OPS-02", "OPS-01").replace("requirement: plan", "requirement: stays"),
    )
    write(place, name, text)
    ran = run(monkeypatch, place)
    assert ran.code == 2
    assert words in ran.err


def _pipe(at: Path, _outside: Path) -> None:
    os.mkfifo(at)


@pytest.mark.skipif(os.name == "nt", reason="has no pipes among files, and its links need a permission")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda at, outside: at.symlink_to(outside), "this link leads out of the repository"),
        (lambda at, _outside: at.symlink_to("/proc/self/environ"), "this link leads out of the repository"),
        (lambda at, _outside: at.symlink_to("/dev/zero"), "this link leads out of the repository"),
        (lambda at, _outside: at.symlink_to("gone.yaml"), "there is no such file"),
        (lambda at, _outside: at.symlink_to(at.name), "the links lead in a circle"),
        (_pipe, "this is a pipe, not a file"),
        (lambda at, _outside: at.mkdir(), "this is a folder, not a file"),
    ],
)
def test_a_test_file_that_is_none_is_told_and_nothing_of_it_shown(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path_factory: pytest.TempPathFactory,
    make: Callable[[Path, Path], None], message: str,
) -> None:  # fmt: skip
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text("password: hunter2\n", encoding="utf-8")
    make(place / NAME, outside)
    ran = run(monkeypatch, place, "--select", "OPS-02")
    assert ran.code == 2
    assert f"error: {NAME}:1:1: {message}" in ran.err
    assert "hunter2" not in ran.err + ran.out


@pytest.mark.skipif(os.name == "nt", reason="its links need a permission")
def test_a_test_file_that_another_of_the_repository_stands_for_is_run(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "shared/OPS-02.yaml", CASES)
    (place / NAME).symlink_to(place / "shared" / "OPS-02.yaml")
    ran = run(monkeypatch, place, "--select", "OPS-02")
    assert (ran.code, ran.err) == (0, "")
    assert "3 cases: 3 passed" in ran.out


def test_a_folder_whose_name_is_too_long_is_none(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for command in (("test", "x" * 5000), ("scan", "--policies", "x" * 5000)):
        ran = policyscan(monkeypatch, place, *command)
        assert ran.code == 2
        assert "no such folder of policies" in ran.err


def test_a_policy_that_is_broken(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, NAME, CASES)
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-02.yaml", text.replace("crisis_plan !=", "crisis_paln !="))
    ran = run(monkeypatch, place)
    assert (ran.code, ran.out) == (2, "")
    assert "controls/OPS/OPS-02.yaml:9:18: " in ran.err


def test_nothing_to_test(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = run(monkeypatch, place)
    assert ran.code == 2
    assert "there is no test to run" in ran.err
    write(place, NAME, CASES)
    ran = run(monkeypatch, place, "--select", "OPS-01")
    assert ran.code == 2
    assert "there is no test to run" in ran.err
    ran = run(monkeypatch, place, "--select", "OPS-09")
    assert ran.code == 2
    assert "there is no control or family OPS-09" in ran.err
    assert run(monkeypatch, place, "nowhere").code == 2


def test_a_folder_that_is_named(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(
        place,
        "elsewhere/MINE/MINE-01.yaml",
        (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8").replace("OPS-02", "MINE-01"),
    )
    write(place, "elsewhere/MINE/MINE-01.test.yaml", CASES.replace("OPS-02", "MINE-01"))
    ran = run(monkeypatch, place, "elsewhere")
    assert (ran.code, ran.out) == (0, f"1 policy, 3 cases: 3 passed, 0 failed\n{SEEN}\n")
