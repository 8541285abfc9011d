"""What others run in CI and in containers: the action, the GitLab component, the Dockerfile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from policyscan.version import __version__
from tests.project.test_workflows import _check

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
COMPONENT = (ROOT / "templates/policyscan.yml").read_text(encoding="utf-8")
HEADER, JOBS = (yaml.safe_load(part) for part in COMPONENT.split("\n---\n"))
BASH = shutil.which("bash")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def run(folder: Path, **given: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Runs the action's scan as a runner would, and gives what it wrote as outputs."""
    assert BASH is not None
    outputs, summary = folder / "outputs", folder / "summary.md"
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "INPUT_"))},
        "INPUT_PATHS": "", "INPUT_ARGS": "", "INPUT_SARIF": "", "POLICYSCAN_PYTHON": sys.executable,
        "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary), **given,
    }  # fmt: skip
    done = subprocess.run(
        [BASH, "-c", STEPS[-1]["run"]],
        cwd=folder,
        env=env,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    return done, outputs.read_text(encoding="utf-8") if outputs.exists() else ""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    return tmp_path


def test_github_accepts_the_action(tmp_path: Path) -> None:
    _check("vendor.github-actions", (ROOT / "action.yml").read_text(encoding="utf-8"), tmp_path)


def test_no_expression_gets_into_a_script_and_what_is_used_is_pinned() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert "uses" not in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])


def test_the_action_scans_and_tells_its_exit_code(book: Path) -> None:
    done, outputs = run(book, INPUT_ARGS="--as-of\n2026-10-31\n", INPUT_SARIF="out.sarif")
    assert done.returncode == 1, done.stderr
    assert "exit-code=1\n" in outputs
    assert "sarif-file=out.sarif\n" in outputs
    assert "::error " in done.stdout
    assert (book / "out.sarif").is_file()
    assert (book / "summary.md").read_text(encoding="utf-8").strip()


def test_what_a_caller_sets_is_a_word_and_never_run(book: Path) -> None:
    paths = "inventories/clients/$(touch owned).yaml\n; touch owned\n"
    done, outputs = run(book, INPUT_PATHS=paths, INPUT_ARGS="--as-of\n2026-10-31")
    assert done.returncode == 2
    assert "exit-code=2" in outputs
    assert not (book / "owned").exists()


def test_an_output_of_several_lines_sets_no_other_output(book: Path) -> None:
    done, outputs = run(book, INPUT_SARIF="a.sarif\nexit-code=0")
    assert done.returncode == 2
    assert "exit-code=0" not in outputs


def test_nothing_to_scan_fails(tmp_path: Path) -> None:
    done, outputs = run(tmp_path)
    assert done.returncode == 2
    assert "exit-code=2" in outputs


def test_gitlab_accepts_the_component(tmp_path: Path) -> None:
    text = COMPONENT.split("\n---\n")[1].replace("$[[ inputs.stage ]]", "test")
    _check("vendor.gitlab-ci", text, tmp_path)


def test_the_component_knows_its_inputs_and_this_version() -> None:
    inputs: dict[str, Any] = HEADER["spec"]["inputs"]
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", COMPONENT)) == set(inputs)
    assert inputs["version"]["default"] == __version__
    assert "$[[" not in "".join([*JOBS["policyscan"]["script"], *JOBS["policyscan"]["before_script"]])


def test_the_component_gives_gitlab_variables_that_are_strings() -> None:
    # GitLab puts inputs into the text and reads it then: without quotes, `true` is no string, and is refused.
    text = COMPONENT.split("\n---\n")[1]
    for name, value in HEADER["spec"]["inputs"].items():
        text = text.replace(f"$[[ inputs.{name} ]]", str(value["default"]).lower())
    assert yaml.safe_load(text)["policyscan"]["variables"] == {
        "POLICYSCAN_WANTED": __version__,
        "POLICYSCAN_FAIL": "true",
    }


@pytest.mark.parametrize(
    ("fail", "ended", "expected"),
    [
        *[("true", code, code) for code in (0, 1, 2, 3)],
        *[("false", code, code if code not in {1, 3} else 0) for code in (0, 1, 2, 3, 127, 137)],
    ],
)
def test_the_component_hides_findings_and_never_a_scan_that_did_not_end(
    fail: str, ended: int, expected: int
) -> None:
    assert BASH is not None
    script = "\n".join([f"policyscan() {{ return {ended}; }}", *JOBS["policyscan"]["script"]])
    env = {**os.environ, "POLICYSCAN_FAIL": fail}
    done = subprocess.run([BASH, "-e", "-c", script], env=env, check=False)
    assert done.returncode == expected


def test_the_image_is_built_of_what_is_pinned_and_runs_as_nobody() -> None:
    assert "--require-hashes --requirement requirements/run.txt" in DOCKERFILE
    assert "alpine" not in DOCKERFILE.split("FROM", 1)[1].lower()
    assert re.search(r"^USER \d+$", DOCKERFILE, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")
    }
    assert {name for names in copied for name in names.split()} == kept
    assert all((ROOT / name).exists() for name in kept)
