"""Imports one after the other: what is shown is written, nothing typed is lost, nothing older counts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from policyscan.errors import PolicyscanError
from policyscan.session.importing import ImportOptions, import_exports
from policyscan.session.options import Inputs
from tests.importing.client import EXPORTS, NOW, TYPED, Client

DOMAINS = "email: {domains: [{name: acme-bakery.test}, {name: nodmarc.test}]}   # of the bakery\n"
SAMPLES: Mapping[str, Sequence[str]] = {
    "acronis": ["acronis-resource_statuses.json"],
    "autotask": ["autotask-tickets.json"],
    "checkdmarc": ["checkdmarc.json"],
    "connectwise": ["connectwise-tickets.json"],
    "datto-bcdr": ["datto-bcdr-assets.json"],
    "datto-rmm": ["datto-rmm-devices.json"],
    "defender": ["defender-machines.jsonl"],
    "google-workspace": ["google-workspace-users.csv"],
    "graph-devices": ["graph-managedDevices.json"],
    "graph-secure-score": ["graph-secureScores.json"],
    "graph-users": ["second/graph-userRegistrationDetails.powershell.json"],
    "halopsa": ["halopsa-tickets.json"],
    "huntress": ["huntress-agents.json"],
    "intune-csv": ["intune-devices.csv"],
    "knowbe4": ["knowbe4-enrollments.json"],
    "lynis": ["lynis-report.dat"],
    "ninjaone": [
        "ninjaone-devices-detailed.json", "ninjaone-os-patches.json", "ninjaone-software-patches.json",
        "ninjaone-antivirus-status.json",
    ],
    "osquery": ["osquery-it-compliance.json"],
    "prowler": ["prowler.ocsf.json"],
    "scuba": ["scubagear-ScubaResults.json"],
    "sentinelone": ["sentinelone-agents.json"],
    "veeam": ["veeam-vspc-v2-jobs.json"],
    "xccdf": ["xccdf-results.xml"],
}  # fmt: skip
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def patched(text: str, diff: Sequence[str]) -> str:
    """A text with a unified diff of it applied, as `patch` does it."""
    old, made, at = text.splitlines(), list[str](), 0
    for line in diff[2:]:
        hunk = HUNK.match(line)
        if hunk is not None:
            start = int(hunk[1]) - (0 if hunk[2] == "0" else 1)
            made += old[at:start]
            at = start
        elif line[:1] == "+":
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            made += [old[at]] if line[:1] == " " else []
            at += 1
    return "".join(f"{line}\n" for line in [*made, *old[at:]])


@pytest.mark.parametrize("source", SAMPLES)
def test_what_is_shown_is_what_is_written_and_a_second_import_finds_it_done(
    source: str, client: Client
) -> None:
    typed = TYPED + (DOMAINS if source == "checkdmarc" else "")
    client.path.write_text(typed, "utf-8")
    files = [EXPORTS / name for name in SAMPLES[source]]
    options = ImportOptions(only="7" if source == "ninjaone" else None, zone="UTC", now=NOW)
    change = import_exports(source, files, str(client.path), Inputs(), options).change
    assert client.path.read_text("utf-8") == typed
    change.write()
    after = client.path.read_text("utf-8")
    assert patched(typed, change.lines()) == after
    assert all(comment in after for comment in re.findall(r"#.*", typed))
    again = import_exports(source, files, str(client.path), Inputs(), options)
    assert (again.change.texts, client.path.read_text("utf-8")) == ((), after)


def test_what_people_change_between_two_imports_stays(client: Client) -> None:
    client.take("graph-devices", "graph-managedDevices.json")
    text = client.path.read_text("utf-8")
    own = "    hostname: HD-LT-01   # lent to A. Reef\n    user: a.reef\n    x-shelf: 7\n"
    assert text.count("    hostname: HD-LT-01\n") == 1
    client.path.write_text(text.replace("    hostname: HD-LT-01\n", own), "utf-8")
    value = json.loads((EXPORTS / "graph-managedDevices.json").read_text("utf-8"))
    value["value"][0].update(deviceName="HD-LT-09", lastSyncDateTime="2026-11-26T06:40:00Z")
    del value["value"][1]
    after = client.take("graph-devices", client.export("g.json", json.dumps(value)))
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["hostname"], laptop["user"], laptop["x-shelf"]) == ("HD-LT-09", "a.reef", 7)
    assert "   # lent to A. Reef\n" in client.path.read_text("utf-8")
    assert after.imported.merged.vanished == ["a.reef_iphone_3-4-2025"]


def saved(client: Client, name: str, text: str, days: int) -> Path:
    """An export that was saved some days ago."""
    path = client.export(name, text)
    os.utime(path, (NOW.timestamp() - 86400 * days,) * 2)
    return path


def users(mfa: str) -> str:
    return f"Email Address,Status,2sv Enforced\na.reef@harbour.example,Active,{mfa}\n"


def test_an_older_list_of_all_does_not_take_the_place_of_a_newer_one(client: Client) -> None:
    client.take("google-workspace", saved(client, "new.csv", users("False"), 1))
    before = client.path.read_bytes()
    old = saved(client, "old.csv", users("True"), 30)
    with pytest.raises(
        PolicyscanError, match="collected on 2026-10-28, and what was read last on 2026-11-26"
    ):
        client.take("google-workspace", old)
    assert client.path.read_bytes() == before
    said = client.take("google-workspace", old, collected_at="2026-11-26T10:00:00Z")
    assert said.item("accounts", "a.reef@harbour.example")["mfa"] is True


def test_older_tickets_are_added_and_told_and_nobody_misses_the_others(client: Client) -> None:
    client.take("connectwise", "connectwise-tickets.json")
    rows = json.loads((EXPORTS / "connectwise-tickets.json").read_text("utf-8"))
    old = json.dumps([{**rows[0], "id": 700001}])
    after = client.take("connectwise", client.export("old.json", old))
    assert (after.imported.merged.new, after.imported.merged.vanished) == (["700001"], [])
    assert any("this export: it was collected on 2026-10-04" in one for one in after.passed)
