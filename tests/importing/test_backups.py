"""Backups as Veeam, Acronis and Datto BCDR tell of them: the last run is not the last good one."""

from __future__ import annotations

import json

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, TYPED, Client


def test_veeam_tells_when_a_backup_was_good_only_of_a_run_that_succeeded(client: Client) -> None:
    after = client.take("veeam", "veeam-vspc-v2-jobs.json")
    good = after.item("backups", "hd-servers-to-repository")
    assert (good["last_success"], good["x-veeam"]) == ("2026-11-23T20:40:30+00:00", "2")
    assert "last_success" not in after.item("backups", "hd-copy-to-cloud")
    assert any("last run says 'Warning'" in one for one in after.passed)
    assert any("boot test: it tries whether machines start" in one for one in after.passed)
    assert "evidence" not in after.item("backups", "hd-copy-to-cloud") or "last_success" not in after.item(
        "backups", "hd-copy-to-cloud"
    )


def test_a_second_sample_of_veeam_in_its_third_version(client: Client) -> None:
    rows = [
        {"instanceUid": "u1", "name": "A", "status": "success", "type": "Backup",
         "lastEndTime": "2026-11-24T01:00:00Z"},
        {"instanceUid": "u2", "name": "B", "status": "success", "type": "Backup", "isEnabled": False,
         "lastEndTime": "2026-11-24T01:00:00Z"},
        {"instanceUid": "u3", "name": "C", "status": "success", "type": "Backup", "lastEndTime": None},
        {"instanceUid": "u4", "name": "D", "status": "success", "type": "Backup", "isEnabled": "false",
         "lastEndTime": "2026-11-24T01:00:00Z"},
    ]  # fmt: skip
    client.path.write_text(
        TYPED + "backups: [{id: bk, x-job: b, last_success: 2026-01-01T00:00:00Z}]\n", "utf-8"
    )
    after = client.take("veeam", client.export("v.json", json.dumps({"data": rows})))
    assert after.item("backups", "a")["last_success"] == "2026-11-24T01:00:00+00:00"
    assert after.item("backups", "bk")["last_success"] == "2026-01-01T00:00:00Z"
    assert "evidence" not in after.item("backups", "bk")
    assert any("B: last_success stays as it is: the job is disabled" in one for one in after.passed)
    assert "last_success" not in after.item("backups", "c")
    assert "last_success" not in after.item("backups", "d")


def test_acronis_is_asked_when_a_backup_succeeded_not_when_it_ran(client: Client) -> None:
    after = client.take("acronis", "acronis-resource_statuses.json")
    found = after.item("backups", "hd-srv-01")
    assert (found["last_success"], found["system"]) == ("2026-11-09T20:14:00+00:00", "charts")


def test_a_second_sample_of_acronis(client: Client) -> None:
    def resource(name: str, **more: object) -> dict[str, object]:
        return {
            "aggregate": {"status": "idle"},
            "context": {"id": name, "name": name, "tenant_id": "17"},
            **more,
        }

    rows = [
        resource("IDLE", policies=[]),
        resource("AV", policies=[{"id": "p", "type": "policy.security.antimalware_protection"}]),
        resource("NEVER", policies=[{"id": "p", "type": "policy.backup.machine", "last_success_run": None}]),
    ]
    after = client.take("acronis", client.export("a.json", json.dumps({"items": rows})))
    assert [one["id"] for one in after.value["backups"]] == ["never"]
    assert after.item("backups", "never")["last_success"] is None
    assert {"IDLE: no backup is planned for it", "AV: no backup is planned for it"} <= set(after.passed)
    assert any("no critical system is known to run on NEVER" in one for one in after.passed)


def test_datto_bcdr(client: Client) -> None:
    client.path.write_text(TYPED + "backups: [{id: bk, system: charts, copies: []}]\n", "utf-8")
    after = client.take("datto-bcdr", "datto-bcdr-assets.json")
    found = after.item("backups", "bk")
    assert (found["last_success"], found["x-offsite-on"]) == ("2026-11-25T09:20:00+00:00", "2026-11-10")
    assert found["copies"] == []
    assert "restore_tests" not in after.value
    assert any("HD-OLD: it is archived" in one for one in after.passed)
    assert "HD-SRV-01: the volumes D are not backed up" in after.passed


def test_a_second_sample_of_datto_bcdr(client: Client) -> None:
    rows = json.loads((EXPORTS / "datto-bcdr-assets.json").read_text("utf-8"))
    rows[0].update(name="NEW", isPaused=True, lastSnapshot=0, latestOffsite=0, unprotectedVolumeNames=[])
    after = client.take("datto-bcdr", client.export("d.json", json.dumps(rows[:1])))
    found = after.item("backups", "new")
    assert (found["last_success"], found["x-offsite-on"]) == (None, None)
    assert "NEW: its backups are paused" in after.passed


def test_plans_of_another_shape_are_none(client: Client) -> None:
    row = {"context": {"id": "A", "name": "A"}, "policies": ["x", 1.5, None]}
    with pytest.raises(PolicyscanError, match="A: no backup is planned for it"):
        client.take("acronis", client.export("a.json", json.dumps({"items": [row]})))
