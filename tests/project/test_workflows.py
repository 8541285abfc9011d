"""Workflows: this project's own, and those that its documents tell others to use."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

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


GITHUB = [
    *[
        pytest.param(path.read_text(encoding="utf-8"), id=path.name)
        for path in (ROOT / ".github/workflows").iterdir()
    ],
    *_examples("workflows/policyscan.yml", "workflows/code-scanning.yml"),
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


@pytest.mark.parametrize("text", _examples(".gitlab-ci.yml"))
def test_gitlab_accepts_the_pipeline(text: str, tmp_path: Path) -> None:
    _check("vendor.gitlab-ci", text, tmp_path)


@pytest.mark.parametrize("text", _examples(".pre-commit-config.yaml"))
def test_pre_commit_accepts_the_configuration(text: str, tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(text, encoding="utf-8")
    hooks = {hook["id"] for repo in clientlib.load_config(str(path))["repos"] for hook in repo["hooks"]}
    offered = {hook["id"] for hook in clientlib.load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    assert hooks <= offered
