"""What a checkout installs is pinned, for every platform, and tells nothing of where that was done."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}
GROUPS = {
    "run": ["build"],
    "dev": ["build", "test", "lint"],
    "release": ["build", "release"],
    "bench": ["bench"],
    "oldest": ["build", "test"],
    "lock": ["lock"],
}
ALONE = {"lock"}
"""Files without what policyscan itself needs."""


class Pin(NamedTuple):
    """A requirement with `==`, and the digests of its files."""

    requirement: Requirement
    digests: list[str]


def _pins(text: str) -> dict[str, list[Pin]]:
    """The pins of each package; several where platforms differ."""
    found: dict[str, list[Pin]] = {}
    lines = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    for line in lines:
        requirement, *hashes = line.split("--hash=")
        pin = Pin(Requirement(requirement), [digest.strip() for digest in hashes])
        found.setdefault(canonicalize_name(pin.requirement.name), []).append(pin)
    return found


PINS = {name: _pins(text) for name, text in FILES.items()}


def _declared(name: str) -> list[Requirement]:
    own = [] if name in ALONE else PROJECT["project"]["dependencies"]
    groups = [line for group in GROUPS[name] for line in PROJECT["dependency-groups"][group]]
    return [Requirement(line) for line in [*own, *groups]]


def _version(pin: Pin) -> str:
    (specifier,) = pin.requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


def test_there_are_these_files() -> None:
    assert FILES.keys() == GROUPS.keys()
    assert all(path.suffix == ".txt" for path in FOLDER.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_everything_has_one_version_and_digests(name: str) -> None:
    assert PINS[name]
    for pins in PINS[name].values():
        for pin in pins:
            assert _version(pin)
            assert pin.digests
            assert [d for d in pin.digests if not re.fullmatch("sha256:[0-9a-f]{64}", d)] == []


@pytest.mark.parametrize("name", FILES)
def test_no_address_and_no_path_of_a_machine_is_told(name: str) -> None:
    assert re.findall(r"https?:|file:|index-url|find-links|trusted-host|@ |(?<![\w.])/\w+", FILES[name]) == []


@pytest.mark.parametrize("name", FILES)
def test_everything_that_is_declared_is_pinned_and_allowed(name: str) -> None:
    for requirement in _declared(name):
        pins = PINS[name][canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(_version(pin)) for pin in pins), requirement


@pytest.mark.parametrize("name", ["run", "release", "bench"])
def test_one_package_has_the_same_version_everywhere(name: str) -> None:
    shared = PINS[name].keys() & PINS["dev"].keys()
    assert shared
    for package in shared:
        assert set(map(_version, PINS[name][package])) == set(map(_version, PINS["dev"][package])), package


def test_the_oldest_are_those_that_are_named() -> None:
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        (bound,) = requirement.specifier
        assert bound.operator == ">="
        (pin,) = PINS["oldest"][canonicalize_name(requirement.name)]
        assert Requirement(f"x=={bound.version}").specifier.contains(_version(pin)), requirement


def test_what_builds_the_project_is_pinned_as_it_is_declared() -> None:
    needed = {Requirement(line).name for line in PROJECT["build-system"]["requires"]}
    assert needed <= {Requirement(line).name for line in PROJECT["dependency-groups"]["build"]}
    assert needed <= PINS["run"].keys()


def test_no_package_is_named_twice_in_a_group() -> None:
    for lines in PROJECT["dependency-groups"].values():
        names = [canonicalize_name(Requirement(line).name) for line in lines if isinstance(line, str)]
        assert sorted(set(names)) == sorted(names)
