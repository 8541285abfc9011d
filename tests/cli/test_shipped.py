"""The shipped inventories with every shipped control, as the command line reports them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policyscan.reporters import REPORTERS
from tests.cli.runner import policyscan
from tests.reporters.ingestion import refusals
from tests.reporters.test_sarif import SCHEMA

ROOT = Path(__file__).parents[2]
ALL = ("scan", "inventories", "--profile", "full", "--as-of", "2026-10-31")
REPORT = ROOT / "src" / "policyscan" / "schemas" / "report.schema.json"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every result, passing ones too, of the inventories as they are."""
    path = tmp_path_factory.mktemp("shipped") / "report.json"
    with pytest.MonkeyPatch.context() as patch:
        ran = policyscan(patch, ROOT, *ALL, "--all-results", "-q", "-o", f"json:{path}")
    assert (ran.code, ran.err) == (1, "")
    report = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(REPORT.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    found: list[dict[str, Any]] = report["results"]
    return found


def identity(result: dict[str, Any]) -> tuple[str, ...]:
    return tuple(result[key] for key in ("policy", "kind", "document", "subject", "requirement"))


def test_every_result_is_the_only_one_of_its_identity(results: list[dict[str, Any]]) -> None:
    assert [name for name, count in Counter(map(identity, results)).items() if count > 1] == []
    assert [print_ for print_, count in Counter(r["fingerprint"] for r in results).items() if count > 1] == []


def test_nothing_crashes_and_nothing_is_an_error(results: list[dict[str, Any]]) -> None:
    assert [identity(result) for result in results if result["status"] == "error"] == []


def test_every_result_points_into_a_file(results: list[dict[str, Any]]) -> None:
    for result in results:
        lines = (ROOT / result["file"]).read_text(encoding="utf-8").splitlines()
        assert 1 <= result["line"] <= len(lines)
        assert 1 <= result["column"] <= len(lines[result["line"] - 1]) + 1


def test_every_finding_says_something(results: list[dict[str, Any]]) -> None:
    """No control shows its readers a blank, an internal value or half a sentence."""
    found = [r for r in results if r["status"] not in {"pass", "not_applicable"}]
    assert len(found) > 50
    bad = (": null", "null,", "{", "}", "  ", "evaluators", "Traceback", "None", "True", "False")
    assert [
        r["message"] for r in found if not r["message"] or any(word in r["message"] for word in bad)
    ] == []


def test_an_unknown_says_what_is_lacking_or_why(results: list[dict[str, Any]]) -> None:
    for result in results:
        if result["status"] == "unknown":
            assert result.get("gaps") or result.get("reason"), identity(result)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--sarif-unknown", "--sarif-suppressed"),
        ("--sarif-stable-identity",),
        ("--client", "northgate-dental"),
    ],
)
def test_sarif_is_taken_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: tuple[str, ...]) -> None:
    policyscan(monkeypatch, ROOT, *ALL, *options, "-q", "-o", f"sarif:{tmp_path / 'out.sarif'}")
    log = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))
    assert log["runs"][0]["results"]
    assert refusals(log) == []
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(log)] == []


@pytest.mark.parametrize("id_", ["northgate-dental", "corner-oven", "alder-finch"])
def test_one_client_names_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, id_: str) -> None:
    others = {"northgate-dental", "corner-oven", "alder-finch"} - {id_}
    outputs = [part for format_ in REPORTERS for part in ("-o", f"{format_}:{tmp_path / format_}")]
    ran = policyscan(monkeypatch, ROOT, *ALL, "--client", id_, "--full", "--all-results", *outputs)
    assert [name for name in others if name in ran.out + ran.err] == []
    for format_ in REPORTERS:
        written = (tmp_path / format_).read_text(encoding="utf-8")
        assert written, format_
        assert [name for name in others if name in written] == [], format_


def test_promised_and_measured_response_times_stand_beside_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = policyscan(
        monkeypatch, ROOT, "scan", "--as-of", "2026-10-31", "--client", "northgate-dental",
        "--select", "SLA-02", "-f", "html",
    )  # fmt: skip
    assert "promised 30m, median 27m, worst 1h36m</title>" in ran.out
