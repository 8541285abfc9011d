"""Which files messages and reports show lines of."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.session.sources import Sources
from tests.cli.conftest import write
from tests.cli.runner import policyscan

SECRET = "secret: password123"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder beside which lies a file that is nobody's business."""
    (tmp_path / "elsewhere").write_text(f"{SECRET}\n", "utf-8")
    (tmp_path / "here/below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize("link", ["a.yaml", "below/b.csv"])
@pytest.mark.parametrize("to", ["absolute", "relative", "by way of another link"])
def test_no_line_is_shown_of_what_a_link_leads_out_to(place: Path, link: str, to: str) -> None:
    out = place.parent / "elsewhere"
    up = "../" * (link.count("/") + 1)
    if to == "by way of another link":
        (place / "middle").symlink_to(out)
    (place / link).symlink_to({"absolute": out, "relative": f"{up}elsewhere"}.get(to, place / "middle"))
    assert Sources().source(link) is None
    assert Sources().content(link) is None


def test_lines_are_shown_of_files_and_of_links_that_stay(place: Path) -> None:
    (place / "plain").write_text("one\n", "utf-8")
    (place / "below/link").symlink_to("../plain")
    for name in ("plain", "below/link"):
        source = Sources().source(name)
        assert source is not None
        assert source.line(1) == "one"


def test_lines_are_shown_of_a_link_within_its_repository(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / ".git").mkdir()
    (place / "shared.yaml").write_text("one\n", "utf-8")
    (place / "below/link.yaml").symlink_to("../shared.yaml")
    monkeypatch.chdir(place / "below")
    assert Sources().source("link.yaml") is not None


@pytest.mark.parametrize("link", ["inventories/clients/acme/people.csv", "inventories/clients/other.yaml"])
def test_a_refused_link_shows_nothing_of_the_file(
    place: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    write(
        place,
        "inventories/clients/acme/client.yaml",
        "schema_version: 1\nkind: client\norganisation: {id: acme}\n",
    )
    (place / link).symlink_to(place.parent / "elsewhere")
    for command in ("scan", "validate"):
        ran = policyscan(monkeypatch, place, command)
        assert ran.code == 2
        assert f"{link}:1:1: this link leads out of the folder" in ran.out + ran.err
        assert SECRET not in ran.out + ran.err
