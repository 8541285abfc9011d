"""Results kept between runs: a scan with them finds what a scan without them finds, byte for byte."""

from __future__ import annotations

import os
import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyscan.session import kept, run, work
from policyscan.session.kept import SORT, _Plain
from policyscan.store import default_store
from tests.cli.runner import Ran, policyscan

PROVIDER = """\
schema_version: 1
kind: provider
as_of: 2026-10-01
organisation: {id: far, name: P}
hosts: []
"""
CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {{id: {id}, name: Client}}
people: [{{id: p-1, end_date: null}}]
providers: [{{id: p, name: P, kind: managed_services, profile: {provider}}}]
devices:
  - id: d-1
    kind: laptop
    os: {{name: Windows, version: '11', support_ends: {ends}}}
    antivirus: {{product: A, active: {active}, definitions_date: 2026-10-25}}
"""


def client(name: str, provider: str = "far", ends: str = "2026-12-13", active: str = "true") -> str:
    return CLIENT.format(id=name, provider=provider, ends=ends, active=active)


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is kept, so that controls are checked once for all that scans here."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Path:
    """Three clients of one provider, of which nothing is kept yet."""
    monkeypatch.setattr(run, "_WORTH_KEEPING", 1)
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(own_cache))
    for entry in own_cache.glob(f"{SORT}-*"):
        entry.unlink()
    begin(tmp_path / "world")
    return tmp_path / "world"


def begin(folder: Path) -> None:
    """Write the world as it is at first."""
    files = {f"inventories/clients/{name}.yaml": client(name) for name in ("ash", "elm", "oak")}
    for name, text in {
        **files,
        "inventories/providers/far.yaml": PROVIDER,
        "policyscan.yaml": "time_zone: UTC\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def scan(monkeypatch: pytest.MonkeyPatch, here: Path, *args: str, day: str = "2026-11-02") -> Ran:
    return policyscan(monkeypatch, here, "scan", "--as-of", day, "-f", "json", "--jobs", "1", *args)


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that were evaluated, as they come by."""
    seen: list[str] = []
    original = work.scan_document

    def noted(document: Any, *args: Any) -> Any:
        seen.append(document.id)
        return original(document, *args)

    monkeypatch.setattr(work, "scan_document", noted)
    return seen


def test_only_what_changed_is_evaluated_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    first = scan(monkeypatch, here)
    assert {"ash", "elm", "oak"} <= set(evaluated)
    evaluated.clear()
    assert scan(monkeypatch, here) == first
    assert evaluated == ["far"], "what others refer to is read anyway"
    (here / "inventories/clients/elm.yaml").write_text(client("elm", active="false"))
    evaluated.clear()
    changed = scan(monkeypatch, here)
    assert set(evaluated) == {"elm", "far"}
    assert changed == scan(monkeypatch, here, "--no-cache") != first


def test_what_refers_to_a_changed_file_is_evaluated_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    scan(monkeypatch, here)
    (here / "inventories/providers/far.yaml").write_text(
        PROVIDER.replace("hosts: []", "hosts: []\nx-more: 1")
    )
    evaluated.clear()
    scan(monkeypatch, here)
    assert set(evaluated) == {"ash", "elm", "oak", "far"}


def test_an_inventory_in_several_files_is_one_of_them_all(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    folder = here / "inventories/clients/fir"
    folder.mkdir()
    head, _, devices = client("fir").partition("devices:\n")
    (folder / "client.yaml").write_text(head)
    (folder / "devices.yaml").write_text(f"devices:\n{devices}")
    scan(monkeypatch, here)
    evaluated.clear()
    scan(monkeypatch, here)
    assert evaluated == ["far"]
    (folder / "devices.yaml").write_text(f"devices:\n{devices}".replace("true", "false"))
    changed = scan(monkeypatch, here)
    assert evaluated[1:] == ["fir", "far"]
    assert changed == scan(monkeypatch, here, "--no-cache")
    (folder / "software.csv").write_text("id,name\na,A\n")
    assert scan(monkeypatch, here) == scan(monkeypatch, here, "--no-cache") != changed


@pytest.mark.parametrize("args", [["--no-cache"], ["--as-of", "2026-11-01"], ["--profile", "full"]])
def test_another_question_is_not_answered_with_what_is_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str], args: list[str]
) -> None:
    scan(monkeypatch, here)
    evaluated.clear()
    scan(monkeypatch, here, *args)
    assert {"ash", "elm", "oak"} <= set(evaluated)


@pytest.mark.parametrize(
    ("day", "again"),
    [
        ("2026-11-02T10:00:00Z", set()),  # a day that has not ended is not over
        ("2026-11-03", set()),
        ("2026-12-14", {"ash", "elm", "oak"}),  # an operating system gets no support any more
    ],
)
def test_what_is_kept_holds_until_something_turns(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str], day: str, again: set[str]
) -> None:
    scan(monkeypatch, here, day="2026-11-02T09:00:00Z")
    evaluated.clear()
    later = scan(monkeypatch, here, day=day)
    assert set(evaluated) - {"far"} == again
    assert later == scan(monkeypatch, here, "--no-cache", day=day)


def test_an_ordinary_scan_keeps_what_the_next_one_takes(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    policyscan(monkeypatch, here, "scan")
    evaluated.clear()
    policyscan(monkeypatch, here, "scan")
    assert evaluated == ["far"]


def test_what_is_due_says_how_many_days_are_left_now(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    assert "in 42 days (2026-12-14)" in scan(monkeypatch, here).out
    evaluated.clear()
    assert "in 40 days (2026-12-14)" in scan(monkeypatch, here, day="2026-11-04").out
    assert evaluated == ["far"]


def test_damaged_results_are_as_if_they_had_never_been_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scan(monkeypatch, here)
    store = default_store()
    assert store is not None
    (entry,) = Path(store.folder).glob(f"{SORT}-*")
    whole = entry.read_bytes()
    for place in (0, 20, len(whole) // 2, len(whole) - 1):
        entry.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert scan(monkeypatch, here) == first


def test_what_there_is_no_room_for_is_evaluated_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, evaluated: list[str]
) -> None:
    scan(monkeypatch, here)
    (entry,) = (Path(os.environ["POLICYSCAN_CACHE_DIR"])).glob(f"{SORT}-*")
    size = entry.stat().st_size
    entry.unlink()
    monkeypatch.setattr(kept, "_MOST_BYTES", size * 2 // 3)  # for two of three
    first = scan(monkeypatch, here)
    for name in ("elm", "yew"):  # one that is another now, and one more
        (here / f"inventories/clients/{name}.yaml").write_text(client(name, active="false"))
        changed = scan(monkeypatch, here)
        evaluated.clear()
        assert scan(monkeypatch, here) == changed != first
        assert 0 < len(set(evaluated) - {"far"}) < 4
        assert changed == scan(monkeypatch, here, "--no-cache")


def test_kept_results_can_be_nothing_but_values_of_ours() -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("it ran",)

    for value in (Evil(), Path("x"), type):
        with pytest.raises(pickle.UnpicklingError):
            _Plain(BytesIO(pickle.dumps(value) if value is not type else b"cbuiltins\neval\n.")).load()


def test_what_is_kept_can_be_looked_at_and_deleted(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(tmp_path / "cache"))
    assert policyscan(monkeypatch, here, "cache").out.endswith("  nothing\n")
    scan(monkeypatch, here)
    stranger = tmp_path / "cache" / "results-of-mine"
    stranger.write_text("mine")
    told = policyscan(monkeypatch, here, "cache").out
    assert "results of scans: 1, " in told
    assert "checked controls: 1, " in told
    assert "deleted from" in policyscan(monkeypatch, here, "cache", "--clear").out
    assert policyscan(monkeypatch, here, "cache").out.endswith("  nothing\n")
    assert stranger.exists()


NAMES = st.sampled_from(["ash", "elm", "oak", "yew"])
SETTINGS = ["time_zone: UTC\n", "time_zone: Asia/Tokyo\n", "ignore: [AV-01]\n"]
CHANGES = st.one_of(
    st.tuples(st.just("client"), NAMES, st.sampled_from(["far", "gone", "near"]),
              st.sampled_from(["2026-10-14", "2026-11-05", "2027-01-01", ""]),
              st.sampled_from(["true", "no"])),
    st.tuples(st.just("provider"), st.sampled_from(["far", "near"]), st.sampled_from(["Far", "Near"])),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("settings"), st.sampled_from(SETTINGS)),
)  # fmt: skip
DAYS = st.sampled_from(["2026-10-12", "2026-11-02", "2026-11-02T12:00:00Z", "2026-11-03", "2026-12-20"])


def change(here: Path, what: tuple[str, ...]) -> None:
    """Make one change to the world."""
    sort, name, *rest = what
    path = here / "inventories/clients" / f"{name}.yaml"
    if sort == "client":
        path.write_text(client(name, *rest))
    elif sort == "provider":
        text = PROVIDER.replace("id: far, name: P}", f"id: {name}, name: P}}\nx-more: {rest[0]}")
        (here / "inventories/providers" / f"{name}.yaml").write_text(text)
    elif sort == "delete":
        path.unlink(missing_ok=True)
    else:
        (here / "policyscan.yaml").write_text(name)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CHANGES, DAYS, st.booleans()), min_size=1, max_size=4))
def test_kept_and_fresh_scans_give_the_same_bytes(
    here: Path, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[tuple[str, ...], str, bool]]
) -> None:
    begin(here)
    scan(monkeypatch, here)
    for what, day, whole in steps:
        change(here, what)
        args = ("--all-results",) if whole else ()
        fresh = scan(monkeypatch, here, "--no-cache", *args, day=day)
        assert scan(monkeypatch, here, *args, day=day) == fresh
        assert scan(monkeypatch, here, *args, day=day) == fresh
