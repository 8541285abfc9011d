"""What `init` writes: in the file's own day, under a name that every system takes, and valid at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyscan.session.plan import day_of, moment_of
from tests.cli.conftest import write
from tests.cli.runner import policyscan


@pytest.fixture
def _zones() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    time.tzset()


@pytest.mark.usefixtures("_zones")
@pytest.mark.parametrize("machine", ["Etc/GMT-14", "Etc/GMT+12", "Asia/Kolkata"])
@pytest.mark.parametrize("settings", [None, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_the_day_is_that_of_the_files_zone(
    machine: str, settings: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    if settings:
        write(tmp_path, "policyscan.yaml", f"time_zone: {settings}\n")
    zone = settings or "UTC"
    possible = {day_of(moment_of(None), zone)}
    assert policyscan(monkeypatch, tmp_path, "init", "oak").code == 0
    possible.add(day_of(moment_of(None), zone))
    text = (tmp_path / "inventories/clients/oak.yaml").read_text(encoding="utf-8")
    assert f"time_zone: {zone} " in text
    assert any(f"\nas_of: {day} " in text for day in possible)
    checked = policyscan(monkeypatch, tmp_path, "validate")
    assert checked.code == 0
    assert "future" not in checked.out


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_no_name_that_windows_keeps_for_a_device(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", name)
    assert ran.code == 2
    assert "Windows" in ran.err
    assert not list(tmp_path.iterdir())
    assert policyscan(monkeypatch, tmp_path, "init", "oak", "-o", f"{name.upper()}.old.yaml").code == 2
    assert policyscan(monkeypatch, tmp_path, "init", f"{name}-ltd").code == 0


def test_an_id_may_be_one_if_the_file_is_called_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "con", "-o", "con-ltd.yaml").code == 0


@pytest.mark.parametrize("kind", ["client", "provider"])
def test_it_pleases_validate(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "oak", "--kind", kind).code == 0
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0


# --- what is known already


def text_of(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_only_what_was_said_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(
        monkeypatch, tmp_path, "init", "oak", "--name", "Oak: Vets", "--size", "12", "--trade", "vets",
        "--provider", "Bright IT", "--time-zone", "Europe/London",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    text = text_of(tmp_path, "inventories/clients/oak.yaml")
    for line in (
        '  name: "Oak: Vets"',
        "  employees_count: 12",
        "  sector: vets",
        "time_zone: Europe/London",
    ):
        assert f"\n{line}" in text
    assert "  - {id: bright-it, name: Bright IT}\n" in text
    assert "\ncurrency:  " in text
    assert "country" not in text
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0


def test_the_day_of_the_facts_may_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    policyscan(monkeypatch, tmp_path, "init", "oak", "--as-of", "2026-10-31")
    assert "\nas_of: 2026-10-31 " in text_of(tmp_path, "inventories/clients/oak.yaml")
    ran = policyscan(monkeypatch, tmp_path, "init", "elm", "--as-of", "yesterday")
    assert (ran.code, "--as-of" in ran.err) == (2, True)


def test_a_name_makes_an_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "--name", "Oak & Elm Vets Inc.")
    assert ran.code == 0
    assert (tmp_path / "inventories/clients/oak-elm-vets-inc.yaml").is_file()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param([], "there is no name for the inventory", id="nothing at all"),
        pytest.param(["--name", "鳥"], "there is no name for the inventory", id="a name without letters"),
        pytest.param(["oak", "--size", "a dozen"], "is no whole number", id="no number"),
        pytest.param(["oak", "--size", "1,200"], "may be meant in two ways", id="thousands"),
        pytest.param(["oak", "--time-zone", "London"], "is no time zone", id="no zone"),
        pytest.param(["oak", "--currency", "pounds"], "EUR", id="no currency"),
        pytest.param(["oak", "--kind", "provider", "--size", "3"], "--size: nobody asks that", id="no fact"),
        pytest.param(["oak", "--kind", "clent"], "did you mean client?", id="no kind"),
        pytest.param(["--kind", "policy-pack"], "there is no name for the pack", id="a pack without a name"),
        pytest.param(["ours", "--kind", "policy-pack", "--size", "3"], "has no size", id="a fact of a pack"),
    ],
)
def test_what_cannot_be_begun(
    args: list[str], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", *args)
    assert ran.code == 2
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_is_asked_and_a_wrong_answer_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("policyscan.cli.init_command.at_terminal", lambda: True)
    answers = b"Oak Ltd\n\na dozen\n12\n\n\nLondon\nEurope/London\n\n"
    ran = policyscan(monkeypatch, tmp_path, "init", stdin=answers)
    assert ran.code == 0
    assert "is no whole number; write a whole number as in 12" in ran.out
    text = text_of(tmp_path, "inventories/clients/oak-ltd.yaml")
    assert "\n  employees_count: 12" in text
    assert "\ntime_zone: Europe/London" in text
    assert "sector" not in text


def test_the_end_of_input_ends_the_questions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("policyscan.cli.init_command.at_terminal", lambda: True)
    ran = policyscan(monkeypatch, tmp_path, "init", stdin=b"Oak Ltd\nvets\n")
    assert (ran.code, ran.err) == (0, "")
    assert "\n  sector: vets" in text_of(tmp_path, "inventories/clients/oak-ltd.yaml")


def test_yes_asks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("policyscan.cli.init_command.at_terminal", lambda: True)
    assert policyscan(monkeypatch, tmp_path, "init", "oak", "--yes").code == 0


# --- where it goes, and what else there is to begin


def test_an_inventory_that_is_here_already_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A scan without arguments looks no further than `inventories/` where there is one."""
    first = policyscan(monkeypatch, tmp_path, "init", "oak", "-o", "book/oak.yaml")
    assert first.code == 0
    ran = policyscan(monkeypatch, tmp_path, "init", "elm")
    assert (ran.code, ran.out.partition("\n")[0]) == (0, "wrote book/elm.yaml")
    out = policyscan(monkeypatch, tmp_path, "scan", "-f", "json").out
    assert "book/oak.yaml" in out
    assert "book/elm.yaml" in out


def test_a_portfolio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "book", "--kind", "portfolio", "--name", "Our book")
    assert ran.code == 0
    assert "\nname: Our book\n" in text_of(tmp_path, "inventories/portfolios/book.yaml")
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0


def test_a_kind_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    schema = Path(__file__).parents[1] / "data" / "workshop.schema.json"
    write(tmp_path, "workshop.schema.json", schema.read_text(encoding="utf-8"))
    write(tmp_path, "policyscan.yaml", "kinds: [workshop.schema.json]\n")
    assert policyscan(monkeypatch, tmp_path, "init", "shed", "--kind", "workshop").code == 0
    text = text_of(tmp_path, "inventories/workshops/shed.yaml")
    assert "\nkind: workshop\n" in text
    assert "\nabout:\n  id: shed\n" in text
    assert "insured:                          # Is it insured?\n" in text
    checked = policyscan(monkeypatch, tmp_path, "validate")
    assert (checked.code, "workshop.schema.json" in checked.out) == (0, False)


def test_a_pack_passes_its_own_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "ours", "--kind", "policy-pack").code == 0
    ran = policyscan(monkeypatch, tmp_path, "test", "ours")
    assert (ran.code, "3 passed, 0 failed" in ran.out) == (0, True)
    again = policyscan(monkeypatch, tmp_path, "init", "ours", "--kind", "policy-pack")
    assert (again.code, "ours is there already" in again.err) == (2, True)


def test_a_pack_is_not_read_as_inventories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    policyscan(monkeypatch, tmp_path, "init", "ours", "--kind", "policy-pack")
    write(tmp_path, "policyscan.yaml", "policies: [ours]\n")
    policyscan(monkeypatch, tmp_path, "init", "oak", "-o", "oak.yaml")
    ran = policyscan(monkeypatch, tmp_path, "validate", "--policies-too")
    assert (ran.code, "1 inventory read: valid" in ran.out) == (0, True)


def test_what_belongs_around_inventories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", "mine\n")
    ran = policyscan(monkeypatch, tmp_path, "init", "oak", "--repo", "--time-zone", "Europe/London")
    assert ran.code == 0
    assert "left as it is: .gitignore" in ran.out
    assert text_of(tmp_path, ".gitignore") == "mine\n"
    assert "time_zone: Europe/London" in text_of(tmp_path, "policyscan.yaml")
    for name in (".pre-commit-config.yaml", ".github/workflows/policyscan.yml", ".github/CODEOWNERS"):
        assert f"wrote {name}" in ran.out
        assert (tmp_path / name).is_file()
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0
    assert policyscan(monkeypatch, tmp_path, "scan").code == 3
    assert policyscan(monkeypatch, tmp_path, "scan").err == ""


def test_a_repository_that_has_no_inventory_yet_is_begun_with_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "--repo").code == 0
    ran = policyscan(monkeypatch, tmp_path, "scan")
    assert (ran.code, "policyscan init NAME" in ran.out) == (2, True)
    assert policyscan(monkeypatch, tmp_path, "init", "oak").code == 0
    assert policyscan(monkeypatch, tmp_path, "scan").code == 3


def test_a_city_is_told_its_time_zone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "oak", "--time-zone", "new york")
    assert (ran.code, "did you mean America/New_York?" in ran.err) == (2, True)


def test_editors_are_shown_the_schema_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policyscan(monkeypatch, tmp_path, "init", "elm")
    assert "yaml-language-server" not in text_of(tmp_path, "inventories/clients/elm.yaml")
    policyscan(monkeypatch, tmp_path, "init", "--repo")
    policyscan(monkeypatch, tmp_path, "init", "oak")
    first = text_of(tmp_path, "inventories/clients/oak.yaml").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../../schemas/client.schema.json"
    assert text_of(tmp_path, "schemas/client.schema.json") == (
        policyscan(monkeypatch, tmp_path, "schema", "client").out
    )


def test_hooks_name_a_hook_that_there_is() -> None:
    root = Path(__file__).parents[2]
    hooks = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    template = root / "src/policyscan/session/templates/repository/pre-commit.yaml"
    assert "- id: policyscan-validate" in template.read_text(encoding="utf-8")
    assert "- id: policyscan-validate\n" in hooks
