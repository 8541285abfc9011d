"""Defaults of several inventories: what may come from them, what counts instead, and what proves it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from policyscan.documents.document import Document
from policyscan.documents.opening import FileOutcome, read_file, read_identified
from policyscan.files.discovery import File, discover
from policyscan.kinds.kinds import Kinds
from tests.cli.runner import policyscan

KINDS = Kinds.builtin()
HEAD = (
    "schema_version: 1\nkind: client\nas_of: 2026-10-31\ndefaults: ../plans/gold.yaml\n"
    "organisation: {id: acme}\n"
)
ENGAGED = "providers:\n  - {id: bh}\n"
GOLD = "defaults_for: client\nas_of: 2026-09-01\n"
SLA = "providers:\n  - id: bh\n    sla: {document: Gold, targets: [{priority: P1, response_minutes: 30}]}\n"
CONTRACT = "providers:\n  - id: bh\n    contract: {log_access_right: true, required_eo_limit: 1000000}\n"


def lay(root: Path, client: str, plan: str) -> File:
    for name, text in (("clients/acme.yaml", client), ("plans/gold.yaml", plan)):
        path = root / "inventories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (file, *_) = discover(base=root, kinds=KINDS).files
    return file


def outcome(root: Path, client: str, plan: str) -> FileOutcome:
    return read_file(lay(root, client, plan), KINDS)


def opened(root: Path, client: str, plan: str, *, pickled: bool = False) -> Document:
    found = outcome(root, HEAD + client, GOLD + plan)
    assert found.problems == ()
    if pickled:
        found = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    (document,) = found.documents(KINDS)
    return document


@pytest.mark.parametrize("pickled", [False, True])
def test_what_lacks_is_taken_with_its_place(tmp_path: Path, pickled: bool) -> None:
    own = "providers:\n  - {id: bh, contract: {required_eo_limit: 5}}\n"
    plan = "time_zone: Europe/London\ncurrency: EUR\n" + SLA + "    contract: {log_access_right: true}\n"
    document = opened(tmp_path, own, plan, pickled=pickled)
    (engaged,) = document.value["providers"]
    places = {
        document.path_of(container, key): str(document.place_of(container, key)).partition("/")[2]
        for container, key in [
            (document.value, "time_zone"), (engaged, "sla"), (engaged["sla"], "document"),
            (engaged["sla"]["targets"][0], "response_minutes"), (engaged["contract"], "log_access_right"),
            (engaged["contract"], "required_eo_limit"), (engaged, "support"), (document.value, "as_of"),
        ]
    }  # fmt: skip
    assert places == {
        "time_zone": "plans/gold.yaml:3:12",
        "as_of": "clients/acme.yaml:3:8",
        "providers[bh].sla": "plans/gold.yaml:7:10",
        "providers[bh].sla.document": "plans/gold.yaml:7:21",
        "providers[bh].sla.targets[P1].response_minutes": "plans/gold.yaml:7:70",
        "providers[bh].contract.log_access_right": "plans/gold.yaml:8:34",
        "providers[bh].contract.required_eo_limit": "clients/acme.yaml:7:44",
        "providers[bh].support": "clients/acme.yaml:7:5",
    }
    assert document.time_zone == "Europe/London"
    assert str(engaged["contract"]["required_eo_limit"]) == "5 EUR"
    assert document.file.endswith("acme.yaml")
    assert document.section_of(engaged["sla"]["targets"][0]) == "providers"
    assert document.parent_of(engaged["sla"]) is engaged
    taken = [
        document.defaulted_on(engaged["sla"]),
        document.defaulted_on(engaged["contract"], "log_access_right"),
    ]
    assert [str(day) for day in taken] == ["2026-09-01", "2026-09-01"]
    assert document.defaulted_on(engaged["contract"], "required_eo_limit") is None
    assert document.defaulted_on(engaged) is None


@pytest.mark.parametrize(
    "own",
    [
        "providers:\n  - {id: bh, sla: null}\n",
        "providers:\n  - {id: bh, sla: }\n",
        "providers:\n  - {id: other}\n",
        "providers: []\n",
        "providers:\n",
        "",
    ],
)
def test_what_an_inventory_says_or_does_not_have_stays_as_it_is(tmp_path: Path, own: str) -> None:
    without = opened(tmp_path / "a", own, "")
    document = opened(tmp_path / "b", own, SLA)
    assert document.value == without.value
    assert [i.path for i in document.blanks()] == [i.path for i in without.blanks()]


def test_a_list_that_is_said_is_not_added_to(tmp_path: Path) -> None:
    own = "providers:\n  - {id: bh, sla: {targets: [{priority: P2, response_minutes: 60}]}}\n"
    (engaged,) = opened(tmp_path, own, SLA).value["providers"]
    assert [target["priority"] for target in engaged["sla"]["targets"]] == ["P2"]
    assert engaged["sla"]["document"] == "Gold"


WRONG = {
    "a key that may not": ("people: []\n", "3:1: people may not come from defaults"),
    "other defaults": ("defaults: x.yaml\n", "3:1: defaults may not come from defaults"),
    "a key within that may not": (
        "providers:\n  - {id: bh, contract: {signed_on: 2026-01-01}}\n",
        "4:25: signed_on may not come from defaults",
    ),
    "a key that is not known": ("currancy: EUR\n", "3:1: the key currancy is not known in client"),
    "a wrong value": ("currency: euros\n", "3:11: currency: euros does not look like"),
    "no identity": ("providers:\n  - {sla: null}\n", "4:5: id is missing in engagement"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_may_not_be_said_is_told_where_it_stands_and_where_it_is_used(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, said = WRONG[name]
    found = outcome(tmp_path, HEAD + ENGAGED, GOLD + plan)
    assert found.contents == ()
    (problem,) = found.problems
    assert str(problem.at) == "inventories/clients/acme.yaml:4:11"
    assert problem.message.startswith("the defaults in inventories/plans/gold.yaml cannot be used: ")
    ran = policyscan(monkeypatch, tmp_path, "validate", "inventories/plans")
    assert ran.code == 2
    assert f"inventories/plans/gold.yaml:{said}" in ran.err


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("../plans/silver.yaml", "cannot be used: there is no such file"),
        ("../../secret.yaml", "leads out of the folder of inventories"),
        ("/etc/passwd", "leads out of the folder of inventories"),
        ("..\\..\\secret.yaml", "leads out of the folder of inventories"),
        ("../plans/\0gold.yaml", "leads out of the folder of inventories"),
        ("../plans/link.yaml", "leads out of the folder of inventories"),
        ("../plans", "cannot be used: this is a folder"),
        ("acme.yaml", "cannot be used: it does not say defaults_for: client"),
    ],
)
def test_only_defaults_below_the_folder_of_inventories_are_read(
    tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / "secret.yaml").write_text(GOLD + "currency: EUR\n", "utf-8")
    head = HEAD.replace("../plans/gold.yaml", json.dumps(written))
    lay(tmp_path, head, GOLD)
    (tmp_path / "inventories/plans/link.yaml").symlink_to(tmp_path / "secret.yaml")
    (problem,) = outcome(tmp_path, head, GOLD).problems
    assert said in problem.message
    assert str(problem.at) == "inventories/clients/acme.yaml:4:11"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("defaults_for: client\n", "as_of does not say on which day"),
        ("defaults_for: client\nas_of: soon\n", "as_of does not say on which day"),
        ("defaults_for: provider\nas_of: 2026-09-01\n", "defaults_for names no kind that takes defaults"),
    ],
)
def test_defaults_say_for_whom_and_since_when(tmp_path: Path, head: str, said: str) -> None:
    (problem,) = outcome(tmp_path, HEAD, head + "currency: EUR\n").problems
    assert said in problem.message


def test_a_wrong_value_of_the_inventory_is_told_at_its_own_place(tmp_path: Path) -> None:
    (problem,) = outcome(tmp_path, HEAD + "people: [{id: 3}]\n" + ENGAGED, GOLD + SLA).problems
    assert str(problem.at) == "inventories/clients/acme.yaml:6:15"


def test_defaults_are_inputs(tmp_path: Path) -> None:
    found = read_identified(lay(tmp_path, HEAD + ENGAGED, GOLD + SLA), KINDS)
    assert [one.shown for one, _ in found.identities] == [
        "inventories/clients/acme.yaml", "inventories/plans/gold.yaml",
    ]  # fmt: skip


def test_defaults_alone_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, HEAD, GOLD + SLA)
    ran = policyscan(monkeypatch, tmp_path, "validate", "inventories/plans/gold.yaml")
    assert (ran.code, ran.out) == (0, "0 inventories and 1 file of defaults read: valid, 0 notes\n")
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0


def test_a_promise_is_declared_whatever_covers_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = (
        "evidence:\n  - {id: e, source: s, method: document, collected_at: 2026-10-30T10:00:00Z, "
        "covers: [providers, organisation]}\n"
    )
    own = "providers:\n  - {id: bh, sla: {document: Own, targets: []}}\n"
    part = "providers:\n  - {id: bh, sla: {document: Own}}\n"
    grades = {}
    for name, text in (("own", own), ("plan", ENGAGED), ("part", part)):
        lay(tmp_path / name, HEAD + text + evidence, GOLD + SLA)
        args = ("scan", "--as-of", "2026-10-31", "--select", "SLA-01", "--all-results", "-f", "json")
        results = json.loads(policyscan(monkeypatch, tmp_path / name, *args).out)["results"]
        for result in results:
            basis = result["basis"]
            grades[name, result["requirement"]] = basis["grade"], basis["collected"]
    written, declared = ("document", "2026-10-30"), ("declared", "2026-09-01")
    assert [grades[name, "written"] for name in ("own", "plan", "part")] == [written, declared, written]
    assert [grades[name, "targets"] for name in ("own", "plan", "part")] == [written, declared, declared]


def test_a_part_of_a_folder_may_name_them(tmp_path: Path) -> None:
    folder = tmp_path / "inventories/clients/acme"
    folder.mkdir(parents=True)
    (folder / "client.yaml").write_text(HEAD.replace("../plans", "../../plans"), "utf-8")
    (folder / "providers.csv").write_text("id,contract.log_access_right\nbh,false\n", "utf-8")
    (tmp_path / "inventories/plans").mkdir()
    (tmp_path / "inventories/plans/gold.yaml").write_text(GOLD + CONTRACT, "utf-8")
    (file, _) = discover(base=tmp_path, kinds=KINDS).files
    found = read_file(file, KINDS)
    assert found.problems == ()
    (document,) = found.documents(KINDS)
    (engaged,) = document.value["providers"]
    assert engaged["contract"]["log_access_right"] is False
    places = [
        document.place_of(engaged["contract"], key) for key in ("log_access_right", "required_eo_limit")
    ]
    assert [str(place) for place in places] == [
        "inventories/clients/acme/providers.csv:2:4", "inventories/plans/gold.yaml:5:59",
    ]  # fmt: skip
