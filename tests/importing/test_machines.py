"""Devices as Datto RMM and Intune export them: milliseconds, deleted ones, printers, years that say never."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, HEAD, Client

DATTO = "datto-rmm-devices.json"
GRAPH = "graph-managedDevices.json"
CSV = "intune-devices.csv"


def changed(name: str, **changes: Any) -> str:
    """The first row of a sample with changes, as an export by itself."""
    value = json.loads((EXPORTS / name).read_text("utf-8"))
    rows = value["devices"] if "devices" in value else value["value"]
    rows[0].update(changes)
    del rows[1:]
    return json.dumps(value)


# --- Datto RMM


def test_datto_rmm(client: Client) -> None:
    after = client.take("datto-rmm", DATTO)
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["kind"], laptop["last_seen"]) == ("laptop", "2026-11-25T09:48:43+00:00")
    assert laptop["os"] == {"name": "Microsoft Windows 11 Pro 10.0.22631"}
    assert laptop["antivirus"] == {
        "product": "Windows Defender", "active": True, "current": True, "definitions_date": None,
        "checked_on": "2026-11-25", "evidence": "ev-datto-rmm-2026-11-25",
    }  # fmt: skip
    assert after.value["organisation"]["x-sources"] == {"datto-rmm": "Harbour Dental"}


def test_fully_patched_is_no_proof(client: Client) -> None:
    assert "patches" not in client.take("datto-rmm", DATTO).item("devices", "hd-lt-01")


def test_a_deleted_device_is_passed_over_and_told(client: Client) -> None:
    after = client.take("datto-rmm", DATTO)
    assert "HD-PRN: it was deleted in Datto RMM" in after.passed
    assert "hd-prn" not in after.path.read_text("utf-8").lower()


@pytest.mark.parametrize(
    ("status", "active", "current"),
    [("RunningAndNotUpToDate", True, False), ("NotRunning", False, False), ("NotDetected", False, False)],
)
def test_what_datto_says_of_antivirus(status: str, active: bool, current: bool, client: Client) -> None:
    text = changed(DATTO, antivirus={"antivirusProduct": None, "antivirusStatus": status})
    found = client.take("datto-rmm", client.export("d.json", text)).item("devices", "hd-lt-01")["antivirus"]
    assert (found["active"], found["current"], found["product"]) == (active, current, None)


def test_a_second_sample_of_datto_rmm(client: Client) -> None:
    server = {"category": "Server", "type": "Main System Chassis"}
    other = changed(
        DATTO, hostname="hd-srv-01.harbour.example", deviceType=server, antivirus=None, lastSeen=None,
        operatingSystem="Microsoft Windows Server 2022 Standard 10.0.20348", uid="u-2",
    )  # fmt: skip
    after = client.take("datto-rmm", client.export("d.json", other))
    found = after.item("servers", "srv")
    assert (found["x-datto-rmm"], found["last_seen"], found["kind"]) == ("u-2", None, "physical")
    assert "antivirus" not in found
    text = changed(DATTO, antivirus={"antivirusProduct": "X", "antivirusStatus": "Sleeping"})
    after = client.take("datto-rmm", client.export("e.json", text))
    assert any("'Sleeping' means is not known" in one for one in after.passed)


def test_half_an_export_is_refused(client: Client) -> None:
    value = json.loads(changed(DATTO))
    value["pageDetails"]["nextPageUrl"] = "https://example.com/page2"
    first = client.export("1.json", json.dumps(value))
    before = client.path.read_bytes()
    with pytest.raises(PolicyscanError, match="half an export"):
        client.take("datto-rmm", first)
    assert client.path.read_bytes() == before
    assert client.take("datto-rmm", first, DATTO).imported.merged.new == ["HD-LT-01"]


def test_another_clients_name_is_refused(client: Client) -> None:
    text = changed(DATTO, siteName="Elm Vets")
    with pytest.raises(PolicyscanError, match="about Elm Vets, which is not how harbour is called"):
        client.take("datto-rmm", client.export("d.json", text))


# --- Intune


@pytest.mark.parametrize(
    ("source", "file", "zone"), [("graph-devices", GRAPH, None), ("intune-csv", CSV, "UTC")]
)
def test_intune(source: str, file: str, zone: str | None, client: Client) -> None:
    after = client.take(source, file, zone=zone)
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["x-serial"], laptop["encrypted"]) == ("HD0002", True)
    assert laptop["last_seen"] == "2026-11-24T06:40:00+00:00"
    assert laptop["os"] == {"name": "Windows", "version": "10.0.22631.4317"}
    phone = after.item("devices", "a.reef_iphone_3-4-2025")
    assert (phone["kind"], phone["last_seen"], phone["os"]["version"]) == ("phone", None, "18.1")
    assert "encrypted" not in phone
    assert "antivirus" not in laptop
    assert after.imported.collected_at == "2026-11-24T06:40:00+00:00"


def test_times_without_a_zone_are_not_guessed(client: Client) -> None:
    with pytest.raises(PolicyscanError, match="say no time zone"):
        client.take("intune-csv", CSV)
    after = client.take("intune-csv", CSV, zone="America/Chicago")
    assert after.item("devices", "hd-lt-01")["last_seen"] == "2026-11-24T12:40:00+00:00"
    with pytest.raises(PolicyscanError, match="is no time zone"):
        client.take("intune-csv", CSV, zone="Atlantis")


def test_two_tools_know_one_machine_by_its_serial_number(client: Client) -> None:
    client.take("intune-csv", CSV, zone="UTC")
    after = client.take("graph-devices", GRAPH)
    assert after.imported.merged.new == []
    text = changed(GRAPH, deviceName="RENAMED", id="another", serialNumber="HD0002")
    after = client.take("graph-devices", client.export("g.json", text))
    assert (after.imported.merged.new, after.item("devices", "hd-lt-01")["hostname"]) == ([], "RENAMED")


def test_a_name_does_not_make_another_machine_the_same(client: Client) -> None:
    client.take("graph-devices", GRAPH)
    text = changed(GRAPH, id="another", serialNumber="HD9999")
    after = client.take("graph-devices", client.export("g.json", text))
    assert after.imported.merged.new == ["HD-LT-01"]
    assert after.item("devices", "hd-lt-01-2")["x-serial"] == "HD9999"
    text = changed(GRAPH, id="a-third", serialNumber="To be filled by O.E.M.", deviceName="X")
    after = client.take("graph-devices", client.export("h.json", text))
    assert "x-serial" not in after.item("devices", "x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Device ID,Device name\r\n1,2\r\n", "it has no Last check-in"),
        ("Device ID;Device name;Last check-in\r\n1;2;;\r\n", "4 cells"),
        ("Device ID,Device ID\r\n", "two columns Device ID"),
        ('Device ID,Device name,Last check-in\r\n1,"2\r\n', "are not closed before the file ends"),
        ("Device ID,Device name,Last check-in\r\n", "no rows"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(text: str, says: str, client: Client) -> None:
    with pytest.raises(PolicyscanError) as caught:
        client.take("intune-csv", client.export("i.csv", text), zone="UTC")
    assert says in str(caught.value)


@pytest.mark.parametrize("value", ["03/04/2026", "03/04/2026 10:00", "soon"])
def test_a_day_that_may_be_two_is_not_taken(value: str, client: Client) -> None:
    text = f"Device ID,Device name,Last check-in,OS,OS version\r\n1,A,{value},,\r\n"
    after = client.take("intune-csv", client.export("i.csv", text), zone="UTC")
    assert "last_seen" not in after.item("devices", "a")
    assert any(one.startswith("A: last_seen stays as it is: which moment") for one in after.passed)


def test_a_moment_in_the_future_is_not_taken(client: Client) -> None:
    text = changed(GRAPH, lastSyncDateTime="2027-01-01T00:00:00Z")
    after = client.take("graph-devices", client.export("g.json", text))
    assert "last_seen" not in after.item("devices", "hd-lt-01")
    assert any("lies in the future" in one for one in after.passed)


def test_a_client_whose_devices_are_a_table_keeps_it(client: Client) -> None:
    folder = client.folder / "harbour"
    folder.mkdir()
    (folder / "client.yaml").write_text(HEAD, "utf-8")
    table = folder / "devices.csv"
    table.write_bytes(b"id;hostname;user\r\ntill;HD-TILL-01;\r\nlaptop;hd-lt-01;\r\n")
    client.path = folder / "client.yaml"
    after = client.take("graph-devices", GRAPH)
    assert after.imported.merged.updated == ["laptop"]
    lines = table.read_text("utf-8").splitlines()
    assert lines[0].startswith("id;hostname;user;x-intune;x-serial;last_seen;os.name")
    assert lines[1].startswith("till;HD-TILL-01;;")
    assert lines[2].startswith("laptop;HD-LT-01;;705c034c")
    assert len(lines) == 4
    assert after.value["evidence"][0]["source"] == "graph-devices"
    assert client.take("graph-devices", GRAPH).imported.change.texts == ()
