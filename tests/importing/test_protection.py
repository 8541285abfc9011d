"""What protects machines, as EDR consoles, osquery and Lynis tell; and mail, as checkdmarc looks it up."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, NOW, TYPED, UNTYPED, Client


def rows_of(name: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((EXPORTS / name).read_text("utf-8"))[key]
    return found


def saved(client: Client, name: str) -> Any:
    """A sample as a file that was saved on a known day."""
    path = client.export(name, (EXPORTS / name).read_bytes())
    os.utime(path, (NOW.timestamp() - 86400 * 2,) * 2)
    return path


def test_huntress(client: Client) -> None:
    after = client.take("huntress", "huntress-agents.json")
    laptop = after.item("devices", "hd-lt-01")
    assert (
        laptop["antivirus"]["edr"] is laptop["antivirus"]["current"] is laptop["antivirus"]["active"] is True
    )
    till = after.item("devices", "till")
    assert (till["antivirus"]["active"], till["antivirus"]["current"]) == (True, False)
    assert till["antivirus"]["checked_on"] == "2026-10-02"
    assert "x-serial" not in till
    assert till["antivirus"]["edr"] is False  # as people typed it


def test_of_two_agents_of_one_machine_the_one_that_was_seen_later_counts(client: Client) -> None:
    rows = rows_of("huntress-agents.json", "agents")
    old = {**rows[0], "id": 4000, "last_callback_at": "2026-01-01T00:00:00Z", "defender_status": "Disabled"}
    odd = {
        "id": 1,
        "hostname": "X",
        "serial_number": "S",
        "defender_status": "Odd",
        "defender_substatus": None,
    }
    text = json.dumps({"agents": [old, rows[0], rows[0] | odd]})
    after = client.take("huntress", client.export("h.json", text))
    assert after.item("devices", "hd-lt-01")["antivirus"]["active"] is True
    assert any("it is the same as HD-LT-01, which was seen later" in one for one in after.passed)
    assert {"active", "current"}.isdisjoint(after.item("devices", "x")["antivirus"])


def test_sentinelone(client: Client) -> None:
    after = client.take("sentinelone", "sentinelone-agents.json")
    laptop = after.item("devices", "hd-lt-01")
    assert (laptop["kind"], laptop["antivirus"]["active"], laptop["antivirus"]["edr"]) == (
        "laptop",
        True,
        True,
    )
    server = after.item("servers", "srv")["antivirus"]
    assert (server["active"], server["current"], server["definitions_date"]) == (False, False, None)


@pytest.mark.parametrize(
    ("change", "active"),
    [
        ({"mitigationMode": "detect"}, False), ({"operationalState": "partially_disabled"}, False),
        ({"isActive": False, "operationalState": "disabled"}, False), ({"operationalState": None}, True),
    ],
)  # fmt: skip
def test_an_agent_that_does_not_stop_anything_is_not_active(
    change: dict[str, Any], active: bool, client: Client
) -> None:
    rows = rows_of("sentinelone-agents.json", "data")
    text = json.dumps({"data": [rows[0] | change, rows[1] | {"isDecommissioned": True}]})
    after = client.take("sentinelone", client.export("s.json", text))
    assert after.item("devices", "hd-lt-01")["antivirus"]["active"] is active
    assert any("taken out of service" in one for one in after.passed)


def test_defender(client: Client) -> None:
    after = client.take("defender", "defender-machines.jsonl")
    laptop = after.item("devices", "hd-lt-01")
    assert laptop["antivirus"]["edr"] is True
    assert (laptop["os"]["version"], laptop["last_seen"][:10]) == ("23H2", "2026-11-24")
    server = after.item("servers", "srv")
    assert "antivirus" not in server
    assert any("its sensor is Onboarded and Inactive" in one for one in after.passed)
    assert any("seen later" in one for one in after.passed)


def test_a_second_sample_of_defender(client: Client) -> None:
    machine = {"id": "m", "computerDnsName": "m", "healthStatus": "Active", "onboardingStatus": "Onboarded"}
    rows = [
        machine, machine | {"id": "n", "mergedIntoMachineId": "m"},
        machine | {"id": "o", "computerDnsName": "o", "isExcluded": True, "exclusionReason": "OutOfScope"},
    ]  # fmt: skip
    after = client.take("defender", client.export("d.json", json.dumps({"value": rows})))
    assert after.imported.merged.new == ["m"]
    assert any("merged into another" in one for one in after.passed)
    assert any("excluded in Defender: OutOfScope" in one for one in after.passed)


def test_osquery_writes_everything_as_text(client: Client) -> None:
    after = client.take("osquery", saved(client, "osquery-it-compliance.json"))
    found = after.item("devices", "hd-lt-01")
    assert found["encrypted"] is False
    antivirus = found["antivirus"]
    assert (antivirus["product"], antivirus["active"]) == ("Microsoft Defender Antivirus", True)
    assert (antivirus["current"], antivirus["checked_on"]) == (True, "2026-11-25")
    assert after.imported.told_by == "the time of the file"


def test_a_second_sample_of_osquery(client: Client) -> None:
    value = {
        "os_version": [{"name": "Windows 11", "version": "10"}],
        "system_info": [{"hostname": "hd-till-01", "hardware_serial": "HD0001", "uuid": "U"}],
        "windows_security_products": [
            {"type": "Antivirus", "name": "X", "state": "Expired", "signatures_up_to_date": "1"},
            {"type": "Firewall", "name": "F", "state": "On", "signatures_up_to_date": "1"},
        ],
    }
    after = client.take("osquery", client.export("o.json", json.dumps(value)))
    till = after.item("devices", "till")
    assert (till["x-serial"], till["antivirus"]["product"]) == ("HD0001", "X")
    assert till["antivirus"]["active"] is False
    assert ("encrypted" in till, "edr" in till["antivirus"]) == (False, False)
    assert after.imported.merged.forgotten == ["till: os.support_ends", "till: antivirus.edr"]
    with pytest.raises(PolicyscanError, match="no os_version"):
        client.take("osquery", client.export("p.json", "{}"))


def test_lynis(client: Client) -> None:
    with pytest.raises(PolicyscanError, match="say no time zone"):
        client.take("lynis", "lynis-report.dat")
    after = client.take("lynis", "lynis-report.dat", zone="Europe/London")
    server = after.item("servers", "hd-srv-02")
    assert server["os"] == {"name": "Debian", "version": "12"}
    assert server["patches"]["scanned_on"] == "2026-11-20"
    (fix,) = server["patches"]["missing"]
    assert (fix["id"], fix["severity"], fix["first_seen_missing_on"]) == ("libexample1", None, "2026-11-20")
    assert "antivirus" not in server


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lynis_tests_done=257", "lynis_tests_done=7", "7 tests were done"),
        ("lynis_tests_done=257", "lynis_tests_done=", "no tests were done"),
        ("finish=true\n", "", "not a whole one"),
        ("lynis_version=3.1.6\n", "", "no report of Lynis"),
    ],
)
def test_a_run_that_tested_next_to_nothing_is_refused(old: str, new: str, says: str, client: Client) -> None:
    text = (EXPORTS / "lynis-report.dat").read_text("utf-8")
    assert old in text
    with pytest.raises(PolicyscanError, match=says):
        client.take("lynis", client.export("l.dat", text.replace(old, new)), zone="UTC")


def test_without_a_tool_that_looks_packages_up_lynis_says_nothing_of_fixes(client: Client) -> None:
    text = (EXPORTS / "lynis-report.dat").read_text("utf-8").replace("package_audit_tool_found=1", "")
    after = client.take("lynis", client.export("l.dat", text), zone="UTC")
    assert "patches" not in after.item("servers", "hd-srv-02")


def test_checkdmarc(client: Client) -> None:
    domains = "[{name: acme-bakery.test}, {name: nodmarc.test}]"
    client.path.write_text(f"{TYPED}email: {{mailboxes_count: 3, domains: {domains}}}\n", "utf-8")
    after = client.take("checkdmarc", saved(client, "checkdmarc.json"))
    found = {one["name"]: one for one in after.value["email"]["domains"]}
    sample = json.loads((EXPORTS / "checkdmarc.json").read_text("utf-8"))
    rows = sample if isinstance(sample, list) else [sample]
    assert set(found) == {row["domain"] for row in rows}
    for one in found.values():
        assert one["checked_on"] == "2026-11-25"
        assert "dkim_enabled" not in one
        assert one["evidence"] == "ev-checkdmarc-2026-11-25"
    assert "evidence" not in after.value["email"]  # the mailboxes were typed


def test_what_people_typed_of_a_domain_is_not_called_looked_up(client: Client) -> None:
    known = "{name: harbour.example, dkim_enabled: true}"
    client.path.write_text(f"{TYPED}email: {{domains: [{known}]}}\n", "utf-8")
    after = client.take("checkdmarc", client.export("c.json", _domain("v=spf1 mx -all", "v=DMARC1; p=none")))
    (found,) = after.value["email"]["domains"]
    assert (found["spf_valid"], "evidence" in found) == (True, False)


def _domain(spf: str, dmarc: str | None, *, valid: bool = True) -> str:
    policy = {"record": dmarc, "valid": valid and dmarc is not None, "tags": {}}
    return json.dumps({"domain": "harbour.example", "spf": {"record": spf, "valid": True}, "dmarc": policy})


@pytest.mark.parametrize(
    ("spf", "dmarc", "facts"),
    [
        ("v=spf1 +all", "v=DMARC1; p=reject", (False, "reject", None, False)),
        ("v=spf1 all", "v=DMARC1; p=none; pct=50", (False, "none", 50.0, False)),
        ("v=spf1 mx -all", "v=DMARC1; p=reject; t=y", (True, "reject", None, True)),
        ("v=spf1 mx ~all", None, (True, None, None, False)),
    ],
)
def test_what_a_record_says(spf: str, dmarc: str | None, facts: tuple[Any, ...], client: Client) -> None:
    after = client.take("checkdmarc", client.export("c.json", _domain(spf, dmarc)))
    (found,) = after.value["email"]["domains"]
    keys = ("spf_valid", "dmarc_policy", "dmarc_pct", "dmarc_testing")
    assert tuple(found[key] for key in keys) == facts


def test_what_was_not_looked_up_says_nothing_of_a_domain(client: Client) -> None:
    known = "{name: harbour.example, spf_valid: true, dmarc_policy: reject, checked_on: 2026-01-05}"
    client.path.write_text(f"{TYPED}email: {{domains: [{known}]}}\n", "utf-8")
    other = json.loads(_domain("v=spf1 -all", None)) | {"domain": "other.example"}
    text = json.dumps([other, {"domain": "harbour.example", "dmarc": None}])
    after = client.take("checkdmarc", client.export("c.json", text))
    found = after.value["email"]["domains"][0]
    assert (found["spf_valid"], found["dmarc_policy"]) == (True, "reject")
    assert str(found["checked_on"]) == "2026-01-05"
    assert any("its SPF record was not looked up" in one for one in after.passed)


def test_what_is_older_than_what_is_known_does_not_take_its_place(client: Client) -> None:
    client.path.write_text(UNTYPED, "utf-8")
    client.take("ninjaone", "ninjaone-devices-detailed.json", "ninjaone-antivirus-status.json", only="7")
    after = client.take("huntress", "huntress-agents.json")
    till = after.item("devices", "till")
    assert (till["last_seen"][:10], till["antivirus"]["checked_on"]) == ("2026-11-25", "2026-11-25")
    assert till["x-huntress"] == "5002"
    assert any("it was seen later already, on 2026-11-25" in one for one in after.passed)
    assert till["antivirus"]["evidence"] == "ev-ninjaone-2026-11-25"
