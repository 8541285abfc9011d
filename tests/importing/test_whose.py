"""Whose export it is: by names, numbers of tenants, and the domains of addresses in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from policyscan.importing.domains import domain_of, known_domains, related
from tests.cli.runner import policyscan
from tests.importing.client import EXPORTS, HEAD, Client
from tests.importing.test_folders import call, lay

ELM = "elmvets.example"


def users(*addresses: str) -> str:
    rows = [
        {
            "id": f"u{number}",
            "userPrincipalName": address,
            "isMfaRegistered": True,
            "methodsRegistered": ["x"],
        }
        for number, address in enumerate(addresses)
    ]
    return json.dumps({"value": rows})


def scores(*tenants: str) -> str:
    rows = [
        {
            "azureTenantId": tenant,
            "currentScore": day,
            "maxScore": 9,
            "createdDateTime": f"2026-11-1{day}T00:00Z",
        }
        for day, tenant in enumerate(tenants, 1)
    ]
    return json.dumps({"value": rows})


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        ("A.Reef@Harbour.example", "harbour.example"),
        ("https://www.harbour.example:8443/x", "harbour.example"),
        ("harbour.example", "harbour.example"), ("a.reef@gmail.com", ""), ("a.reef", "a.reef"), ("reef", ""),
        ("x_elm.example#EXT#@harbour.example", ""), ("a@harbour.onmicrosoft.com", ""), (None, ""),
    ],
)  # fmt: skip
def test_the_domain_that_tells_whose_something_is(said: Any, domain: str) -> None:
    assert domain_of(said) == domain


def test_by_which_domains_a_client_is_known() -> None:
    values = {
        "people": [{"id": "p.moor", "x-email": "p.moor@mail.harbour.example"}, 7],
        "accounts": [{"id": "a.reef@harbour.example"}, {"id": "till.front", "x-login": None}],
        "websites": [{"url": "https://www.harbour-shop.example/"}],
        "email": {"domains": [{"name": "harbour.test"}]},
    }
    known = {"mail.harbour.example", "harbour.example", "harbour-shop.example", "harbour.test"}
    assert known_domains(values) == known
    assert related("harbour.example", {"mail.harbour.example"})
    assert not related("our.example", {"harbour.example"})


@pytest.mark.parametrize(
    ("source", "text", "options"),
    [
        ("graph-users", users(f"a@{ELM}"), {}),
        ("graph-devices", json.dumps({"value": [
            {"id": "1", "deviceName": "E", "lastSyncDateTime": None, "userPrincipalName": f"a@{ELM}"}]}), {}),
        ("google-workspace", f"Email Address,Status,2sv Enforced\na@{ELM},Active,True\n", {}),
        ("intune-csv", f"Device ID,Device name,Last check-in,Primary user UPN\n1,E,,a@{ELM}\n",
         {"zone": "UTC"}),
        ("intune-csv", f"DeviceId,DeviceName,LastContact,UPN\n1,E,,a@{ELM}\n", {"zone": "UTC"}),
        ("checkdmarc", json.dumps({"domain": ELM, "spf": {"record": "x"}, "dmarc": {}}), {}),
    ],
)  # fmt: skip
def test_addresses_of_somebody_else_are_refused(
    source: str, text: str, options: dict[str, str], client: Client
) -> None:
    before = client.path.read_bytes()
    path = client.export("x.dat", text)
    with pytest.raises(PolicyscanError, match=f"about {ELM}, and harbour is known by harbour.example"):
        client.take(source, path, **options)
    assert client.path.read_bytes() == before
    after = client.take(source, path, only=ELM, **options)
    assert after.value["organisation"]["x-sources"] == {source: ELM}
    assert client.take(source, path, **options).imported.client == ELM


def test_the_domain_of_a_first_export_is_remembered(client: Client) -> None:
    client.path.write_text(HEAD, "utf-8")
    first = client.export("1.json", users(f"a@{ELM}", f"b@{ELM}", "c@second.example", "d@gmail.com"))
    after = client.take("graph-users", first)
    assert after.value["organisation"]["x-sources"] == {"graph-users": ELM}
    assert any(
        one.startswith("second.example: nothing says that it is a domain of harbour") for one in after.passed
    )
    other = client.export("2.json", users("a@harbour.example"))
    with pytest.raises(PolicyscanError, match=f"about harbour.example, and harbour is known by {ELM}"):
        client.take("graph-users", other)


def test_domains_of_others_in_one_answer_of_checkdmarc_are_not_taken(client: Client) -> None:
    rows = [
        {"domain": name, "spf": {"record": "v=spf1 -all", "valid": True}, "dmarc": {}}
        for name in (ELM, "harbour.example")
    ]
    after = client.take("checkdmarc", client.export("c.json", json.dumps(rows)))
    assert [one["name"] for one in after.value["email"]["domains"]] == ["harbour.example"]
    assert after.imported.others == ((ELM, 1),)


def test_the_score_of_another_tenant_is_refused(client: Client) -> None:
    one, other = "00000001-0001-4001-8001-000000000001", "00000002-0001-4001-8001-000000000001"
    with pytest.raises(PolicyscanError, match=f"several clients: {one}, {other}"):
        client.take("graph-secure-score", client.export("s.json", scores(one, other)))
    after = client.take("graph-secure-score", client.export("s.json", scores(one, one)))
    assert after.value["email"]["x-secure-score"]["score"] == 2
    assert after.value["organisation"]["x-sources"] == {"graph-secure-score": one}
    with pytest.raises(PolicyscanError, match=f"no row of this export is about {one}"):
        client.take("graph-secure-score", client.export("t.json", scores(other)))


def test_findings_of_prowler_about_another_account_are_left_out(client: Client) -> None:
    def finding(account: str, status: str) -> dict[str, Any]:
        about = {"metadata": {"event_code": "entra_users_mfa_enabled"}, "time": 1795600123}
        return {**about, "status_code": status, "cloud": {"account": {"uid": account}}}

    path = client.export("p.json", json.dumps([finding("1", "FAIL"), finding("2", "PASS")]))
    with pytest.raises(PolicyscanError, match="several clients: 1, 2"):
        client.take("prowler", path)
    after = client.take("prowler", path, only="1")
    assert (after.value["email"]["mfa_enforced_by_policy"], after.imported.others) == (False, (("2", 1),))


def test_a_run_that_ended_later_is_newer_whatever_its_zone_looks_like(client: Client) -> None:
    result = "<target>srv</target><rule-result><result>{}</result></rule-result>"
    run = f'<TestResult end-time="{{}}">{result}</TestResult>'
    runs = run.format("2026-11-20T23:00:00-05:00", "fail") + run.format("2026-11-21T03:30:00+00:00", "pass")
    text = f'<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">{runs}</Benchmark>'
    after = client.take("xccdf", client.export("x.xml", text))
    assert after.item("servers", "srv")["x-xccdf"]["failed"] == 1
    assert after.imported.collected_at == "2026-11-21T04:00:00+00:00"


# --- all clients at once


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("huntress-agents.json", "no client's file says what huntress calls it"),
        ("graph-devices.json", "an export of graph-devices is about one client, and nothing says which"),
    ],
)
def test_a_shared_export_that_is_nobodys_is_refused(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 1)
    (tmp_path / f"exports/{name}").write_text("[]", "utf-8")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert (ran.code, f"exports/{name}:1:1: {says}" in ran.err) == (2, True)
    assert "hostname" not in (tmp_path / "inventories/c0.yaml").read_text("utf-8")


def test_that_an_export_of_its_own_takes_the_place_of_the_shared_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 2)
    export = (EXPORTS / "ninjaone-devices-detailed.json").read_bytes()
    for client, name in (("c0", "'7'"), ("c1", "'8'")):
        call(tmp_path, client, name)
    for path in ("ninjaone-devices.json", "c0/ninjaone.json"):
        (tmp_path / "exports" / path).write_bytes(export)
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all", "--dry-run")
    note = (
        "note: exports/ninjaone-devices.json was not read for it: there are exports of that tool in its own"
    )
    assert (ran.code, f"c0: {note}" in ran.out, f"c1: {note}" in ran.out) == (0, True, False)
