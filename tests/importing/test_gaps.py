"""Rows from which something is missing: what an export does not say is never taken for good news."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, TYPED, Client


def without(name: str, *path: Any) -> str:
    """A sample without what stands at a path."""
    value = holder = json.loads((EXPORTS / name).read_text("utf-8-sig"))
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return json.dumps(value)


def test_a_valid_record_that_is_not_in_the_answer_may_let_everybody_send(client: Client) -> None:
    row = {"domain": "harbour.example", "spf": {"record": None, "valid": True}, "dmarc": {}}
    after = client.take("checkdmarc", client.export("c.json", json.dumps(row)))
    (domain,) = after.value["email"]["domains"]
    assert {"spf_valid", "checked_on"}.isdisjoint(domain)


@pytest.mark.parametrize("path", [("context",), ("context", "id"), ("policies", 0, "id")])
def test_a_plan_of_acronis_without_a_number_is_nobodys(path: tuple[Any, ...], client: Client) -> None:
    text = without("acronis-resource_statuses.json", "items", 0, *path)
    with pytest.raises(PolicyscanError, match=r"nothing says which thing it is|it has no context"):
        client.take("acronis", client.export("a.json", text))


def test_what_is_encrypted_is_not_clear_where_nobody_says_which_system_it_runs(client: Client) -> None:
    text = without("graph-managedDevices.json", "value", 0, "operatingSystem")
    after = client.take("graph-devices", client.export("g.json", text))
    assert "encrypted" not in after.item("devices", "hd-lt-01")


def test_a_ticket_that_may_be_open_claims_nothing(client: Client) -> None:
    text = without("connectwise-tickets.json", 0, "closedFlag")
    after = client.take("connectwise", client.export("t.json", text))
    assert "claimed_in_sla" not in after.item("incidents", "773256")


def test_what_may_be_the_acknowledgement_of_a_policy_is_no_course(client: Client) -> None:
    text = without("knowbe4-enrollments.json", 0, "content_type")
    after = client.take("knowbe4", client.export("k.json", text))
    assert any("it does not say whether it is a course" in one for one in after.passed)
    assert all(one["person"] != "a.reef" for one in after.value["training"])


def test_a_job_of_which_nobody_knows_what_it_does_is_no_backup(client: Client) -> None:
    text = without("veeam-vspc-v2-jobs.json", 0, "type")
    after = client.take("veeam", client.export("v.json", text))
    assert "last_success" not in after.item("backups", "hd-servers-to-repository")


@pytest.mark.parametrize("name", ["state", "signatures_up_to_date"])
def test_what_osquery_does_not_say_of_antivirus_is_not_known(name: str, client: Client) -> None:
    known = "product: Microsoft Defender Antivirus, active: true, current: true, checked_on: 2026-01-05"
    laptop = f"  - {{id: laptop, hostname: HD-LT-01, antivirus: {{{known}}}}}\n"
    client.path.write_text(TYPED.replace("devices:\n", f"devices:\n{laptop}"), "utf-8")
    text = without("osquery-it-compliance.json", "windows_security_products", 0, name)
    antivirus = client.take("osquery", client.export("o.json", text)).item("devices", "laptop")["antivirus"]
    assert (antivirus["active"], antivirus["current"], str(antivirus["checked_on"])) == (
        True,
        True,
        "2026-01-05",
    )


def test_the_day_of_a_scan_is_when_a_fix_was_first_seen_missing(client: Client) -> None:
    rows = json.loads((EXPORTS / "ninjaone-devices-detailed.json").read_text("utf-8"))
    for row in rows:
        row["lastContact"] = 1790000000
    patches = EXPORTS / "ninjaone-software-patches.json"
    after = client.take("ninjaone", client.export("d.json", json.dumps(rows)), patches, only="7")
    missing = {fix["id"]: fix for fix in after.item("devices", "till")["patches"]["missing"]}
    assert missing["Example Browser 141.0.7390.55"]["first_seen_missing_on"] == "2026-11-25"


def test_a_row_with_the_sum_is_no_device(client: Client) -> None:
    text = "Device ID,Device name,Last check-in,OS\n1,HD-LT-01,,Windows\nTotal: 1,,,\nSumme,1,,\n"
    after = client.take("intune-csv", client.export("i.csv", text), zone="UTC")
    assert after.imported.merged.new == ["HD-LT-01"]
    assert after.passed[-2:] == ["Total: 1: it sums up the others", "1: it sums up the others"]


@pytest.mark.parametrize(
    "name", ["SUMA-PATEL", "Summer-Brown", "Total-Tools-1", "Suma Patel", "Total Tools 1"]
)
def test_a_name_that_begins_like_a_sum_is_none(client: Client, name: str) -> None:
    text = f"Device ID,Device name,Last check-in,OS\n1,HD-LT-01,,Windows\n{name},X,,\n,{name},,\n"
    after = client.take("intune-csv", client.export("i.csv", text), zone="UTC")
    assert name in after.imported.merged.new
    assert not [said for said in after.passed if "sums up" in said]


def test_names_of_columns_may_have_spaces_that_do_not_break(client: Client) -> None:
    text = "Device\N{NO-BREAK SPACE}ID;Device name ;Last  check-in\n1;HD-LT-01;2026-11-24 06:40\n"
    after = client.take("intune-csv", client.export("i.csv", text), zone="UTC")
    assert after.item("devices", "hd-lt-01")["last_seen"] == "2026-11-24T06:40:00+00:00"
