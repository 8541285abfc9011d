"""A second sample of each tool, that its importer was not written by: other versions, orders and habits.

`tests/data/README.md` says where each shape was read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from policyscan.importing.recognising import tools_of
from tests.importing.client import EXPORTS, TYPED, After, Client

# Nothing in these says from where they are: NinjaOne's lists of patches and antivirus come with its devices.
NAMELESS = re.compile(r"ninjaone-(?!devices)")


@pytest.mark.parametrize(
    "path", [path for path in sorted(EXPORTS.rglob("*.*")) if path.is_file()], ids=lambda path: path.name
)
def test_each_sample_is_known_by_what_is_in_it(path: Path) -> None:
    found = tools_of(path)
    known = path.name.lower().replace("scubag", "scuba-g").replace("datto-bcdr-assets", "datto-bcdr-")
    assert len(found) == (0 if NAMELESS.match(path.name) else 1)
    assert all(tool.partition("-")[0] in known for tool in found)


def take(client: Client, source: str, name: str, **options: Any) -> After:
    return client.take(source, f"second/{name}", **options)


def told(after: After, name: str) -> list[str]:
    return [one for one in after.passed if one.startswith(name)]


def test_checkdmarc_5(client: Client) -> None:
    known = "{name: shop.harbour.example, spf_valid: true, dmarc_policy: reject, checked_on: 2026-01-05}"
    client.path.write_text(f"{TYPED}email: {{domains: [{known}]}}\n", "utf-8")
    after = take(client, "checkdmarc", "checkdmarc-5.7.json")
    found = {one["name"]: one for one in after.value["email"]["domains"]}
    facts = {name: (one["spf_valid"], one["dmarc_policy"]) for name, one in found.items()}
    assert facts == {
        "harbour.example": (True, "reject"),
        "news.harbour.example": (False, "none"),  # takes in a record that lets everybody send; sp=none
        "shop.harbour.example": (True, "reject"),  # nobody answered: as it was, and as old as it was
        "parked.harbour.example": (False, None),
    }
    assert str(found["shop.harbour.example"]["checked_on"]) == "2026-01-05"
    assert [one.partition(" stays")[0] for one in told(after, "shop")] == [
        "shop.harbour.example: spf_valid", "shop.harbour.example: dmarc_policy",
    ]  # fmt: skip


def test_google_workspace_from_a_spreadsheet(client: Client) -> None:
    after = take(client, "google-workspace", "google-workspace-users.csv")
    moor = after.item("accounts", "p.moor@harbour.example")
    assert (moor["mfa"], moor["enabled"], str(moor["last_sign_in"])) == (True, True, "2026-11-23")
    assert after.item("accounts", "old@harbour.example")["enabled"] is False
    scanner = after.item("accounts", "scanner@harbour.example")
    assert (scanner["enabled"], "last_sign_in" in scanner) == (False, False)


def test_google_workspace_tells_at_which_cell(client: Client) -> None:
    text = (
        "Status [READ ONLY],Email Address [Required],2sv Enforced [READ ONLY]\r\n"
        "Gone?,a@harbour.example,True\r\n"
    )
    after = client.take("google-workspace", client.export("u.csv", text))
    (one,) = after.imported.passed
    assert (one.place.line, one.place.column) == (2, 1)


def test_entra_registrations_as_powershell_redirects_them(client: Client) -> None:
    after = take(client, "graph-users", "graph-userRegistrationDetails.powershell.json")
    reef = after.item("accounts", "a.reef@harbour.example")
    assert (reef["admin"], "mfa" in reef, len(reef["x-methods"])) == (True, False, 2)
    assert after.item("accounts", "p.moor@harbour.example")["mfa"] is False
    assert told(after, "help_msp") == [
        "help_msp.example#EXT#@harbour.onmicrosoft.example: a guest from elsewhere"
    ]


def test_intune_devices_as_powershell_writes_them(client: Client) -> None:
    after = take(client, "graph-devices", "graph-managedDevices.powershell.json")
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["encrypted"], laptop["x-serial"]) == (False, "HD0002")
    assert laptop["last_seen"] == "2026-11-24T06:40:00+00:00"
    assert laptop["os"] == {"name": "Windows", "version": "10.0.22631.4317"}
    phone = after.item("devices", "moor_androidforwork_7-1-2026")
    assert (phone["last_seen"], {"encrypted", "x-serial"} & set(phone)) == (None, set())


def test_one_device_of_powershell_is_no_list(client: Client) -> None:
    text = (
        '{"Id": "7", "DeviceName": "HD-ONE", "LastSyncDateTime": "2026-11-24T06:40:00Z",'
        ' "OperatingSystem": "Windows", "IsEncrypted": true}'
    )
    assert client.take("graph-devices", client.export("d.json", text)).item("devices", "hd-one")["encrypted"]


def test_huntress_with_other_systems(client: Client) -> None:
    after = take(client, "huntress", "huntress-agents.json")
    laptop = after.item("devices", "hd-lt-01")["antivirus"]
    assert (laptop["active"], laptop["current"], laptop["edr"]) == (True, True, True)
    mac = after.item("devices", "reefs-macbook.local")
    assert (mac["antivirus"].get("active"), mac["os"]) == (None, {"name": "macOS 15.1 (24B83)"})
    server = after.item("servers", "srv")["antivirus"]
    assert (server["active"], server["current"]) == (False, False)


def test_intune_from_an_export_job(client: Client) -> None:
    after = take(client, "intune-csv", "intune-devices.exportjob.csv", zone="UTC")
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["encrypted"], laptop["x-serial"], laptop["x-owner"]) == (False, "HD0002", "Company")
    assert "encrypted" not in after.item("devices", "moor_androidforwork")
    assert after.item("devices", "reefs-macbook")["encrypted"] is True
    assert {"encrypted", "last_seen", "x-serial"}.isdisjoint(after.item("devices", "till"))
    (one,) = [one for one in after.imported.passed if one.called == "HD-TILL-01"]
    assert (one.place.line, one.place.column) == (5, 115)


@pytest.mark.parametrize(
    ("name", "host", "why"),
    [("unprivileged", "hd-web", "run Lynis as root"), ("unnamed", "hd-mail", "does not say which")],
)
def test_lynis_that_did_not_list_what_is_missing(name: str, host: str, why: str, client: Client) -> None:
    after = take(client, "lynis", f"lynis-report.{name}.dat", zone="UTC")
    server = after.item("servers", host)
    assert (server["os"], "patches" in server) == ({"name": "Debian", "version": "11"}, False)
    (one,) = told(after, host)
    assert why in one


def test_scubagoggles_of_an_earlier_baseline(client: Client) -> None:
    after = take(client, "scuba", "scubagoggles-0.6-ScubaResults.json")
    email = after.value["email"]
    assert email["mfa_enforced_by_policy"] is True
    assert email["x-scuba"] == {
        "passed": 1, "failed": 1, "not_checked": 3, "failing": ["GWS.COMMONCONTROLS.8.1"],
    }  # fmt: skip


def test_sentinelone_with_machines_that_are_off(client: Client) -> None:
    after = take(client, "sentinelone", "sentinelone-agents.json", only="Harbour Dental")
    laptop = after.item("devices", "hd-lt-01")["antivirus"]
    assert {"active", "checked_on"}.isdisjoint(laptop)
    assert any("was not in touch with the console" in one for one in told(after, "HD-LT-01"))
    assert after.item("servers", "hd-files")["antivirus"]["active"] is True
    assert after.item("devices", "reefs-macbook")["antivirus"]["active"] is False
    assert after.imported.others == (("Elm Vets", 1),)


def test_xccdf_of_an_older_version_with_two_runs(client: Client) -> None:
    after = take(client, "xccdf", "xccdf-1.1-results.xml")
    server = after.item("servers", "srv")
    assert server["x-xccdf"] == {"passed": 2, "failed": 1, "not_checked": 3, "profile": "level-1"}
    assert after.imported.collected_at == "2026-11-21T19:12:31+00:00"


def test_a_run_on_a_system_that_is_not_named_is_told(client: Client) -> None:
    text = '<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2"><rule-result><result>pass</result></rule-result></TestResult>'
    with pytest.raises(PolicyscanError, match="a run: nothing says on which system it was"):
        client.take("xccdf", client.export("x.xml", text))


def test_xml_that_names_letters_that_it_does_not_have(client: Client) -> None:
    with pytest.raises(PolicyscanError, match="not UTF-8"):
        client.take("xccdf", client.export("x.xml", b'<?xml version="1.0" encoding="UTF-8"?><a>\xfc</a>'))
