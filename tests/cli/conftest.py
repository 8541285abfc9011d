"""A repository with inventories and controls of its own, so that tests say what they mean by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {{id: {id}}}
"""
FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "policyscan.yaml": "builtin_policies: false\npolicies: [controls]\n",
    "controls/pack.yaml": """\
name: ours
version: "1.0"
default_profile: usual
profiles:
  usual: {policies: [OPS-01, OPS-02]}
  strict: {policies: [OPS-01, OPS-02, OPS-03]}
""",
    "controls/OPS/OPS-01.yaml": """\
id: OPS-01
title: Somebody is known to lead
severity: high
kind: client
related: {cis-v8: ["17.1"]}
why: Somebody must decide.
fix: Name somebody.
for_each: client.people
as: person
require:
  - id: stays
    that: person.end_date == null
    say: "{person.id} left on {person.end_date}"
""",
    "controls/OPS/OPS-02.yaml": """\
id: OPS-02
title: There is a crisis plan
severity: low
kind: client
why: Nobody plans well in a crisis.
fix: Write one.
require:
  - id: plan
    that: client.crisis_plan != null
    say: there is no crisis plan
""",
    "controls/OPS/OPS-03.yaml": """\
id: OPS-03
title: The provider is insured
severity: medium
kind: client
why: Insurance pays.
fix: Ask the provider.
notice: 30d
for_each: client.providers
as: engagement
require:
  - id: insured
    that: engagement.profile.insurance_policies.exists(p, p.ends_on >= today)
    say: "{engagement.id} is not insured"
""",
    "inventories/clients/bad.yaml": CLIENT.format(id="bad")
    + "people:\n  - {id: p-1, end_date: 2026-06-12}\ncrisis_plan: null\n",
    "inventories/clients/good.yaml": CLIENT.format(id="good")
    + "people:\n  - {id: p-1, end_date: null}\ncrisis_plan: {document: plan.docx}\n",
    "inventories/clients/vague.yaml": CLIENT.format(id="vague") + "people: []\ncrisis_plan:\n",
    "inventories/clients/served.yaml": CLIENT.format(id="served")
    + "people: []\ncrisis_plan: {document: plan.docx}\nproviders: [{id: north, profile: north}]\n",
    "inventories/providers/north.yaml": """\
schema_version: 1
kind: provider
as_of: 2026-10-31
organisation: {id: north}
insurance_policies: [{id: eo, kind: errors_and_omissions, ends_on: 2026-11-15}]
""",
}


def write(folder: Path, name: str, text: str) -> Path:
    """A file in a folder that comes into being with it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def build(folder: Path) -> Path:
    """The repository: clients bad (fails), good, vague (unknown) and served (due with `--profile strict`)."""
    for name, text in FILES.items():
        write(folder, name, text)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository of a test's own."""
    return build(tmp_path)


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository for all tests that change nothing in it."""
    return build(tmp_path_factory.mktemp("standing"))
