"""What goes wrong stays where it is, and the same facts always give the same report."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policyscan import cel
from policyscan.cel import budget
from policyscan.engine import evaluation, requirements, scan
from policyscan.engine.outcome import Outcome
from policyscan.findings import Result, Status
from policyscan.policies.policy import Policy
from policyscan.reporters import REPORTERS, Options
from tests.engine.world import World, documents

OPEN = "require:\n  - id: o\n    that: shop.open\n"


def break_policy(monkeypatch: pytest.MonkeyPatch, id_: str, error: BaseException) -> None:
    """Let the evaluation of one policy fail."""
    sound = requirements.evaluate

    def broken(policy: Policy, *args: Any, **options: Any) -> list[Outcome]:
        if policy.id == id_:
            raise error
        return sound(policy, *args, **options)

    monkeypatch.setattr(evaluation, "evaluate", broken)


@pytest.mark.parametrize("error", [RuntimeError("broken"), RecursionError("deep"), MemoryError("full")])
def test_a_crash_is_one_error_and_touches_no_other_policy(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world.policy(OPEN).policy(OPEN, "OTHER-01")
    break_policy(monkeypatch, "MINE-01", error)
    mine, other = world.scan("open: false\n")
    assert (mine.policy, mine.requirement, mine.status) == ("MINE-01", "", Status.ERROR)
    assert f"{type(error).__name__}: {error}; this is a bug" in mine.message
    assert (other.policy, other.status) == ("OTHER-01", Status.FAIL)


def test_an_interrupt_is_no_crash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy(OPEN)
    break_policy(monkeypatch, "MINE-01", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.scan("open: false\n")


def test_a_crash_in_a_document_leaves_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = world.policy(OPEN).plan()
    (shop,) = documents("open: true\n")
    (bad,) = documents("open: true\n")

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    sound = scan.document_clock
    monkeypatch.setattr(
        scan, "document_clock", lambda one, given: broken() if one is bad else sound(one, given)
    )
    scanned = scan.scan_document(bad, plan)
    (result,) = scanned.results
    assert (result.policy, result.status, result.span.line) == ("DOC-CRASH", Status.ERROR, 1)
    assert scanned.info.counts == {Status.ERROR: 1}
    assert [r.status for r in scan.scan_document(shop, plan).results] == [Status.PASS]


@pytest.mark.parametrize(
    ("compiled", "facts"),
    [(True, "open: false\n"), (False, "open: true\n"), (cel.Missing("lost"), "open: true\n")],
)
@pytest.mark.parametrize("gaps", [True, False])
def test_evaluators_that_disagree_are_an_error_where_every_result_is_asked_for(
    world: World, compiled: Any, facts: str, gaps: bool
) -> None:
    (result,) = _differing(world, compiled, facts, full=True, gaps=gaps)
    assert result.status is Status.ERROR
    assert "the two evaluators disagree about `shop.open`" in result.message


@pytest.mark.parametrize("gaps", [True, False])
def test_a_fail_that_the_second_evaluator_does_not_see_is_an_error_in_every_format(
    world: World, gaps: bool
) -> None:
    (result,) = _differing(world, False, "open: true\n", full=False, gaps=gaps)
    assert result.status is Status.ERROR
    assert "the two evaluators disagree about `shop.open`" in result.message


def test_an_unknown_result_stays_unknown_in_formats_that_explain_it_too(world: World) -> None:
    lost = cel.Missing("lost")
    (explained,) = _differing(world, lost, "open: true\n", full=False, gaps=True)
    (counted,) = _differing(world, lost, "open: true\n", full=False, gaps=False)
    assert explained.status is counted.status is Status.UNKNOWN
    assert "the two evaluators disagree about `shop.open`" in explained.message


def _differing(world: World, compiled: Any, facts: str, **asked: bool) -> list[Result]:
    """The results of a policy whose first evaluator comes to `compiled` whatever the facts are."""
    world.policy(OPEN)

    def program(*_: Any) -> Any:
        if isinstance(compiled, Exception):
            raise compiled
        return compiled

    plan = world.plan()._replace(**asked)
    plan.policies[0].require[0].that.program = program
    (shop,) = documents(facts)
    return scan.scan_document(shop, plan).results


# --- the same bytes


@pytest.mark.parametrize("format_", sorted(REPORTERS))
def test_the_order_of_policies_does_not_matter(world: World, format_: str) -> None:
    for id_ in ("MINE-01", "MINE-02", "OTHER-01"):
        world.policy(OPEN, id_)
    plan = world.plan()
    reports = {
        REPORTERS[format_].render(
            scan.scan(
                [(documents("open: false\n")[0], ())],
                plan._replace(policies=policies),
                lambda: scan.ScanInfo("1", "2026-10-31"),
                lambda: (),
            ),
            Options(),
        )
        for policies in itertools.permutations(plan.policies)
    }
    assert len(reports) == 1


INVENTORY = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {{id: {id}}}
devices: [{{id: a, in_scope: true, antivirus: {{active: false}}}}, {{id: b}}]
"""


def written(folder: Path, names: list[str]) -> Path:
    (folder / "inventories").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in names:
        text = INVENTORY.format(id=name)
        (folder / "inventories" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def ran(folder: Path, *args: str, **variables: str) -> bytes:
    command = [sys.executable, "-m", "policyscan", "scan", "--as-of", "2026-10-31", "-f", "json", *args]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode in {1, 3}, done.stderr.decode()
    return done.stdout


def test_neither_hashes_nor_the_machines_zone_nor_locale_change_a_byte(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", ["c", "a", "b"])
    reports = {
        ran(folder, "--all-results", PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale)
        for seed, zone, locale in (
            ("0", "UTC", "C.UTF-8"),
            ("1", "Pacific/Auckland", "C"),
            ("4711", "America/Chicago", "C.UTF-8"),
        )
    }
    assert len(reports) == 1


def test_neither_the_order_nor_the_naming_of_files_changes_a_byte(tmp_path: Path) -> None:
    first = written(tmp_path / "one", ["c", "a", "b"])
    second = written(tmp_path / "two", ["b", "c", "a"])
    files = [f"inventories/{name}.yaml" for name in ("c", "a", "b")]
    reports = {
        ran(first),
        ran(second),
        ran(first, *files),
        ran(second, *reversed(files)),
        ran(first, "--no-cache"),
    }
    assert len(reports) == 1
    assert {r["document"] for r in json.loads(reports.pop())["results"]} == {"a", "b", "c"}


WORK = "lists.range(800).all(x, lists.range(100).all(y, x + y >= 0))"
TOO_MUCH = "cannot be evaluated: this takes too much work for one document"


def test_subjects_for_which_no_work_is_left_are_errors_that_say_so(world: World) -> None:
    world.policy(
        f"for_each: shop.tools\nas: tool\nrequire:\n  - id: open\n    that: {WORK} && tool.id == ''\n"
    )
    results = world.scan("tools: [" + ", ".join(f"{{id: t{n}}}" for n in range(12)) + "]\n")
    assert {r.status for r in results} == {Status.FAIL, Status.ERROR}
    messages = {r.message[: len(TOO_MUCH)] for r in results if r.status is Status.ERROR}
    assert messages == {TOO_MUCH}


def test_a_trace_for_which_no_work_is_left_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.policy(f"require:\n  - id: open\n    that: {WORK} && shop.open\n")
    plan = world.plan()
    (shop,) = documents("open: false\n")
    plan.policies[0].require[0].that.program = lambda *_: False
    monkeypatch.setattr(budget, "WORK", 1000)
    (result,) = scan.scan_document(shop, plan).results
    assert result.status is Status.ERROR
    assert result.message.startswith(TOO_MUCH)
