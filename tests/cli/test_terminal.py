"""What standard output and error are: colours, width, links, and how far a long scan is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from policyscan.cli import progress as progress_module
from policyscan.cli import terminal
from policyscan.cli.progress import Progress, progress
from policyscan.display import cells
from tests.cli.runner import policyscan

ROOT = Path(__file__).parents[2]

CLEARED = (
    "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI", "COLUMNS", "FORCE_HYPERLINK",
    "TERM_PROGRAM", "VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CLEARED:
        monkeypatch.delenv(name, raising=False)


def on_terminal(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(terminal, "_is_terminal", lambda: answer)


@pytest.mark.parametrize(
    ("environment", "there", "elsewhere"),
    [
        ({}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "CLICOLOR": "0"}, True, True),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
    ],
)
def test_colour(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], there: bool, elsewhere: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for answer, expected in ((True, there), (False, elsewhere)):
        on_terminal(monkeypatch, answer)
        assert terminal.wants_color("auto") is expected
        assert terminal.wants_color("always") is True
        assert terminal.wants_color("never") is False


@pytest.mark.parametrize(
    ("columns", "width"),
    [("100", 100), ("", None), ("0", None), ("-5", None), ("x", None), ("9" * 30, None), ("\u0661", None)],
)
def test_the_width_of_what_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int | None
) -> None:
    on_terminal(monkeypatch, False)
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.width() == width


@pytest.mark.parametrize("command", [["explain", "GOV-02"], ["waivers", "inventories"], ["list"]], ids=str)
def test_what_is_listed_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    as_of = ["--as-of", "2026-10-31"] if command[0] == "waivers" else []
    lines = policyscan(monkeypatch, ROOT, *command, *as_of).out.splitlines()
    assert len(lines) > 3
    assert [line for line in lines if cells(line) > 60 or line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("environment", "linked"),
    [
        ({}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "3409"}, False),
        ({"VTE_VERSION": "new"}, False),
        ({"KONSOLE_VERSION": "220401"}, True),
        ({"WT_SESSION": "x"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "dumb", "TERM_PROGRAM": "vscode"}, False),
        ({"CI": "true", "TERM_PROGRAM": "vscode"}, False),
        ({"FORCE_HYPERLINK": "0", "TERM_PROGRAM": "vscode"}, False),
    ],
)
def test_terminals_that_know_links(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], linked: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    on_terminal(monkeypatch, True)
    assert (terminal.link_of() is not None) is linked
    on_terminal(monkeypatch, False)
    assert terminal.link_of() is None


def test_a_link_is_a_url_that_ends_no_sequence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    link = terminal.link_of()
    assert link is not None
    assert link("a b/\x1b\\%\u202eä.yaml", 3) == f"file://{tmp_path}/a%20b/%1B%5C%25%E2%80%AE%C3%A4.yaml"
    assert link("<stdin>", 1) is None


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_begins_after_a_second_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    stream = Terminal()
    told = Progress(stream)
    for done in range(1, 100):
        now = 100 + done / 100
        told(done, 2_000)
    assert stream.getvalue() == ""
    now = 102.0
    told(200, 2_000)
    assert stream.getvalue() == "\r\x1b[K200 of 2,000 files, 100 a second"
    told(201, 2_000)
    assert "201" not in stream.getvalue()
    told.end()
    told.end()
    assert stream.getvalue().endswith("a second\r\x1b[K")


def test_a_quick_scan_tells_nothing() -> None:
    stream = Terminal()
    told = Progress(stream)
    told(1, 1)
    told.end()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("harm", ["no terminal", "dumb", "unwanted", "closed"])
def test_nobody_is_told_where_nobody_sees_it(monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    stream = None if harm == "closed" else io.StringIO() if harm == "no terminal" else Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    if harm == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    assert progress(harm != "unwanted") is None


def test_a_terminal_that_goes_away_stops_no_scan() -> None:
    stream = Terminal()
    told = Progress(stream)
    told.next = 0
    stream.close()
    told(1, 2)
    told.end()


def test_a_scan_tells_of_every_file(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    heard: list[tuple[int, int]] = []
    teller = Progress(Terminal())
    monkeypatch.setattr(Progress, "__call__", lambda _, done, total: heard.append((done, total)))
    monkeypatch.setattr("policyscan.cli.scan_command.progress", lambda wanted: teller if wanted else None)
    for options in ((), ("--jobs", "2")):
        heard.clear()
        policyscan(monkeypatch, place, "scan", *options)
        assert [done for done, _ in heard] == list(range(1, len(heard) + 1))
        assert {total for _, total in heard} == {len(heard)}
    heard.clear()
    policyscan(monkeypatch, place, "scan", "-q")
    policyscan(monkeypatch, place, "scan", "--no-progress")
    assert heard == []
