"""Processes that share the files of a scan: the same bytes for any number of them, and nothing that hangs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from policyscan.session import jobs as module
from policyscan.session.jobs import cores, jobs_for
from policyscan.session.reader import Reader
from tests.cli.runner import Ran, policyscan

SHIPPED = Path(__file__).resolve().parents[2] / "inventories"
CLIENT = "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: %s, name: %s}\n"
WITH_PROVIDER = "providers: [{id: p, name: P, kind: managed_services, profile: %s}]\n"
PROVIDER = "schema_version: 1\nkind: provider\nas_of: 2026-10-31\norganisation: {id: %s, name: P}\n"
MORE = """\
schema_version: 1
kind: portfolio
as_of: 2026-10-31
owner: us
name: More
members: [clients/*.yaml]
providers: []
"""
TAKE_ALL_FILES = [
    pytest.param({"clients/zz.yaml": CLIENT % ("elm-vets", "E")}, id="one id twice"),
    pytest.param({"clients/0.yaml": CLIENT % ("elm-vets", "E")}, id="one id twice, first"),
    pytest.param({"a.yaml": CLIENT % ("Elm-Vets", "E")}, id="ids that look alike"),
    pytest.param({"providers/q.yaml": PROVIDER % "bright-harbor"}, id="one provider twice"),
    pytest.param(
        {
            "a/p.yaml": PROVIDER % "twice",
            "z/p.yaml": PROVIDER % "twice",
            "clients/c.yaml": CLIENT % ("c", "C") + WITH_PROVIDER % "twice",
        },
        id="one provider twice, nowhere in particular",
    ),
    pytest.param(
        {
            "providers/p.yaml": PROVIDER % "p" + "nonsense: 1\n",
            "clients/c.yaml": CLIENT % ("c", "C") + WITH_PROVIDER % "p",
        },
        id="a provider with a mistake",
    ),
    pytest.param({"misplaced.yaml": MORE}, id="a portfolio outside of its folder"),
]
"""Inventories of which only whoever knows all files can tell what is wrong with them."""
OUTPUTS = [part for name in REPORTERS for part in ("-o", f"{name}:out/{name}")]


@pytest.mark.parametrize(
    ("settings", "args", "asked"),
    [
        ("", (), [None]),
        ("jobs: 3\n", (), [3]),
        ("jobs: 3\n", ("--jobs", "2"), [2]),
        ("jobs: 3\n", ("--no-cache", "--jobs", "1"), []),  # which nobody needs to ask about
    ],
)
def test_the_settings_say_how_many_processes_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: str, args: tuple[str, ...],
    asked: list[int | None],
) -> None:  # fmt: skip
    (tmp_path / "policyscan.yaml").write_text(settings + "time_zone: UTC\n")
    (tmp_path / "c.yaml").write_text(CLIENT % ("c", "C"))
    told: list[int | None] = []

    def noted(_: int, jobs: int | None = None) -> int:
        told.append(jobs)
        return 1

    monkeypatch.setattr(module, "jobs_for", noted)
    assert policyscan(monkeypatch, tmp_path, "scan", "c.yaml", "--as-of", "2026-11-02", *args).code in {1, 3}
    assert told == asked


@pytest.mark.parametrize("wrong", ["0", "257", "two"])
def test_no_number_of_processes_is_an_error_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "policyscan.yaml").write_text(f"jobs: {wrong}\n")
    ran = policyscan(monkeypatch, tmp_path, "scan")
    assert ran.code == 2
    assert "policyscan.yaml:1:7: " in ran.err


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return troubled(tmp_path)


@pytest.fixture
def fewer(tmp_path: Path) -> Path:
    return without_large_ones(troubled(tmp_path))


def without_large_ones(place: Path) -> Path:
    """All but two clients of whom there are more results than of all others together, and who are read in no
    other way; none of them is broken."""
    (place / "inventories/clients/alder-finch.yaml").unlink()
    shutil.rmtree(place / "inventories/clients/northgate-dental")
    (place / "inventories/clients/aa-broken.yaml").unlink()
    return place


def troubled(place: Path) -> Path:
    """The shipped inventories beside some in which something is wrong, and a portfolio of them all."""
    shutil.copytree(SHIPPED, place / "inventories")
    for name, text in {
        "clients/aa-broken.yaml": "schema_version: 1\nkind: client\norganisation: {id: aa, id: bb}\n",
        "clients/lonely.yaml": CLIENT % ("lonely", "L") + WITH_PROVIDER % "bright-harbour",
        "clients/notes.yaml": "- this is\n- no inventory\n",
        "clients/old-oven.yaml": CLIENT % ("old-oven", "O"),
        "extra/who.yaml": CLIENT % ("who", "W") + "---\n" + CLIENT % ("whose", "W"),
        "portfolios/all.yaml": "schema_version: 1\nkind: portfolio\nas_of: 2026-10-31\nowner: us\nname: All\n"
        "members: [clients/*.yaml, extra]\nproviders: [providers]\n",
    }.items():
        (place / "inventories" / name).parent.mkdir(exist_ok=True)
        (place / "inventories" / name).write_text(text)
    return place


def add(here: Path, name: str, text: str) -> None:
    """Write an inventory."""
    path = here / "inventories" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def scan(monkeypatch: pytest.MonkeyPatch, here: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, here, "scan", "--as-of", "2026-12-24", *args)


def same(monkeypatch: pytest.MonkeyPatch, here: Path, *args: str) -> Ran:
    """What a scan prints and writes in one process, which is also what it does in two."""
    alone = in_one_process(monkeypatch, here, *args)
    assert written(monkeypatch, here, "--jobs", "2", *args) == alone
    return alone[0]


Written = tuple[Ran, dict[str, bytes]]
_ALONE: dict[object, Written] = {}


def in_one_process(monkeypatch: pytest.MonkeyPatch, here: Path, *args: str) -> Written:
    """The same for the same files, wherever they are: several tests compare with it what others make."""
    files = [path for path in sorted(here.rglob("*")) if path.is_file()]
    key = args, *((path.relative_to(here), path.read_bytes()) for path in files)
    if key not in _ALONE:
        _ALONE[key] = written(monkeypatch, here, "--jobs", "1", *args)
    return _ALONE[key]


def written(monkeypatch: pytest.MonkeyPatch, here: Path, *args: str) -> Written:
    """What a scan prints, and what it writes in each format."""
    (here / "out").mkdir()
    ran = scan(monkeypatch, here, *args, *OUTPUTS)
    made = {name: (here / "out" / name).read_bytes() for name in REPORTERS}
    shutil.rmtree(here / "out")
    return ran, made


@pytest.fixture(params=["continued", "anew"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Processes that go on from the first one, and such as begin with nothing."""
    continued = request.param == "continued"
    monkeypatch.setattr(module, "can_fork", lambda: continued)
    monkeypatch.setattr(module, "_BATCH", 2)
    return str(request.param)


@pytest.mark.usefixtures("how")
def test_everything_is_the_same_for_any_number_of_jobs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = same(monkeypatch, here, "--profile", "full", "--all-results", "--full")
    assert ran.code == 2
    assert "aa-broken.yaml" in ran.out


@pytest.mark.usefixtures("how")
def test_what_is_asked_for_is_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "inventories/clients/aa-broken.yaml").unlink()
    same(monkeypatch, here, "--client", "lonely", "--client", "alder-finch")
    same(monkeypatch, here, "inventories/extra", "inventories/clients/elm-vets.yaml", "--select", "PATCH")


@pytest.mark.parametrize("more", TAKE_ALL_FILES)
def test_what_takes_all_files_to_know_is_the_same(
    fewer: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1)
    for name, text in more.items():
        add(fewer, name, text)
    same(monkeypatch, fewer, "--select", "PORT", "--select", "PROV", "--select", "AV")
    same(monkeypatch, fewer, "inventories/clients", "--select", "PROV")


def test_a_crash_is_told_as_in_one_process(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from policyscan.session import work

    original = work.scan_document

    def crash(document: object, *args: object) -> object:
        if getattr(document, "id", "") == "elm-vets":
            raise KeyError("elm")
        return original(document, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "scan_document", crash)
    ran = scan(monkeypatch, here, "--jobs", "2")
    assert ran.code == 2
    assert "KeyError: 'elm'; this is a bug" in ran.err


def test_a_killed_process_is_an_error_of_the_files_that_it_had(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1)
    (here / "inventories/clients/aa-broken.yaml").unlink()
    mine, original = os.getpid(), Reader.read

    def killed(self: Reader, file: object) -> object:
        if os.getpid() != mine and "elm-vets" in str(file):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, file)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "read", killed)
    ran = scan(monkeypatch, here, "--jobs", "2", "inventories/clients", "-f", "jsonl")
    assert ran.code == 2
    problems = [line for line in ran.out.splitlines() if "process that read it was ended" in line]
    assert len(problems) == 1
    assert "inventories/clients/elm-vets.yaml" in problems[0]
    assert "northgate-dental" in ran.out, "the others are evaluated"


def test_if_all_processes_are_killed_no_file_is_passed_over(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1)
    mine, original = os.getpid(), Reader.read

    def killed(self: Reader, file: object) -> object:
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, file)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "read", killed)
    ran = scan(monkeypatch, here, "--jobs", "2", "inventories/clients", "-f", "jsonl")
    assert ran.code == 2
    files = len(list((here / "inventories/clients").iterdir()))
    assert ran.out.count("process that read it was ended") == files


SLOW = """
import os, signal, sys, time
from pathlib import Path
from policyscan.cli.main import main
from policyscan.session import jobs
from policyscan.session.reader import Reader

mine, original = os.getpid(), Reader.read

def read(self, file):
    if os.getpid() != mine:
        Path(f"pid-{os.getpid()}").touch()
        time.sleep(float(os.environ["SLEEP"]))
    return original(self, file)

Reader.read, jobs._BATCH = read, 1
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever runs tests in the background ignores it
main(["scan", "--jobs", "2", "-o", "json:all.json"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize(
    ("sent", "sleep", "code"), [(signal.SIGINT, "60", 130), (signal.SIGKILL, "1", -9)], ids=["^C", "kill"]
)
def test_with_the_first_process_all_others_end(
    here: Path, sent: signal.Signals, sleep: str, code: int
) -> None:
    """Ctrl-C reaches all of them, as a terminal sends it; what kills the first one, no other."""
    running = subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=here, env={**os.environ, "SLEEP": sleep},
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        waited_for(lambda: len(pids(here)) == 2)
        (os.killpg if sent == signal.SIGINT else os.kill)(running.pid, sent)
        _, said = running.communicate(timeout=300)  # the machine may be busy with something else
        assert running.returncode == code
        waited_for(lambda: not any(map(alive, pids(here))))
    finally:
        running.kill()
        running.communicate()
    assert not (here / "all.json").exists()
    if sent == signal.SIGINT:
        assert said.decode().strip() == "stopped; no output was written half"


def pids(here: Path) -> list[int]:
    """The processes that have begun to read."""
    return [int(path.name.removeprefix("pid-")) for path in here.glob("pid-*")]


def waited_for(what: object) -> None:
    assert callable(what)
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about in a minute")


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_few_files_are_read_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 4)
    assert [jobs_for(number) for number in (0, 1, 79, 80, 100_000)] == [1, 1, 1, 2, 4]
    assert [jobs_for(number, 8) for number in (0, 1, 3, 100)] == [1, 1, 3, 8]


def test_a_container_has_the_cores_that_it_is_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = tmp_path / "cpu.max"
    for text, expected in {"150000 100000\n": 2, "50000 100000\n": 1, "max 100000\n": sys.maxsize}.items():
        limits.write_text(text)
        assert module._granted(str(limits)) == expected
    assert module._granted(str(tmp_path / "none")) == sys.maxsize
    monkeypatch.setattr(module, "_granted", lambda: 1)
    assert cores() == 1


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_no_number_of_jobs_is_a_mistake(here: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    assert scan(monkeypatch, here, "--jobs", jobs).code == 2


def test_the_environment_may_say_how_many(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int | None] = []
    monkeypatch.setattr(module, "jobs_for", lambda _files, asked: seen.append(asked) or 1)
    monkeypatch.setenv("POLICYSCAN_SCAN_JOBS", "3")
    scan(monkeypatch, here)
    assert seen == [3]
