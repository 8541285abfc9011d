"""What changed since a baseline at the command line: kinds of change, origins, traps, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CLIENT, build, write
from tests.cli.runner import Ran, policyscan
from tests.files.test_git import git

DAY = "2026-10-31"
BAD = "inventories/clients/bad.yaml"
GOOD = "inventories/clients/good.yaml"
VAGUE = "inventories/clients/vague.yaml"
LEFT = "people:\n  - {id: p-1, end_date: 2026-06-12}\n"
STAYS = "people:\n  - {id: p-1, end_date: null}\n"
PLAN = "crisis_plan: {document: plan.docx}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository whose first commit is tagged `base`."""
    (tmp_path / "work").mkdir()
    top = tmp_path / "work"
    git(top, "init", "-q", "-b", "main")
    build(top)
    write(top, "policyscan.yaml", "builtin_policies: false\npolicies: [controls]\nprofile: strict\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "one")
    git(top, "tag", "base")
    return top


def client(id_: str, *parts: str) -> str:
    return CLIENT.format(id=id_) + "".join(parts)


def diff(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, day: str | None = DAY) -> tuple[Ran, Any]:
    asked = ("--as-of", day) if day else ()
    ran = policyscan(monkeypatch, place, "diff", *args, *asked, "-f", "json", "--no-cache")
    return ran, json.loads(ran.out) if ran.out else None


def changes(told: Any) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [
        (one["change"], f"{one['document']} {one['policy']}", one["subject"], tuple(one["origins"]))
        for one in told["changes"]
    ]


def in_words(told: Any) -> str:
    """The changes, which the inventory alone has made."""
    found = changes(told)
    assert all(origins == ("inventory",) for *_, origins in found)
    return ", ".join(f"{change}: {about} {subject}".rstrip() for change, about, subject, _ in found)


def silent(told: Any) -> list[str]:
    return ["/".join(filter(None, (one["document"], one["policy"]))) for one in told["silent"]]


def save(monkeypatch: pytest.MonkeyPatch, place: Path, name: str, day: str = DAY, *args: str) -> str:
    policyscan(monkeypatch, place, "scan", "-q", "--as-of", day, "-o", f"json:{name}", "--no-cache", *args)
    return name


FROM = ["revision", "report", "folder"]


def base(monkeypatch: pytest.MonkeyPatch, place: Path, how: str) -> str:
    """The baseline as one of what it may be; before anything is changed."""
    if how == "folder":
        import shutil

        shutil.copytree(place / "inventories", place.parent / "before" / "inventories")
        return "../before/inventories"
    return "base" if how == "revision" else save(monkeypatch, place, "../before.json")


@pytest.mark.parametrize("how", FROM)
@pytest.mark.parametrize(
    ("file", "parts", "code", "expected"),
    [
        (GOOD, (LEFT, PLAN), 1, "new: good OPS-01 p-1"),
        (GOOD, (STAYS, "crisis_plan:\n"), 3, "became unknown: good OPS-02"),
        (BAD, (STAYS, "crisis_plan: null\n"), 0, "fixed: bad OPS-01 p-1"),
        (BAD, ("people:\n  - {id: p-2, end_date: null}\n", "crisis_plan: null\n"), 0, "gone: bad OPS-01 p-1"),
        (BAD, (LEFT, "crisis_plan:\n"), 3, "became unknown: bad OPS-02"),
        (VAGUE, ("people: []\n", "crisis_plan: null\n"), 1, "worse: vague OPS-02"),
        (GOOD, (STAYS, PLAN, "# said again\n"), 0, ""),
    ],
)  # fmt: skip
def test_each_kind_of_change_of_an_inventory(
    monkeypatch: pytest.MonkeyPatch, place: Path, how: str, file: str, parts: tuple[str, ...], code: int,
    expected: str,
) -> None:  # fmt: skip
    baseline = base(monkeypatch, place, how)
    write(place, file, client(file.rpartition("/")[2].removesuffix(".yaml"), *parts))
    ran, told = diff(monkeypatch, place, baseline)
    assert in_words(told) == expected, ran.err
    assert ran.code == code
    scanned = policyscan(
        monkeypatch, place, "scan", "--as-of", DAY, "--baseline", baseline, "-f", "json", "--no-cache"
    )
    assert in_words(json.loads(scanned.out)["summary"]["comparison"]) == expected
    assert scanned.code == code


def test_an_exception_is_no_fix_and_its_end_is_new(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    waiver = {
        "policy": "OPS-01", "document": "bad", "subject": "p-1", "reason": "on call", "requested_by": "A",
        "approved_by": "B", "approved_on": "2026-10-01", "expires_on": "2026-12-31",
    }  # fmt: skip
    text = json.dumps({"kind": "waivers", "schema_version": 1, "waivers": [waiver]})
    write(place, "inventories/waivers.yaml", text)
    ran, told = diff(monkeypatch, place, "base")
    assert (changes(told), ran.code) == ([("waived", "bad OPS-01", "p-1", ("inventory",))], 0)
    git(place, "add", "-A")
    git(place, "commit", "-qm", "two")
    (place / "inventories/waivers.yaml").unlink()
    ran, told = diff(monkeypatch, place, "HEAD")
    assert (changes(told), ran.code) == ([("new", "bad OPS-01", "p-1", ("inventory",))], 1)


def test_what_controls_changed_is_told_apart_from_what_the_inventory_did(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    control = (place / "controls/OPS/OPS-02.yaml").read_text("utf-8")
    write(
        place, "controls/OPS/OPS-02.yaml", control.replace("!= null", "== null").replace("there is no", "a")
    )
    ran, told = diff(monkeypatch, place, "base")
    assert ran.code == 1
    assert changes(told) == [
        ("fixed", "bad OPS-02", "", ("controls",)),
        ("new", "good OPS-02", "", ("controls",)),
        ("new", "served OPS-02", "", ("controls",)),
    ]
    write(place, BAD, client("bad", STAYS, "crisis_plan: null\n"))
    ran, told = diff(monkeypatch, place, "base")
    assert changes(told)[:2] == [
        ("fixed", "bad OPS-01", "p-1", ("inventory",)),
        ("fixed", "bad OPS-02", "", ("controls",)),
    ]


def test_what_time_alone_changed_is_told_apart(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    before = save(monkeypatch, place, "../before.json", "2026-10-01")
    ran, told = diff(monkeypatch, place, before, day="2026-10-31")
    assert changes(told) == [("new", "served OPS-03", "north", ("time",))]
    assert ran.code == 0  # it is due, which alone fails nothing
    write(place, BAD, client("bad", STAYS, "crisis_plan: null\n"))
    ran, told = diff(monkeypatch, place, before, day="2026-11-16")
    assert changes(told) == [
        ("fixed", "bad OPS-01", "p-1", ("inventory",)),
        ("new", "served OPS-03", "north", ("time",)),
    ]
    assert ran.code == 1
    after = save(monkeypatch, place, "../after.json", "2026-11-16")
    _, told = diff(monkeypatch, place, before, after, day=None)
    assert ("new", "served OPS-03", "north", ("inventory", "time")) in changes(told)  # either of them


def test_two_revisions_are_compared_at_one_moment(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, GOOD, client("good", LEFT, PLAN))
    git(place, "commit", "-qam", "two")
    ran, told = diff(monkeypatch, place, "base", "HEAD")
    assert (changes(told), ran.code) == ([("new", "good OPS-01", "p-1", ("inventory",))], 1)
    ran, told = diff(monkeypatch, place, "HEAD", "base")
    assert (changes(told), ran.code) == ([("fixed", "good OPS-01", "p-1", ("inventory",))], 0)


TRAPS = [
    ("an inventory that is gone", "good", "good"),
    ("a control that does not apply any more", "bad/OPS-01", "bad/OPS-01"),
    ("a control that is not checked any more", "OPS-02", "OPS-02"),
]


@pytest.mark.parametrize("how", ["revision", "report"])
@pytest.mark.parametrize(("trap", "name", "allowed"), TRAPS, ids=[trap for trap, _, _ in TRAPS])
def test_what_falls_silent_is_never_green_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch, place: Path, how: str, trap: str, name: str, allowed: str
) -> None:
    baseline = base(monkeypatch, place, how)
    if name == "good":
        (place / GOOD).unlink()
    elif name == "OPS-02":
        pack = (place / "controls/pack.yaml").read_text("utf-8")
        write(place, "controls/pack.yaml", pack.replace("[OPS-01, OPS-02, OPS-03]", "[OPS-01, OPS-03]"))
    else:
        write(place, BAD, client("bad", "people: []\ncrisis_plan: null\n"))
    ran, told = diff(monkeypatch, place, baseline)
    assert (silent(told), ran.code) == ([name], 3), ran.err
    scan = ("scan", "--as-of", DAY, "--baseline", baseline, "--allow-unknown", "--no-cache")
    scanned = policyscan(monkeypatch, place, *scan)
    assert scanned.code == 3
    assert f"--allow-silent {name}" in " ".join(scanned.out.split())
    assert diff(monkeypatch, place, baseline, "--allow-silent", allowed)[0].code == 0
    assert policyscan(monkeypatch, place, *scan, "--allow-silent", f"x,{allowed}").code == 0
    assert policyscan(monkeypatch, place, *scan, "--exit-zero").code == 0


def test_sections_that_are_lost_are_unknown_and_no_fix(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, BAD, client("bad"))
    ran, told = diff(monkeypatch, place, "base")
    assert [one["change"] for one in told["changes"]] == ["became unknown", "gone", "became unknown"]
    assert ran.code == 3


def test_what_changed_for_one_client_alone(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, BAD, client("bad", "people: []\n"))
    ran, told = diff(monkeypatch, place, "base", "--client", "good")
    assert (told["changes"], told["silent"], ran.code) == ([], [], 0)
    (place / GOOD).unlink()
    before = save(monkeypatch, place, "../bad.json", DAY, "--client", "bad")
    ran, told = diff(monkeypatch, place, before, "--client", "bad")
    assert (told["changes"], told["silent"], ran.code) == ([], [], 0)


@pytest.mark.parametrize("how", FROM)
def test_another_form_of_the_same_files_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, place: Path, how: str
) -> None:
    two = "  - {id: p-2, end_date: 2026-06-13}\ncrisis_plan: null\n"
    write(place, BAD, client("bad", LEFT, two))
    git(place, "commit", "-qam", "two people")
    git(place, "tag", "-f", "base")
    baseline = base(monkeypatch, place, how)
    (place / BAD).unlink()
    write(
        place,
        "inventories/clients/renamed/client.yaml",
        "# another layout\ncrisis_plan: ~\nkind: client\nschema_version: 1\n"
        "organisation:\n  id: bad\nas_of: '2026-10-31'\n",
    )
    write(
        place,
        "inventories/clients/renamed/staff.yaml",
        "people:\n\n  - end_date: 2026-06-13\n    id: p-2\n  - id: p-1\n    end_date: 2026-06-12\n",
    )
    ran, told = diff(monkeypatch, place, baseline)
    assert (told["changes"], told["silent"], ran.code) == ([], [], 0), ran.err
    assert told["unchanged"] == 8


def test_identical_clients_have_findings_of_their_own(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/twin.yaml", client("twin", LEFT, "crisis_plan: null\n"))
    ran = policyscan(monkeypatch, place, "scan", "--as-of", DAY, "-f", "json", "--no-cache")
    prints = [one["fingerprint"] for one in json.loads(ran.out)["results"]]
    assert len(prints) == len(set(prints))
    ran, told = diff(monkeypatch, place, "base")
    assert {one["document"] for one in told["changes"]} == {"twin"}
    assert ran.code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("v9",), "git knows no revision 'v9' here"),
        (("--", "-x"), "git knows no revision '-x' here"),
        (("README.md",), "this is not JSON"),
        (("other.json",), "other.json tells of other inventories: else"),
        (("controls.json",), "controls.json tells of other controls"),
        (("base", "--allow-silent", ""), "an option that takes ids was given none"),
        (("old.json",), "version is 99"),
        (("base", "nowhere/"), "git knows no revision"),
    ],
)
def test_a_baseline_that_is_none_says_why(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], words: str
) -> None:
    write(place, "README.md", "# words\n")
    write(place, "else/clients/else.yaml", client("else", STAYS, PLAN))
    save(monkeypatch, place, "other.json", DAY, "else")
    save(monkeypatch, place, "controls.json", DAY, "--select", "OPS-03")
    text = (place / "other.json").read_text("utf-8")
    write(place, "old.json", text.replace('"version": 1,', '"version": 99,', 1))
    asked = ("--select", "OPS-01") if args == ("controls.json",) else ()
    ran = policyscan(monkeypatch, place, "diff", *asked, "--as-of", DAY, "--no-cache", *args)
    assert (ran.code, words in ran.err) == (2, True), ran.err


def test_options_that_contradict_each_other(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for args in (
        ("--allow-silent", "x"),
        ("--baseline", "base", "--rev", "base"),
        ("--baseline", "base", "--all-results"),
    ):
        assert policyscan(monkeypatch, place, "scan", "--as-of", DAY, *args).code == 2


def test_an_inventory_that_is_broken_now_is_an_error(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, GOOD, "kind: client\n  oops")
    ran, told = diff(monkeypatch, place, "base")
    assert ran.code == 2
    assert told["exit_code"] == 2
    assert [one["file"] for one in told["problems"]] == [GOOD]


def test_a_report_with_a_comparison_is_read_back_and_split(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, GOOD, client("good", LEFT, PLAN))
    args = ("scan", "--as-of", DAY, "--baseline", "base", "-q", "--no-cache")
    ran = policyscan(
        monkeypatch, place, *args, "-o", "json:../r.json", "-f", "text", "--split-by", "client", "../each"
    )
    assert ran.code == 1
    shown = policyscan(monkeypatch, place, "report", "../r.json", "-f", "json")
    assert (shown.code, shown.out) == (1, (place.parent / "r.json").read_text("utf-8"))
    (other,) = (place.parent / "each").glob("bad.*")
    assert "good" not in other.read_text("utf-8")


def test_text_tells_what_is_new_first_and_sums_up(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, GOOD, client("good", LEFT, PLAN))
    write(place, BAD, client("bad", STAYS, "crisis_plan: null\n"))
    ran = policyscan(monkeypatch, place, "diff", "base", "--as-of", DAY, "--no-cache")
    assert ran.out.splitlines() == [
        "  new: good OPS-01 p-1 (high): p-1 left on 2026-06-12 [inventory]",
        "      inventories/clients/good.yaml:6",
        "  fixed: bad OPS-01 p-1 (high): p-1 left on 2026-06-12 [inventory]",
        "      inventories/clients/bad.yaml:6",
        "since base (as of 2026-10-31): 1 new, 1 fixed, 6 unchanged",
    ]
