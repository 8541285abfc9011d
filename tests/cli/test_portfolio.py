"""Portfolios on the command line: what is read and reported, in every format, and how it is explained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.runner import Ran, policyscan

SHIPPED = Path(__file__).parents[2] / "inventories"
AS_OF = ("--as-of", "2026-10-31")
PORTFOLIO = "inventories/portfolios/bright-harbor.yaml"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the shipped inventories."""
    shutil.copytree(SHIPPED, tmp_path / "inventories")
    (tmp_path / ".git").mkdir()
    return tmp_path


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "scan", *AS_OF, *args)


def results(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> list[dict[str, Any]]:
    ran = scan(monkeypatch, place, "--select", "PORT", "--all-results", "-f", "json", *args)
    found: list[dict[str, Any]] = json.loads(ran.out)["results"]
    return found


def change(place: Path, file: str, old: str, new: str) -> None:
    path = place / "inventories" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_one_portfolio_is_reported_as_in_a_scan_of_everything(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    alone = results(monkeypatch, place, PORTFOLIO)
    whole = [
        r
        for r in results(monkeypatch, place)
        if (r["document"], r["kind"]) == ("bright-harbor", "portfolio")  # a provider is called so, too
    ]
    by_client = [
        r for r in results(monkeypatch, place, "--client", "bright-harbor") if r["kind"] == "portfolio"
    ]
    assert {r["policy"] for r in alone} == {"PORT-01", "PORT-02", "PORT-03", "PORT-04"}
    assert alone == whole == by_client


def test_results_rest_on_the_members_files(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (claim,) = [
        r
        for r in results(monkeypatch, place, PORTFOLIO)
        if (r["policy"], r["requirement"]) == ("PORT-03", "claim")
    ]
    read = {one["path"]: one for one in claim["evidence"]}
    assert (
        read["client[northgate-dental].uninsured"]["file"]
        == "inventories/clients/northgate-dental/client.yaml"
    )
    assert read["provider[bright-harbor].per_claim"]["file"] == "inventories/providers/bright-harbor.yaml"
    assert claim["figures"]["limit_per_claim"] == {"amount": 1000000.0, "currency": "USD"}
    assert claim["figures"]["total_is"] == "at least"
    assert claim["figures"]["not_counted"] == ["corner-oven", "elm-vets"]


@pytest.mark.parametrize("format_", sorted(REPORTERS))
def test_every_format_shows_a_portfolio(monkeypatch: pytest.MonkeyPatch, place: Path, format_: str) -> None:
    ran = scan(monkeypatch, place, PORTFOLIO, "--profile", "full", "-f", format_)
    assert ran.code == 1
    title = "limit against the exposure of all clients"
    assert (title if format_.startswith("letter") else "PORT-03") in ran.out


def test_a_member_that_is_gone_is_told_at_its_name(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "inventories/clients/elm-vets.yaml").unlink()
    ran = scan(monkeypatch, place, PORTFOLIO, "--profile", "full")
    assert "no client is found under clients/elm-vets.yaml: no file has this name" in ran.out
    assert f"{PORTFOLIO}:12\n" in ran.out


def test_a_member_that_is_broken_is_told_and_stops(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "inventories/clients/elm-vets.yaml").write_text("kind: client\n  x: [\n", encoding="utf-8")
    ran = scan(monkeypatch, place, PORTFOLIO, "--profile", "full")
    assert ran.code == 2
    assert "inventories/clients/elm-vets.yaml" in ran.out
    statuses = {r["requirement"]: r["status"] for r in results(monkeypatch, place, PORTFOLIO)}
    assert "pass" not in statuses.values()


def test_validate_tells_of_members_that_are_not_there(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assert policyscan(monkeypatch, place, "validate", *AS_OF, PORTFOLIO).code == 0
    change(place, "portfolios/bright-harbor.yaml", "clients/elm-vets.yaml", "clients/elm-vet.yaml")
    ran = policyscan(monkeypatch, place, "validate", *AS_OF, PORTFOLIO)
    assert ran.code == 2
    assert "no client is found under clients/elm-vet.yaml" in ran.err
    assert "did you mean clients/elm-vets.yaml?" in ran.err


def test_a_control_is_explained_with_its_tables(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "explain", "PORT-04", "--trace")
    assert ran.code == 0
    assert "table     providers: a row for each provider" in ran.out
    assert "table     tools: a row for provider.shared_tools of each provider" in ran.out


def test_a_result_is_explained_with_its_members(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(
        monkeypatch, place, "explain", "PORT-03", "bright-harbor/bright-harbor", "--trace", *AS_OF
    )
    assert ran.code == 0
    assert (
        "read client[northgate-dental].uninsured  inventories/clients/northgate-dental/client.yaml:19"
        in ran.out
    )


def test_the_essentials_do_not_look_at_members(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    from policyscan.documents.library import Library

    monkeypatch.setattr(Library, "members", lambda *_: pytest.fail("the members were asked for"))
    monkeypatch.setattr(Library, "expect", lambda *_: pytest.fail("the members were looked for"))
    ran = scan(monkeypatch, place)
    assert "not checked: 4 inventories of kind portfolio" in ran.out


def test_a_second_scan_says_the_same(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(place / "cache"))
    first, second = (results(monkeypatch, place) for _ in range(2))
    assert first == second
    assert first == results(monkeypatch, place, "--no-cache")


def test_portfolio_controls_are_listed_in_full_alone(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "list", "--kind", "portfolio")
    lines = [line for line in ran.out.splitlines() if line.startswith("PORT-")]
    assert len(lines) == 4
    assert all(line.endswith("[full]") for line in lines)


def book(place: Path, count: int) -> Path:
    """A repository with a portfolio of so many clients of whom nothing is known."""
    head = "schema_version: 1\nas_of: 2026-10-31\n"
    files = {
        "portfolios/big.yaml": f"{head}kind: portfolio\nowner: us\nname: Big\nmembers: [clients/*.yaml]\n"
    }
    for number in range(count):
        about = f"kind: client\norganisation: {{id: c{number:03}, name: C}}\n"
        files[f"clients/c{number:03}.yaml"] = head + about
    for name, text in files.items():
        path = place / f"book-{count}" / "inventories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place / f"book-{count}"


def test_results_of_an_unknown_book_list_every_gap_and_no_gap_for_every_pair_of_clients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed: dict[int, int] = {}
    for count in (40, 80):
        found = results(monkeypatch, book(tmp_path, count), "inventories/portfolios")
        unknown = [r for r in found if r["requirement"] == "radius"]
        assert len(unknown) == count
        paths = {gap["path"] for result in unknown for gap in result["gaps"]}
        for number in range(count):
            assert any(path.startswith(f"client[c{number:03}]") for path in paths)
        listed[count] = sum(len(result["gaps"]) for result in unknown)
    assert listed[80] <= 2.1 * listed[40]
