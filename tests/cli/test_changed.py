"""Scans of what changed: what is looked at, what is never left out, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan
from tests.cli.test_diff import place
from tests.files.test_git import git

__all__ = ["place"]
GOOD = "inventories/clients/good.yaml"
NORTH = "inventories/providers/north.yaml"


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31", "--no-cache", "-f", "json", *args)


def scanned(ran: Ran) -> list[str]:
    return sorted(one["id"] for one in json.loads(ran.out)["summary"]["documents"])


def notes(ran: Ran) -> str:
    return " ".join(json.loads(ran.out)["scan"]["notes"])


def change(place: Path, name: str) -> None:
    write(place, name, (place / name).read_text("utf-8") + "# another line\n")


EVERYTHING = ["bad", "good", "north", "served", "vague"]


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("name", "found"),
    [
        (GOOD, ["good"]),
        (NORTH, ["north", "served"]),  # who refers to it
        ("controls/OPS/OPS-01.yaml", EVERYTHING),
        ("controls/pack.yaml", EVERYTHING),
        ("policyscan.yaml", EVERYTHING),
    ],
)
def test_what_changed_and_what_refers_to_it(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str, found: list[str], committed: bool
) -> None:
    change(place, name)
    if committed:
        git(place, "commit", "-qam", "two")
    ran = scan(monkeypatch, place, "--changed", "base")
    assert scanned(ran) == found, ran.err
    partial = f"partial: only what changed since base and what refers to it was scanned, {len(found)} of 5"
    whole = f"everything was scanned, not only what changed since base: {name} changed"
    assert (whole if found == EVERYTHING else partial) in notes(ran)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inventories/waivers.yaml", "{kind: waivers, schema_version: 1, waivers: []}"),
        ("inventories/waivers/a.yaml", "{kind: waivers, schema_version: 1, waivers: []}"),
        ("inventories/.gitignore", "x\n"),
    ],
)
def test_what_is_new_and_concerns_all(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str, text: str
) -> None:
    write(place, name, text)
    assert scanned(scan(monkeypatch, place, "--changed", "HEAD")) == EVERYTHING


def test_a_new_file_and_one_that_is_gone(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/new.yaml", CLIENT.format(id="new") + "people: []\n")
    assert scanned(scan(monkeypatch, place, "--changed", "HEAD")) == ["new"]
    (place / NORTH).unlink()
    ran = scan(monkeypatch, place, "--changed", "HEAD")
    assert "served" in scanned(ran)
    assert "north.yaml is gone" in notes(ran)


@pytest.mark.parametrize("asked", [[], ["inventories/clients"]], ids=["all", "named"])
def test_who_takes_defaults_from_what_changed(
    monkeypatch: pytest.MonkeyPatch, place: Path, asked: list[str]
) -> None:
    plan = "inventories/plans/gold.yaml"
    write(place, plan, "defaults_for: client\nas_of: 2026-10-01\ncurrency: USD\n")
    text = (
        (place / GOOD)
        .read_text("utf-8")
        .replace("kind: client\n", "kind: client\ndefaults: ../plans/gold.yaml\n")
    )
    write(place, GOOD, text)
    git(place, "add", "-A")
    git(place, "commit", "-qm", "a plan")
    change(place, plan)
    assert scanned(scan(monkeypatch, place, "--changed", "HEAD", *asked)) == ["good"]
    write(place, plan, "as_of: 2026-10-01\n")  # which lends nothing any more
    ran = scan(monkeypatch, place, "--changed", "HEAD", *asked)
    assert ran.code == 2
    assert "good.yaml" in ran.out


def test_who_refers_to_an_id_that_is_no_more(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, NORTH, (place / NORTH).read_text("utf-8").replace("id: north", "id: south"))
    assert scanned(scan(monkeypatch, place, "--changed", "HEAD")) == ["served", "south"]


def test_nothing_that_concerns_inventories_changed(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "README.md", "words")
    ran = scan(monkeypatch, place, "--changed", "base", "-o", "sarif:out.sarif")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing that inventories rest on changed since base" in ran.err
    assert not (place / "out.sarif").exists()


@pytest.mark.parametrize("args", [("--changed",), ("--changed", "HEAD"), ("--changed", "base")])
def test_a_checkout_compared_with_itself_is_never_green(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]
) -> None:
    ran = scan(monkeypatch, place, *args)
    assert (ran.code, "nothing can have changed since" in ran.err) == (2, True), ran.err


def test_since_a_branch_began_and_not_what_others_did(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    git(place, "switch", "-qc", "topic")
    change(place, GOOD)
    git(place, "commit", "-qam", "mine")
    git(place, "switch", "-q", "main")
    change(place, NORTH)
    git(place, "commit", "-qam", "theirs")
    git(place, "switch", "-q", "topic")
    assert scanned(scan(monkeypatch, place, "--changed", "main")) == ["good"]


def test_what_a_pull_request_began_from(monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path) -> None:
    sha = (place / ".git/refs/tags/base").read_text("utf-8").strip()
    change(place, GOOD)
    git(place, "commit", "-qam", "two")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": sha}}}), "utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert scanned(scan(monkeypatch, place, "--changed")) == ["good"]


@pytest.mark.parametrize(
    "args",
    [("--changed", "v9"), ("--changed", "base", "--client", "x"), ("--changed", "base", "--rev", "base")],
)
def test_what_cannot_be_done(monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]) -> None:
    change(place, GOOD)
    assert scan(monkeypatch, place, *args).code == 2


def test_a_shallow_clone_and_no_repository(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path
) -> None:
    change(place, GOOD)
    git(place, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{place}", "shallow")
    ran = scan(monkeypatch, tmp_path / "shallow", "--changed", "HEAD~1")
    assert (ran.code, "only a part of the history is here" in ran.err) == (2, True)
    write(tmp_path, "free/inventories/a.yaml", CLIENT.format(id="a"))
    ran = scan(monkeypatch, tmp_path / "free", "--changed", "main")
    assert (ran.code, "does not lie in a git repository" in ran.err) == (2, True)


def test_a_partial_sarif_has_a_category_of_its_own(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    change(place, GOOD)
    for args, category in (((), "policyscan/"), (("--changed", "base"), "policyscan-changed/")):
        ran = scan(monkeypatch, place, "-f", "sarif", *args)
        assert json.loads(ran.out)["runs"][0]["automationDetails"]["id"] == category


def test_a_portfolio_is_looked_at_and_not_all_that_its_owner_serves(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    book = "schema_version: 1\nkind: portfolio\nas_of: 2026-10-31\nowner: north\nmembers: [clients/*.yaml]\n"
    write(place, "inventories/portfolios/book.yaml", book)
    git(place, "add", "-A")
    git(place, "commit", "-qm", "two")
    change(place, GOOD)
    ran = scan(monkeypatch, place, "--changed", "HEAD")
    assert scanned(ran) == ["good", "north"]
    assert {one["kind"] for one in json.loads(ran.out)["summary"]["documents"]} == {"client", "portfolio"}


def test_what_lies_in_a_submodule_counts_as_changed_and_nothing_of_it_is_run(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path
) -> None:
    other, mark = tmp_path / "other", tmp_path / "run"
    write(other, "sub.yaml", CLIENT.format(id="sub"))
    git(other, "init", "-q")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "one")
    allowed = ("-c", "protocol.file.allow=always")
    git(place, *allowed, "submodule", "add", "-q", str(other), "inventories/clients/sub")
    git(place, "commit", "-qm", "a submodule")
    git(place / "inventories/clients/sub", "config", "core.fsmonitor", f"touch '{mark}'; false")
    change(place, GOOD)
    assert scanned(scan(monkeypatch, place, "--changed", "HEAD")) == ["good", "sub"]
    assert not mark.exists()
