"""Workflows: this project's own, and those that its documents tell others to use."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit import clientlib

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```yaml\n# (?P<name>\S+).*?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def _examples(*names: str) -> list[object]:
    """YAML blocks of the documents whose first line is a comment with the name of the file they are for."""
    return [
        pytest.param(match["text"], id=f"{path.name}:{match['name']}")
        for path in DOCUMENTS
        for match in FENCE.finditer(path.read_text(encoding="utf-8"))
        if match["name"].endswith(names)
    ]


def _check(schema: str, text: str, folder: Path) -> None:
    file = folder / "example.yml"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "-o", "json", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, json.loads(done.stdout)


FOR_GITHUB = (
    "workflows/policyscan.yml",
    "workflows/code-scanning.yml",
    "workflows/policyscan-nightly.yml",
    "workflows/policyscan-pull-request.yml",
)
WRITTEN = "src/policyscan/session/templates/repository/workflow.yaml"
FOR_GITLAB = (".gitlab-ci.yml",)
GITHUB = [
    *[
        pytest.param(path.read_text(encoding="utf-8"), id=path.name)
        for path in (ROOT / ".github/workflows").iterdir()
    ],
    pytest.param((ROOT / WRITTEN).read_text(encoding="utf-8"), id="what init --repo writes"),
    *_examples(*FOR_GITHUB),
]


@pytest.mark.parametrize("text", GITHUB)
def test_github_accepts_the_workflow(text: str, tmp_path: Path) -> None:
    _check("vendor.github-workflows", text, tmp_path)


@pytest.mark.parametrize("text", GITHUB)
def test_a_workflow_starts_with_no_permissions_and_puts_no_expression_into_a_script(text: str) -> None:
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert not [step for step in job["steps"] if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").iterdir()), ids=lambda path: path.name)
def test_our_own_workflows_pin_what_they_use(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[\d.]+", use)] == []


OURS = {
    path.name: yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - only text
    for path in sorted((ROOT / ".github/workflows").iterdir())
}
JOBS = [
    pytest.param(job, id=f"{name}:{id_}") for name, made in OURS.items() for id_, job in made["jobs"].items()
]


def _commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_by_itself_and_keeps_no_credentials(job: dict[str, Any]) -> None:
    assert int(job["timeout-minutes"]) <= 60
    assert job["permissions"]
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_only_a_release_may_write_and_only_after_it_was_built_and_checked() -> None:
    allowed = {
        f"{name}:{id_}": {key for key, right in job["permissions"].items() if right == "write"}
        for name, made in OURS.items()
        for id_, job in made["jobs"].items()
    }
    writing = {name: rights for name, rights in allowed.items() if rights}
    assert writing == {
        "release.yml:attest": {"id-token", "attestations"},
        "release.yml:publish": {"id-token"},
    }
    jobs = OURS["release.yml"]["jobs"]
    assert jobs["attest"]["needs"] == "build"
    assert jobs["publish"]["needs"] == ["build", "attest"]
    assert [line for line in _commands(jobs["build"]).splitlines() if line in {".ci/run", "make dist"}]
    assert not _commands(jobs["attest"]).strip() + _commands(jobs["publish"]).strip()


def test_a_release_needs_no_secret() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "password" not in OURS["release.yml"]["jobs"]["publish"]["steps"][-1]["with"]
    assert OURS["release.yml"]["jobs"]["publish"]["environment"]["name"] == "pypi"


def test_every_week_the_newest_and_the_oldest_releases_meet_every_system_and_python() -> None:
    assert OURS["weekly.yml"]["on"]["schedule"]
    job = OURS["weekly.yml"]["jobs"]["test"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    assert job["strategy"]["matrix"] == {
        "releases": ["latest", "oldest"],
        "system": ["ubuntu-latest", "windows-latest", "macos-latest"],
        "python": pythons,
    }
    assert OURS["ci.yml"]["jobs"]["test"]["strategy"]["matrix"]["python"] == pythons
    assert 'make "test-$RELEASES"' in _commands(job)


def test_dependabot_waits_and_asks_once_for_all(tmp_path: Path) -> None:
    text = (ROOT / ".github/dependabot.yml").read_text(encoding="utf-8")
    _check("vendor.dependabot", text, tmp_path)
    updates = yaml.safe_load(text)["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip"}
    for update in updates:
        assert update["cooldown"]["default-days"] >= 7
        assert [group["patterns"] for group in update["groups"].values()] == [["*"]]


@pytest.mark.parametrize("text", _examples(*FOR_GITLAB))
def test_gitlab_accepts_the_pipeline(text: str, tmp_path: Path) -> None:
    _check("vendor.gitlab-ci", text, tmp_path)


@pytest.mark.parametrize("text", _examples(".pre-commit-config.yaml"))
def test_pre_commit_accepts_the_configuration(text: str, tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(text, encoding="utf-8")
    hooks = {hook["id"] for repo in clientlib.load_config(str(path))["repos"] for hook in repo["hooks"]}
    offered = {hook["id"] for hook in clientlib.load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    assert hooks <= offered
