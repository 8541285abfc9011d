"""Since when a finding is one, told from git: commits, time alone, gaps, and how far anybody can know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError, UsageError
from policyscan.findings import Age, LookBack, Report, Status, identity
from policyscan.session.history import with_past
from policyscan.session.options import Inputs, ScanOptions
from tests.cli.conftest import CLIENT, build, write
from tests.files.test_git import git

ACME = "inventories/clients/acme.yaml"
NORTH = "inventories/providers/north.yaml"
LEFT = "people: [{id: p-1, end_date: 2026-01-02}]\n"
STAYS = "people: [{id: p-1, end_date: null}]\n"
BLANK = "people: [{id: p-1, end_date: }]\n"
PLAN = "crisis_plan: {document: plan.docx}\n"
MORE = "servers: []\n"
MUCH = 2 * 1024 * 1024
WAIVED = """\
waivers:
  - policy: OPS-01
    reason: a successor is being sought
    requested_by: Ann Lee
    approved_by: Bo Dunn
    approved_on: 2026-03-01
    expires_on: 2026-03-20
"""
INSURED = """\
schema_version: 1
kind: provider
as_of: 2026-01-01
organisation: {id: north}
insurance_policies: [{id: eo, kind: errors_and_omissions, ends_on: %s}]
"""
SERVED = "providers: [{id: north, profile: north}]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a commit, in which the process stands."""
    top = tmp_path / "work"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    build(top)
    for file in (top / "inventories").rglob("*.yaml"):
        file.unlink()
    write(top, "policyscan.yaml", "builtin_policies: false\npolicies: [controls]\nprofile: strict\n")
    monkeypatch.chdir(top)
    return top


def client(*parts: str) -> str:
    return CLIENT.format(id="acme").replace("2026-10-31", "2026-01-01") + "".join(parts)


def commit(place: Path, day: str, *texts: str, **files: str) -> str:
    """A commit of a day after which acme says `texts`; an empty one takes its file away."""
    if texts:
        write(place, ACME, client(*texts)) if texts != ("",) else (place / ACME).unlink()
    for name, text in files.items():
        write(place, {"north": NORTH}.get(name, name), text)
    git(place, "add", "-A")
    git(place, "commit", "-q", "--allow-empty", "-m", f"of {day}", day=day)
    return git(place, "rev-parse", "HEAD").strip()


def look(days: int = 365, as_of: str = "2026-03-31", **asked: Any) -> tuple[Report, LookBack]:
    report = with_past(ScanOptions(Inputs(as_of=as_of), cache=False), days, **asked)
    assert report.past is not None
    return report, report.past


def ages(report: Report, policy: str = "OPS-01") -> list[Age | None]:
    assert report.past is not None
    return [report.past.ages.get(identity(one)) for one in report.results if one.policy == policy]


def age(report: Report, policy: str = "OPS-01") -> Age:
    (found,) = ages(report, policy)
    assert found is not None
    return found


def brief(found: Age) -> tuple[str, int, str, str, bool, int]:
    return (*found.status, found.open.days)  # type: ignore[return-value]


Commits = list[tuple[str, tuple[str, ...]]]
CASES: dict[str, tuple[Commits, tuple[str, int, str, int, bool], int]] = {
    # commits; then the day, the days, the cause, which commit (from 1; 0: none), at least; open for days
    "a commit made it so": (
        [("2026-01-10", (STAYS, PLAN)), ("2026-03-01", (LEFT, PLAN)), ("2026-03-09", (LEFT, PLAN, MORE))],
        ("2026-03-01", 30, "inventory", 2, False), 30,
    ),
    "it was mended in between": (
        [("2026-01-10", (LEFT, PLAN)), ("2026-02-01", (STAYS, PLAN)), ("2026-03-21", (LEFT, PLAN))],
        ("2026-03-21", 10, "inventory", 3, False), 10,
    ),
    "the first commit had it": (
        [("2026-01-10", (LEFT, PLAN)), ("2026-02-01", ("# moved\n", PLAN, LEFT))],
        ("2026-01-10", 80, "inventory", 1, False), 80,
    ),
    "nobody knew before": (
        [("2026-01-10", (BLANK, PLAN)), ("2026-03-01", (LEFT, PLAN))],
        ("2026-03-01", 30, "inventory", 2, False), 80,
    ),
    "the second of two commits of a day": (
        [("2026-01-10", (STAYS, PLAN)), ("2026-03-01", (STAYS, PLAN, MORE)), ("2026-03-01", (LEFT, PLAN))],
        ("2026-03-01", 30, "inventory", 3, False), 30,
    ),
    "a waiver does not mend": (
        [("2026-01-10", (STAYS, PLAN)), ("2026-02-01", (LEFT, PLAN)), ("2026-03-02", (LEFT, PLAN, WAIVED))],
        ("2026-02-01", 58, "inventory", 2, False), 58,
    ),
    "the inventory was gone for a while": (
        [("2026-01-10", (LEFT, PLAN)), ("2026-02-01", ("",)), ("2026-03-01", (LEFT, PLAN))],
        ("2026-03-01", 30, "inventory", 3, False), 30,
    ),
    "a file that was broken says nothing": (
        [("2026-01-10", (LEFT, PLAN)), ("2026-02-01", ("people: [\n",)), ("2026-03-01", (LEFT, PLAN))],
        ("2026-01-10", 80, "inventory", 1, False), 80,
    ),
    "a clock went wrong": (
        [("2026-01-10", (STAYS, PLAN)), ("2026-04-20", (LEFT, PLAN)), ("2026-03-01", (LEFT, PLAN, "# x\n"))],
        ("2026-03-01", 30, "inventory", 2, False), 30,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_finding_is_as_old_as_the_commit_that_made_it(place: Path, case: str) -> None:
    commits, (day, days, cause, number, earlier), opened = CASES[case]
    made = ["", *(commit(place, of, *texts) for of, texts in commits)]
    report, past = look()
    assert brief(age(report)) == (day, days, cause, made[number], earlier, opened)
    assert past.begins
    assert not past.cut_short
    assert past.subjects[made[number]] == f"of {commits[number - 1][0]}"
    assert bool(past.unread) == ("broken" in case)


def test_time_alone_makes_a_finding_and_no_commit(place: Path) -> None:
    commit(place, "2026-01-10", STAYS, PLAN, SERVED, north=INSURED % "2026-03-15")
    commit(place, "2026-03-25", STAYS, PLAN, SERVED, MORE)
    found = age(look()[0], "OPS-03")
    assert brief(found) == ("2026-03-16", 15, "time", "", False, 45)
    assert found.open.day == "2026-02-14"  # its notice is 30 days


def test_what_a_provider_says_makes_a_client_fail(place: Path) -> None:
    commit(place, "2026-01-10", STAYS, PLAN, SERVED, north=INSURED % "2027-01-01")
    made = commit(place, "2026-03-11", north=INSURED % "2026-02-01")
    assert brief(age(look()[0], "OPS-03")) == ("2026-03-11", 20, "inventory", made, False, 20)


def test_what_is_not_committed_is_of_no_commit(place: Path) -> None:
    commit(place, "2026-01-10", STAYS, PLAN)
    write(place, ACME, client(LEFT, PLAN))
    assert brief(age(look()[0])) == ("2026-03-31", 0, "uncommitted", "", False, 0)


def test_an_inventory_that_is_in_no_commit_is_of_today(place: Path) -> None:
    commit(place, "2026-01-10")
    write(place, ACME, client(LEFT, PLAN))
    assert age(look()[0]).status.cause == "uncommitted"


def test_what_lies_before_the_days_asked_for_is_at_least_as_old(place: Path) -> None:
    commit(place, "2026-01-10", LEFT, PLAN)
    commit(place, "2026-01-20", LEFT, PLAN, MORE)
    report, past = look(days=40)
    assert brief(age(report)) == ("2026-02-19", 40, "inventory", "", True, 40)
    assert (past.first, past.commits, past.begins) == ("2026-02-19", 1, False)


def test_a_shallow_clone_says_that_findings_may_be_older(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place, "2026-01-10", LEFT, PLAN)
    commit(place, "2026-03-01", LEFT, PLAN, MORE)
    git(tmp_path, "clone", "-q", "--depth", "1", place.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    report, past = look()
    assert brief(age(report)) == ("2026-03-01", 30, "inventory", "", True, 30)
    assert (past.cut_short, past.begins) == (True, False)


def test_a_file_that_moves_or_is_split_is_the_same_inventory(place: Path) -> None:
    commit(place, "2026-01-10", LEFT, PLAN)
    (place / ACME).unlink()
    folder = "inventories/clients/acme/"
    commit(place, "2026-02-01", **{f"{folder}client.yaml": client(PLAN), f"{folder}people.yaml": LEFT})
    assert age(look()[0]).status.days == 80


@pytest.mark.parametrize("named", ["new.yaml", "new", "inventories new"])
def test_what_is_named_need_not_have_been_there(place: Path, named: str) -> None:
    first = commit(place, "2026-01-10", LEFT, PLAN)
    home = named if named == "new.yaml" else "new/acme.yaml"
    commit(place, "2026-02-10", "", **{home: client(LEFT, PLAN)})
    commit(place, "2026-02-20", **{"inventories/others.yaml": client().replace("acme", "other")})
    report = with_past(ScanOptions(Inputs(tuple(named.split()), as_of="2026-03-31"), cache=False))
    found = next(one for one in ages(report) if one is not None)
    assert found.status.commit == first


def test_a_new_inventory_that_is_named_is_as_old_as_its_commit(place: Path) -> None:
    commit(place, "2026-01-10", **{"README.md": "nothing yet"})
    made = commit(place, "2026-02-10", LEFT, PLAN)
    report = with_past(ScanOptions(Inputs((ACME,), as_of="2026-03-31"), cache=False))
    assert (age(report).status.commit, age(report).status.earlier) == (made, False)


def test_a_file_that_stays_broken_hides_nothing_that_was_before(place: Path) -> None:
    first = commit(place, "2026-01-10", LEFT, PLAN)
    commit(place, "2026-02-01", **{ACME: "broken: [1,\n"})
    commit(place, "2026-02-02", north=INSURED % "2027-01-01")
    commit(place, "2026-02-03", north=INSURED % "2027-01-02")
    commit(place, "2026-02-04", LEFT, PLAN)
    assert age(look()[0]).status.commit == first


def test_a_branch_that_was_merged_counts_from_the_merge(place: Path) -> None:
    commit(place, "2026-01-10", STAYS, PLAN)
    git(place, "checkout", "-q", "-b", "side")
    commit(place, "2026-02-01", LEFT, PLAN)
    git(place, "checkout", "-q", "main")
    git(place, "merge", "-q", "--no-ff", "-m", "merged", "side", day="2026-03-01")
    assert age(look()[0]).status.day == "2026-03-01"


def test_a_waiver_that_is_for_several_and_ends_is_followed(place: Path) -> None:
    commit(place, "2026-02-01", LEFT, PLAN)
    shared = "schema_version: 1\nkind: waivers\n" + WAIVED.replace("- policy", "- document: acme\n    policy")
    commit(place, "2026-03-02", **{"inventories/waivers.yaml": shared})
    report, _ = look()
    assert age(report).status.day == "2026-02-01"
    assert brief(age(report, "DOC-WAIVER"))[:3] == ("2026-03-21", 10, "time")
    unused = shared.replace("OPS-01", "OPS-03").replace("2026-03-20", "2026-05-01")
    commit(place, "2026-03-22", **{"inventories/waivers.yaml": unused})
    assert ages(look()[0], "DOC-WAIVER") == [None]  # it follows from all inventories together


def test_the_trend_counts_controls_by_those_of_now(place: Path) -> None:
    commit(place, "2026-01-10", LEFT, "crisis_plan: null\n")
    commit(place, "2026-03-01", LEFT, PLAN)
    _, past = look(days=84, trend=True)
    told = [
        (one.day, one.inventories, {str(k): n for k, n in one.statuses.items() if k.value == "fail"})
        for one in past.trend
    ]
    assert told[0] == ("2026-01-13", 1, {"fail": 2})
    assert told[-1] == ("2026-03-31", 1, {"fail": 1})
    assert [day for day, *_ in told][1:3] == ["2026-01-20", "2026-01-27"]


def test_the_trend_counts_no_checks_of_inventories(place: Path) -> None:
    write(place, "policyscan.yaml", "builtin_policies: false\npolicies: [controls]\nprofile: strict\n")
    waived = WAIVED.replace("2026-03-20", "2026-03-15")
    commit(place, "2026-03-01", LEFT, PLAN, waived)
    report, past = look(days=28, trend=True)
    assert [one.policy for one in report.results if one.status is Status.FAIL] == [
        "OPS-01",
        "DOC-REF",
        "DOC-WAIVER",
    ]
    assert past.trend[-1].statuses[Status.FAIL] == 1


def test_a_file_that_was_too_large_is_not_known_to_have_been_absent(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commit(place, "2026-01-10", LEFT, PLAN)
    second = commit(place, "2026-02-01", LEFT, PLAN, f"# {'x' * MUCH}\n")
    commit(place, "2026-03-01", LEFT, PLAN)
    for limit in ("files.steps.MOST_BYTES", "files.revision.MOST_BYTES", "reading.limits.MAX_BYTES"):
        monkeypatch.setattr(f"policyscan.{limit}", MUCH)
    report, past = look()
    assert age(report).status.commit == first
    assert past.unread == (second,)


def test_nothing_is_written_through_a_link_of_the_history(place: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    commit(place, "2026-01-10", STAYS, PLAN, **{"inventories/more/x.yaml": "a: 1\n"})
    (place / "inventories/more/x.yaml").unlink()
    (place / "inventories/more").rmdir()
    (place / "inventories/more").symlink_to(tmp_path / "other")
    commit(place, "2026-03-01", LEFT, PLAN)
    assert age(look()[0]).status.day == "2026-03-01"
    assert not list((tmp_path / "other").iterdir())


def test_a_file_that_is_not_read_may_have_been_a_folder(place: Path) -> None:
    first = commit(place, "2026-01-10", **{"inventories/acme/client.yaml": client(LEFT, PLAN)})
    (place / "inventories/acme/client.yaml").unlink()
    (place / "inventories/acme").rmdir()
    commit(place, "2026-02-10", LEFT, PLAN, **{"inventories/acme": "moved to clients\n"})
    assert age(look()[0]).status.commit == first


def _undated(place: Path, parent: str, *, who: str = "Ann <a@b.example>") -> str:
    """A commit of the same files after another, that does not say when it was made."""
    tree = git(place, "rev-parse", f"{parent}^{{tree}}").strip()
    body = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nundated\n"
    write(place, ".git/undated", body)
    return git(place, "hash-object", "-t", "commit", "-w", "--literally", ".git/undated").strip()


@pytest.mark.parametrize("who", ["Ann <a@b.example>", "Ann 1790000000 +0000", "Ann <a@b.example> soon +0000"])
def test_a_commit_without_a_day_is_no_bug(place: Path, who: str) -> None:
    first = commit(place, "2026-01-10", LEFT, PLAN)
    git(place, "reset", "-q", "--hard", _undated(place, first, who=who))
    with pytest.raises(UsageError, match="does not say when it was made"):
        look()
    commit(place, "2026-02-10", LEFT, PLAN, MORE)
    assert age(look()[0]).status.commit == first


def _no_repository(place: Path) -> None:
    import shutil

    shutil.rmtree(place / ".git")


BAD: dict[str, tuple[Callable[[Path], object], ScanOptions, str]] = {
    "no repository": (_no_repository, ScanOptions(), "does not lie in a git repository"),
    "no commit": (lambda _: None, ScanOptions(), "git knows no revision"),
    "standard input": (lambda _: None, ScanOptions(Inputs(("-",), stdin=b"")), "has no history"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_git_cannot_tell_is_said(place: Path, case: str) -> None:
    prepare, options, message = BAD[case]
    write(place, ACME, client(LEFT, PLAN))
    prepare(place)
    with pytest.raises(UsageError, match=message):
        with_past(options._replace(cache=False))


@pytest.mark.parametrize("days", [0, 10**6])
def test_days_are_within_bounds(place: Path, days: int) -> None:
    commit(place, "2026-01-10", LEFT, PLAN)
    with pytest.raises(PolicyscanError, match="no number of days"):
        with_past(ScanOptions(), days)
