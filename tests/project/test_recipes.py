"""docs/recipes.md, typed in by a machine: each command ends with the code that the page says."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.runner import Ran, policyscan
from tests.files.test_git import git
from tests.project.test_workflows import FENCE, FOR_GITHUB, FOR_GITLAB
from tests.shipped import INVENTORIES

PAGE = (Path(__file__).resolve().parents[2] / "docs/recipes.md").read_text(encoding="utf-8")
CONSOLE = "\n".join(re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
FILES = {match["name"]: match["text"] for match in FENCE.finditer(PAGE)}
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
WRITTEN = (
    "nightly.json", "baselines/acme.json", "inventories/waivers.yaml", "acme.ics", "questions.csv",
    "acme.html", "acme-renewal.zip",
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one client, who has a lot to do, on a day that stays the same."""
    monkeypatch.setattr("time.time_ns", lambda: int(NOW.timestamp()) * 1_000_000_000)
    for name in ("SCAN", "DIFF"):  # what compares asks another clock
        monkeypatch.setenv(f"POLICYSCAN_{name}_AS_OF", "2026-10-31")
    clients = tmp_path / "inventories/clients"
    clients.mkdir(parents=True)
    text = (INVENTORIES / "clients/corner-oven.yaml").read_text(encoding="utf-8")
    (clients / "acme.yaml").write_text(text.replace("id: corner-oven", "id: acme"), encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "main")
    return tmp_path


def _typed(monkeypatch: pytest.MonkeyPatch, place: Path, command: str) -> Ran:
    words = shlex.split(command)
    if words[0] == "mkdir":
        (place / words[1]).mkdir()
        return Ran(0, "", "")
    assert words[0] == "policyscan"
    return policyscan(monkeypatch, place, *words[1:])


def test_each_command_ends_as_the_page_says(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    lines = [re.fullmatch(r"\$ (.+?)(?: +# (\d)\b.*)?", line) for line in CONSOLE.splitlines() if line]
    said = ""
    for line in lines:
        assert line is not None
        ran = _typed(monkeypatch, place, line[1])
        assert ran.code == int(line[2] or 0), (line[1], ran.out, ran.err)
        said += ran.out
    assert [name for name in WRITTEN if not (place / name).is_file()] == []
    assert re.search(r"^Since baselines/acme.json .*: \d+ unchanged", said, re.MULTILINE)
    assert re.search(r"^active +PATCH-02/lt-bakery", said, re.MULTILINE)


def test_each_file_that_the_page_tells_to_write_is_checked() -> None:
    assert PAGE.count("```yaml\n") == len(FILES)
    assert [name for name in FILES if not name.endswith(FOR_GITHUB + FOR_GITLAB)] == []


def _scans() -> list[list[str]]:
    """The words after `scan` of each job: as action.yml makes them, or as a script has them."""
    found = []
    for text in FILES.values():
        made: dict[str, Any] = yaml.safe_load(text)
        steps = [step for job in made.get("jobs", {}).values() for step in job["steps"]]
        given = [step["with"] for step in steps if step["uses"].startswith("policyscan/")]
        found += [["-f", "github", *step["args"].split()] for step in given]
        scripts = [line for job in made.values() if isinstance(job, dict) for line in job.get("script", ())]
        found += [shlex.split(line)[2:] for line in scripts]
    return found


def test_each_job_ends_with_0_where_nothing_is_new(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    scans = _scans()
    assert len(scans) == 3
    for words in scans:
        ran = policyscan(monkeypatch, place, "scan", *words)
        assert ran.code == 0, (words, ran.err)


def test_the_component_takes_the_baseline_from_its_variable(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    variables = yaml.safe_load(FILES[".gitlab-ci.yml"])["policyscan"]["variables"]
    monkeypatch.setenv(next(name for name in variables if name.startswith("POLICYSCAN_")), "origin/main")
    assert policyscan(monkeypatch, place, "scan", "-o", "gitlab:quality.json").code == 0
    client = place / "inventories/clients/acme.yaml"
    text = client.read_text(encoding="utf-8")
    client.write_text(text.replace("support_ends: 2027-10-12", "support_ends: 2025-10-12"), encoding="utf-8")
    assert policyscan(monkeypatch, place, "scan", "-o", "gitlab:quality.json").code == 1
