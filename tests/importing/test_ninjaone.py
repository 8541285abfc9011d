"""NinjaOne: epoch seconds, other organisations, several products, patches without a day of release."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, HEAD, UNTYPED, Client

ALL = (
    "ninjaone-devices-detailed.json", "ninjaone-os-patches.json", "ninjaone-software-patches.json",
    "ninjaone-antivirus-status.json",
)  # fmt: skip


def devices() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads((EXPORTS / ALL[0]).read_text("utf-8"))
    return made


def test_what_it_tells_takes_the_place_of_what_was_there_and_the_rest_stays(client: Client) -> None:
    after = client.take("ninjaone", *ALL, only="7")
    till = after.item("devices", "till")
    assert (till["user"], till["x-serial"], till["x-ninjaone"]) == ("p.moor", "HD0001", "101")
    assert till["last_seen"] == "2026-11-25T09:48:43+00:00"
    assert till["os"] == {"name": "Windows 11", "version": "23H2"}
    assert after.imported.merged.forgotten == ["till: os.support_ends"]
    antivirus = till["antivirus"]
    assert (antivirus["active"], antivirus["current"], antivirus["edr"]) == (True, True, False)
    assert (antivirus["checked_on"], antivirus["definitions_date"]) == ("2026-11-25", None)
    text = after.path.read_text("utf-8")
    assert "# the till" in text
    assert "# the owner" in text


def test_fixes_keep_what_only_history_knows(client: Client) -> None:
    after = client.take("ninjaone", *ALL, only="7")
    missing = {fix["id"]: fix for fix in after.item("devices", "till")["patches"]["missing"]}
    assert missing["KB5099001"]["first_seen_missing_on"] == "2026-10-20"
    assert missing["KB5099001"]["x-note"] == "asked the vendor"
    assert missing["KB5099001"]["severity"] == "critical"
    assert missing["KB-TYPED"] == {"id": "KB-TYPED", "released_on": "2026-10-01"}
    browser = missing["Example Browser 141.0.7390.55"]
    assert (browser["first_seen_missing_on"], browser["released_on"]) == ("2026-11-25", None)
    assert any("KB2267602 brings definitions" in one for one in after.passed)


def test_a_restart_that_is_due_is_a_fix_that_is_missing(client: Client) -> None:
    after = client.take("ninjaone", *ALL, only="7")
    assert "waits-for-a-restart" in str(after.item("devices", "till"))
    assert "waits-for-a-restart" not in str(after.item("servers", "srv"))
    rows = devices()
    rows[0]["os"]["needsReboot"] = False
    again = client.export("d.json", json.dumps(rows))
    after = client.take("ninjaone", again, *ALL[1:])
    assert "waits-for-a-restart" not in str(after.item("devices", "till"))


def test_no_record_of_patches_proves_nothing(client: Client) -> None:
    after = client.take("ninjaone", *ALL, only="7")
    new = after.item("devices", "imac-reception")
    assert "patches" not in new
    assert new["last_seen"] is None
    assert any("imac" in one.lower() and "proves nothing" in one for one in after.passed)
    assert after.item("servers", "srv")["patches"]["missing"][0]["severity"] is None


def test_rows_of_others_are_told_and_not_used(client: Client) -> None:
    after = client.take("ninjaone", *ALL, only="7")
    assert after.imported.others == (("8", 1),)
    assert "sw-1" not in after.path.read_text("utf-8")
    assert after.value["organisation"]["x-sources"] == {"ninjaone": "7"}


def test_whose_export_it_is_has_to_be_said_once(client: Client) -> None:
    before = client.path.read_bytes()
    with pytest.raises(PolicyscanError, match="several clients: 7, 8") as caught:
        client.take("ninjaone", *ALL)
    assert (
        caught.value.hint
        == "say which one harbour is: --only '7' (7 has Till PC, 8 has SW-1 (another client))"
    )
    with pytest.raises(PolicyscanError, match="no row of this export is about 9"):
        client.take("ninjaone", *ALL, only="9")
    assert client.path.read_bytes() == before
    client.take("ninjaone", *ALL, only="7")
    assert client.take("ninjaone", *ALL).imported.client == "7"
    other = client.export("o.json", json.dumps([row for row in devices() if row["organizationId"] == 8]))
    with pytest.raises(PolicyscanError, match="no row of this export is about 7"):
        client.take("ninjaone", other)


def test_it_is_recorded_as_evidence(client: Client) -> None:
    client.path.write_text(UNTYPED, "utf-8")
    after = client.take("ninjaone", *ALL, only="7")
    (evidence,) = after.value["evidence"]
    assert (evidence["id"], evidence["method"]) == ("ev-ninjaone-2026-11-25", "tool_export")
    assert evidence["collected_at"] == "2026-11-25T09:48:43+00:00"
    assert (evidence["source"], evidence["x-filter"], len(evidence["x-digest"])) == ("ninjaone", "7", 4)
    till = after.item("devices", "till")
    assert till["evidence"] == till["antivirus"]["evidence"] == till["patches"]["evidence"] == evidence["id"]


def test_what_people_typed_is_not_called_exported(client: Client) -> None:
    after = client.take("ninjaone", ALL[0], only="7")
    till = after.item("devices", "till")
    assert "evidence" not in till["antivirus"]
    assert "evidence" not in till


def test_what_people_typed_within_what_is_exported_is_not_called_exported(client: Client) -> None:
    till = client.take("ninjaone", *ALL, only="7").item("devices", "till")
    assert till["antivirus"]["edr"] is False  # typed: NinjaOne does not tell
    assert ("evidence" in till["antivirus"], "evidence" in till) == (False, False)
    assert till["patches"]["evidence"] == "ev-ninjaone-2026-11-25"


def test_a_second_import_changes_nothing_and_a_device_that_is_gone_is_told(client: Client) -> None:
    client.path.write_text(UNTYPED, "utf-8")
    after = client.take("ninjaone", *ALL, only="7")
    text = after.path.read_bytes()
    after = client.take("ninjaone", *ALL)
    assert (after.path.read_bytes(), after.imported.change.texts) == (text, ())
    rows = [row for row in devices() if row["id"] != 101]
    rows[0]["lastContact"] = 1795700000.0
    after = client.take("ninjaone", client.export("fewer.json", json.dumps(rows)))
    assert after.imported.merged.vanished == ["till"]
    till = after.item("devices", "till")
    assert till["last_seen"] == "2026-11-25T09:48:43+00:00"
    ids = [one["id"] for one in after.value["evidence"]]
    assert ids == ["ev-ninjaone-2026-11-25", "ev-ninjaone-2026-11-26"]
    assert till["evidence"] == "ev-ninjaone-2026-11-25"


def test_milliseconds_and_other_options_of_the_api_are_understood(client: Client) -> None:
    """A sample that was not used to write the importer: `/v2/devices` in milliseconds, and installs."""
    rows = [
        {"id": 5, "organizationId": 7, "nodeClass": "LINUX_SERVER", "systemName": "hd-srv-01.harbour.example",
         "lastContact": 1795600123417, "approvalStatus": "APPROVED"},
        {"id": 6, "organizationId": 7, "nodeClass": "WINDOWS_WORKSTATION", "systemName": "GONE",
         "lastContact": None, "approvalStatus": "REJECTED"},
        {"id": 7, "organizationId": 7, "nodeClass": "NMS_PRINTER", "systemName": "prn", "lastContact": 12.0},
    ]  # fmt: skip
    when = {"installedAt": 1795500000.0, "timestamp": 1795600000.0}
    installs = {
        "results": [
            {"deviceId": 5, "kbNumber": "KB1", "status": "Installed", **when},
            {"deviceId": 5, "kbNumber": "KB2", "status": "FAILED", **when},
        ]
    }
    after = client.take(
        "ninjaone", client.export("d.json", json.dumps(rows)), client.export("i.json", json.dumps(installs))
    )
    server = after.item("servers", "srv")
    assert server["last_seen"] == "2026-11-25T09:48:43+00:00"
    assert [fix["id"] for fix in server["patches"]["missing"]] == ["KB2"]
    assert server["patches"]["scanned_on"] == "2026-11-25"
    assert after.item("devices", "prn")["kind"] == "printer"
    assert "GONE: it was refused in NinjaOne" in after.passed
    assert any("12 is no moment of this century" in one for one in after.passed)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("half.json", (EXPORTS / ALL[0]).read_text("utf-8")[:900], "never closed"),
        ("empty.json", "", "empty"),
        ("none.json", "[]", "no rows"),
        ("list.json", "[1, 2]", "not every entry"),
        ("other.json", '{"value": []}', "no list"),
        ("patches.json", '{"results": [{"kbNumber": "1", "deviceId": 1}]}', "devices are missing"),
        ("odd.json", '[{"a": 1}]', "none of the exports of NinjaOne"),
        ("u16.json", '[{"a": 1}]'.encode("utf-16")[:-1], "UTF-16"),
    ],
)
def test_bad_files_are_told_and_nothing_is_written(
    name: str, text: str | bytes, says: str, client: Client
) -> None:
    before = client.path.read_bytes()
    with pytest.raises(PolicyscanError) as caught:
        client.take("ninjaone", client.export(name, text), only="7")
    assert says in "\n".join(map(str, caught.value.problems))
    assert client.path.read_bytes() == before


def test_fixes_go_into_the_table_that_a_client_has_for_them(client: Client) -> None:
    folder = client.folder / "harbour"
    folder.mkdir()
    client.path = folder / "client.yaml"
    client.path.write_text(HEAD, "utf-8")
    (folder / "devices.csv").write_text("id,hostname\ntill,HD-TILL-01\nother,X\n", "utf-8")
    with pytest.raises(PolicyscanError, match="is a list of things"):
        client.take("ninjaone", *ALL, only="7")
    fixes = folder / "devices.patches.missing.csv"
    typed = (
        "devices,id,first_seen_missing_on,severity\nother,KB9,2026-01-01,low\ntill,KB5099001,2026-10-20,\n"
    )
    fixes.write_text(typed, "utf-8")
    client.take("ninjaone", *ALL, only="7")
    lines = fixes.read_text("utf-8").splitlines()
    assert lines[0].startswith("devices,id,first_seen_missing_on,severity,")
    assert lines[1].startswith("other,KB9,2026-01-01,low")
    assert lines[2].startswith("till,KB5099001,2026-10-20,critical")
    assert [line.split(",")[:3] for line in lines[3:]] == [
        ["till", "Example Browser 141.0.7390.55", "2026-11-25"],
        ["till", "waits-for-a-restart", "2026-11-25"],
    ]
    assert "till,HD-TILL-01," in (folder / "devices.csv").read_text("utf-8")
    assert client.take("ninjaone", *ALL).imported.change.texts == ()
