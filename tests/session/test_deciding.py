"""What decides a scan from elsewhere is told or refused, and nothing that a scan reads is written over."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from policyscan.errors import ConfigError
from policyscan.reporters import REPORTERS
from tests.cli.conftest import FILES, write
from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The repository of the command line's tests, without a repository's mark, and a folder in it."""
    for name, text in FILES.items():
        if not name.startswith(".git"):
            write(tmp_path, name, text)
    (tmp_path / "inner").mkdir()
    return tmp_path


def _scan(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, folder, "scan", *AS_OF, *args)


@pytest.mark.parametrize("format_", REPORTERS)
@pytest.mark.parametrize("fail_on", ["critical", "high", "medium"])
def test_settings_of_a_folder_above_are_told_in_every_format(
    place: Path, monkeypatch: pytest.MonkeyPatch, format_: str, fail_on: str
) -> None:
    with (place / "policyscan.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"fail_on: {fail_on}\n")
    ran = _scan(monkeypatch, place / "inner", "-f", format_)
    # What holds results alone leaves it to standard error.
    out = (ran.out if REPORTERS[format_].has_remarks else ran.err).replace("\\", "")
    assert "settings come from a folder above: ../policyscan.yaml" in out
    assert f"only what is {fail_on}" in out
    assert "fail_on in ../policyscan.yaml" in out


def test_settings_of_the_folder_itself_need_no_word(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "settings come" not in _scan(monkeypatch, place).out
    named = _scan(monkeypatch, place / "inner", "--config", "../policyscan.yaml").out
    assert "settings come" not in named
    assert (
        "only what is high or worse decides the exit code: --fail-on"
        in _scan(monkeypatch, place, "--fail-on", "high").out
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
@pytest.mark.parametrize(
    ("settings", "scanned", "here", "obeyed"),
    [(77, 88, 88, False), (77, 77, 88, True), (77, 88, 77, True), (0, 88, 88, True), (99, 88, 88, True)],
    ids=["a stranger", "who owns what is scanned", "who owns the folder", "root", "myself"],
)
def test_settings_of_a_stranger_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, settings: int, scanned: int, here: int, obeyed: bool
) -> None:
    from policyscan import config

    owners = {"policyscan.yaml": settings, "inventories": scanned, ".": here}

    class About:
        def __init__(self, path: str) -> None:
            self.st_uid = owners[path]

    monkeypatch.chdir(place)
    monkeypatch.setattr(os, "geteuid", lambda: 99)
    refusal = nullcontext() if obeyed else pytest.raises(ConfigError, match="belongs to another user")
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", About)
        patch.setattr(os, "lstat", About)
        caught = None
        try:
            config._refuse_strangers("policyscan.yaml", "inventories")
        except ConfigError as error:
            caught = error
    with refusal:
        if caught is not None:
            raise caught


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("policyscan.yaml", "the settings file"),
        ("controls/OPS/OPS-01.yaml", "part of a pack"),
        ("controls/pack.yaml", "part of a pack"),
        ("link.json", "part of a pack"),
        ("hard.json", "the settings file"),
        ("inventories/clients/bad.yaml", "an inventory"),
    ],
)
def test_no_output_replaces_what_the_scan_reads(
    place: Path, monkeypatch: pytest.MonkeyPatch, path: str, what: str
) -> None:
    (place / "link.json").symlink_to("controls/OPS/OPS-02.yaml")
    (place / "hard.json").hardlink_to(place / "policyscan.yaml")
    before = (place / path).read_bytes()
    ran = _scan(monkeypatch, place, "-q", "-o", f"json:{path}")
    assert (ran.code, what in ran.err) == (2, True), ran.err
    assert (place / path).read_bytes() == before
