"""Machines that share a scan by Dask: the same bytes, no file passed over, and nothing that hangs."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, Future, LocalCluster, utils

from policyscan.config import Config
from policyscan.errors import UsageError
from policyscan.files.discovery import File
from policyscan.kinds.kinds import Kinds
from policyscan.session import machines, run
from policyscan.session.machines import Batch, Refusal, SameBytes, unlike
from policyscan.session.options import Inputs
from policyscan.session.reader import Reader, find_files
from policyscan.session.work import News, Work
from policyscan.version import __version__
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan
from tests.cli.test_jobs import waited_for
from tests.cli.test_shards import written

DAY = ("scan", "--as-of", "2026-11-02", "--profile", "strict", "--no-cache")
NO_NEWS = News({}, {}, trouble=False)
LOCAL: dict[str, Any] = {"host": "127.0.0.1", **machines.NO_PAGE}
LEFT = "people:\n  - {id: p-1, end_date: 2026-06-12}\n"
SERVED = "providers: [{id: p, profile: %s}]\n"
MORE = {
    "inventories/clients/broken.yaml": "schema_version: 1\nkind: client\norganisation: {id: aa, id: bb}\n",
    "inventories/clients/lonely.yaml": CLIENT.format(id="lonely") + SERVED % "nroth",
    "inventories/clients/notes.yaml": "- this is\n- no inventory\n",
    "inventories/clients/folder/client.yaml": CLIENT.format(id="folder"),
    "inventories/clients/folder/people.csv": "id,end_date\np-1,2026-06-12\np-2,none\n",
    "inventories/clients/two.yaml": CLIENT.format(id="two") + LEFT + "---\n" + CLIENT.format(id="more"),
    "inventories/portfolios/all.yaml": "schema_version: 1\nkind: portfolio\nas_of: 2026-10-31\nowner: us\n"
    "name: All\nmembers: [clients/*.yaml]\nproviders: [providers]\n",
    **{f"inventories/clients/c{n}.yaml": CLIENT.format(id=f"c{n}") + LEFT for n in range(9)},
}


@pytest.fixture(scope="module", autouse=True)
def _no_threads_left() -> Iterator[None]:
    """Ends the threads that Dask leaves behind: no process that has some can be continued in another one."""
    yield
    if Future._cb_executor is not None:
        Future._cb_executor.shutdown()
        Future._cb_executor = None
    utils._offload_executor.shutdown()
    utils._offload_executor = ThreadPoolExecutor(1, "Dask-Offload")
    for _, runner in list(utils.LoopRunner._all_loops.values()):
        if runner is not None:
            runner._real_stop(60)
    utils.LoopRunner._all_loops.clear()
    assert [thread.name for thread in threading.enumerate() if thread.name == "IO loop"] == []
    gc.collect()  # what goes wrong with what Dask left behind goes wrong here, and in no other test


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Two worker processes, which are started anew when they are killed."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=None, **LOCAL,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as made:  # fmt: skip
        yield made


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose files are given out one by one."""
    monkeypatch.setattr(machines, "_BATCH", 1)
    for name, text in MORE.items():
        write(place, name, text)
    return place


def shared(monkeypatch: pytest.MonkeyPatch, cluster: LocalCluster, here: Path, *args: str) -> Ran:
    """A scan that the workers of a cluster share."""
    return policyscan(monkeypatch, here, *DAY, "--engine", f"dask:{cluster.scheduler_address}", *args)


def arm(cluster: LocalCluster, what: str, name: str, once: Path | None = None) -> None:
    """Have workers be killed, or sleep, when they read a file of this name; once where that leaves a mark."""
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        client.run(_arm, what, name, once)


def _arm(what: str, name: str, once: Path | None) -> None:
    original = Reader.read

    def read(self: Reader, file: Any) -> Any:
        if name in str(file):
            if once is not None:
                try:
                    once.touch(exist_ok=False)
                except FileExistsError:
                    return original(self, file)
            if what == "asleep":
                time.sleep(3)
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return original(self, file)

    Reader.read = read  # type: ignore[method-assign]


def test_however_a_scan_is_shared_it_gives_the_same_bytes(
    cluster: LocalCluster, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"dask:{cluster.scheduler_address}"
    one = written(monkeypatch, here, *DAY, "--full", "--all-results", "--jobs", "1")
    assert one[0].code == 2
    assert written(monkeypatch, here, *DAY, "--full", "--all-results", "--engine", address) == one
    asked = ("--all-results", "-q")
    policyscan(monkeypatch, here, *DAY, *asked, "--jobs", "2", "-o", "json:two.json")
    for number in "123":
        part = ("--shard", f"{number}/3", "-o", f"json:{number}.json", "--engine", address)
        policyscan(monkeypatch, here, *DAY, *asked, *part)
    policyscan(monkeypatch, here, "merge", "-q", "1.json", "2.json", "3.json", "-o", "json:three.json")
    made = [(here / f"{name}.json").read_bytes() for name in ("two", "three")]
    assert made == [one[1]["json"]] * 2


def test_what_machines_gave_is_kept_as_what_others_gave(
    cluster: LocalCluster,
    here: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "_WORTH_KEEPING", 1)
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(tmp_path_factory.mktemp("kept")))
    asked = (*DAY[:-1], "inventories/clients", "-f", "json")
    first = policyscan(monkeypatch, here, *asked, "--engine", f"dask:{cluster.scheduler_address}")
    given: list[str] = []
    original = Reader.read

    def noted(self: Reader, file: File) -> Any:
        given.append(file.shown)
        return original(self, file)

    monkeypatch.setattr(Reader, "read", noted)
    assert policyscan(monkeypatch, here, *asked, "--jobs", "1") == first
    assert "inventories/clients/broken.yaml" in given
    assert not [name for name in given if name.startswith("inventories/clients/c")]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_what_a_lost_worker_had_is_done_anew(
    cluster: LocalCluster, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm(cluster, "killed", "c4.yaml", here / "once")
    ran = shared(monkeypatch, cluster, here, "-f", "jsonl")
    assert (here / "once").exists()
    assert ran == policyscan(monkeypatch, here, *DAY, "-f", "jsonl")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_file_that_ends_every_worker_is_an_error_and_no_other_is_passed_over(
    cluster: LocalCluster, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    arm(cluster, "killed", "c4.yaml")
    ran = shared(monkeypatch, cluster, here, "-f", "jsonl", "inventories/clients")
    assert ran.code == 2
    told = [line for line in ran.out.splitlines() if "process that read it was ended" in line]
    assert [line for line in told if "inventories/clients/c4.yaml" in line]
    for number in range(9):
        assert f"inventories/clients/c{number}.yaml" in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_ctrl_c_ends_a_scan(cluster: LocalCluster, here: Path) -> None:
    arm(cluster, "asleep", "c4.yaml", here / "once")
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from policyscan.cli.main import main; main()"
    engine = f"dask:{cluster.scheduler_address}"
    running = subprocess.Popen(
        [sys.executable, "-c", code, *DAY, "--engine", engine, "-o", "json:all.json"], cwd=here,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        waited_for((here / "once").exists)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=300)  # the machine may be busy with something else
    finally:
        running.kill()
        running.communicate()
    assert running.returncode == 130
    assert said.decode().strip() == "stopped; no output was written half"
    assert not (here / "all.json").exists()


def test_a_worker_that_stands_on_something_else_is_refused(
    cluster: LocalCluster, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = machines.installed()
    monkeypatch.setattr(machines, "installed", lambda: own | {"release of Python": "3.99.1"})
    ran = shared(monkeypatch, cluster, here)
    assert (ran.code, ran.out) == (2, "")
    assert f"differs in its release of Python: {own['release of Python']} there, 3.99.1 here" in ran.err
    assert "the worker tcp://127.0.0.1:" in ran.err


def test_a_file_that_is_another_one_for_a_worker_ends_the_scan(
    cluster: LocalCluster, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SameBytes, "_digest", lambda *_: "0" * 64)
    ran = shared(monkeypatch, cluster, here, "inventories/clients/c1.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "has another " in ran.err
    assert "c1.yaml" in ran.err


def test_no_workers_are_not_waited_for_for_ever(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "_NOBODY", 0)
    monkeypatch.setattr(machines, "_LOOK", 0.05)
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", **LOCAL) as empty:
        ran = shared(monkeypatch, empty, here)
    assert (ran.code, ran.out) == (2, "")
    assert "has no workers, and none came: the scan was ended" in ran.err


def test_a_scheduler_that_goes_ends_the_scan(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "_LOOK", 0.05)
    monkeypatch.setattr(machines, "_CONNECTING", 5)
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", **LOCAL) as empty:
        counted = machines._Crew._counted

        def closed(crew: machines._Crew) -> int:
            number = counted(crew)
            empty.close()
            return number

        monkeypatch.setattr(machines._Crew, "_counted", closed)
        ran = shared(monkeypatch, empty, here)
    assert (ran.code, ran.out) == (2, "")
    assert "does not answer any more: the scan was ended" in ran.err


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("ray", "--engine ray: there is no such engine"),
        ("dask:", "--engine dask:: there is no such engine"),
        ("dask:127.0.0.1:1", "no Dask scheduler answers at 127.0.0.1:1"),
        ("dask:carrier-pigeon://north", "no Dask scheduler answers at carrier-pigeon://north"),
        ("dask:tls://127.0.0.1:1", "no Dask scheduler answers at tls://127.0.0.1:1"),
    ],
    ids=["another", "empty", "nobody", "scheme", "no certificate"],
)
def test_an_engine_that_is_not_there_is_a_mistake(
    place: Path, monkeypatch: pytest.MonkeyPatch, engine: str, told: str
) -> None:
    monkeypatch.setattr(machines, "_CONNECTING", 0.2)
    ran = policyscan(monkeypatch, place, *DAY, "--engine", engine)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "hint: " in ran.err


def test_without_dask_it_is_said_how_to_install_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    ran = policyscan(monkeypatch, place, *DAY, "--engine", "dask")
    assert ran.code == 2
    assert "pip install 'policyscan[dask]'" in ran.err


def test_a_revision_is_not_where_workers_look(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = policyscan(monkeypatch, place, *DAY, "--engine", "dask", "--rev", "HEAD")
    assert ran.code == 2
    assert "--engine and --rev do not go together" in ran.err


def test_another_release_is_told_before_anything_is_unpacked() -> None:
    refusal = machines._made_ready("0.0.1", "token", b"no pickle", "tcp://far:1")
    assert isinstance(refusal, Refusal)
    assert refusal.why == f"has policyscan {__version__}, and this is 0.0.1"


def test_a_folder_that_is_not_there_is_told(here: Path) -> None:
    refusal = machines._made_ready(__version__, "token", packed(here / "nowhere"), "tcp://far:1")
    assert isinstance(refusal, Refusal)
    assert refusal.why == f"cannot go to {here / 'nowhere'}: No such file or directory"


def packed(folder: Path) -> bytes:
    commission = machines.Commission(str(folder), machines.installed, {})  # type: ignore[arg-type]
    return machines.packed(commission)


def reader_in(here: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(here)
    kinds = Kinds.builtin()
    return Reader(kinds, find_files(Inputs(), Config("."), kinds), identity=True)


def test_a_file_that_a_worker_does_not_see_ends_the_scan(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = SameBytes(reader_in(place, monkeypatch))
    answer = Batch("tcp://far:1", [None], NO_NEWS, {str(place / "gone.yaml"): ""})
    assert same.taken(answer) == [None]
    answer = answer._replace(digests={str(place / "policyscan.yaml"): ""})
    with pytest.raises(UsageError, match=r"the worker tcp://far:1 does not see .*policyscan\.yaml"):
        same.taken(answer)


def test_a_document_that_a_worker_does_not_find_ends_the_scan(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = place / "inventories/providers/north.yaml"
    there = reader_in(place, monkeypatch)
    served = next(file for file in there.discovery.files if file.shown.endswith("served.yaml"))
    found = Work(there.read(served)[0], ())
    text = provider.read_text()
    provider.unlink()
    missed = Work(reader_in(place, monkeypatch).read(served)[0], ())
    with pytest.raises(UsageError, match=r"the worker tcp://far:1 has another .*served\.yaml"):
        compared(place, monkeypatch, found)
    provider.write_text(text)
    compared(place, monkeypatch, found)
    with pytest.raises(UsageError, match=r"the worker tcp://far:1 does not see .*north\.yaml"):
        compared(place, monkeypatch, missed)


def compared(place: Path, monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    """Takes what a worker gave for a file."""
    SameBytes(reader_in(place, monkeypatch)).taken(Batch("tcp://far:1", [work], NO_NEWS, {}))


def test_what_differs_is_named() -> None:
    assert unlike({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) is None
    assert unlike({"a": "1", "b": "2"}, {"a": "1"}) == "differs in its b: none there, 2 here"
    assert unlike({"settings": "0" * 32}, {"settings": "1" * 32}) == "differs in its settings"
