"""Accounts as Entra ID and Google Workspace export them: registered or enrolled is not enforced."""

from __future__ import annotations

import json

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, TYPED, Client

GRAPH = "graph-userRegistrationDetails.json"
GOOGLE = "google-workspace-users.csv"


def whole(client: Client) -> object:
    """The sample of Graph without its next page."""
    value = json.loads((EXPORTS / GRAPH).read_text("utf-8"))
    del value["@odata.nextLink"]
    return client.export("g.json", json.dumps(value))


def test_a_page_with_a_next_one_is_half_an_export(client: Client) -> None:
    with pytest.raises(PolicyscanError, match="half an export"):
        client.take("graph-users", GRAPH)


def test_registered_is_not_enforced(client: Client) -> None:
    after = client.take("graph-users", whole(client))  # type: ignore[arg-type]
    reef = after.item("accounts", "a.reef@harbour.example")
    assert reef["admin"] is True
    assert "mfa" not in reef
    assert reef["x-methods"] == ["mobilePhone"]
    assert any("a guest from elsewhere" in one for one in after.passed)
    assert after.value["evidence"][0]["covers"] == ["accounts"]


def test_what_people_typed_of_a_second_factor_stays_and_is_not_called_exported(client: Client) -> None:
    client.path.write_text(
        TYPED + "accounts: [{id: reef, x-login: A.Reef@harbour.example, mfa: true}]\n", "utf-8"
    )
    after = client.take("graph-users", whole(client))  # type: ignore[arg-type]
    assert after.item("accounts", "reef")["mfa"] is True
    assert after.value["evidence"][0]["covers"] == []


def test_nothing_registered_is_no_second_factor(client: Client) -> None:
    rows = [
        {"id": "1", "userPrincipalName": "b@harbour.example", "isAdmin": False, "isMfaRegistered": False,
         "methodsRegistered": [], "userType": "member"},
        {"id": "2", "userPrincipalName": "c@harbour.example", "isAdmin": None, "isMfaRegistered": None,
         "methodsRegistered": ["fido2SecurityKey"], "userType": "member"},
    ]  # fmt: skip
    after = client.take("graph-users", client.export("g.json", json.dumps({"value": rows})))
    assert after.item("accounts", "b@harbour.example")["mfa"] is False
    assert {"mfa", "admin"}.isdisjoint(after.item("accounts", "c@harbour.example"))


def test_google_workspace(client: Client) -> None:
    after = client.take("google-workspace", GOOGLE)
    reef = after.item("accounts", "a.reef@harbour.example")
    assert (reef["mfa"], reef["enabled"], reef["last_sign_in"]) == (False, True, "2026-11-24")
    till = after.item("accounts", "till@harbour.example")
    assert (till["enabled"], till["last_sign_in"]) == (False, None)
    assert "****" not in after.path.read_text("utf-8")
    assert after.imported.told_by == "the time of the file"


def test_another_edition_of_google_workspace(client: Client) -> None:
    text = (
        "First Name [Required],Email Address [Required],Password [Required],Status [READ ONLY],"
        "Last Sign In [READ ONLY],2sv Enrolled [READ ONLY],2sv Enforced [READ ONLY],Licenses [UPLOAD ONLY]\n"
        "B,b@harbour.example,secret-1,Archived,1970/01/01 00:00:00,False,True,\n"
        "C,c@harbour.example,secret-2,Frozen,11/24/2026,,,\n"
    )
    after = client.take("google-workspace", client.export("u.csv", text))
    found = after.item("accounts", "b@harbour.example")
    assert (found["enabled"], found["mfa"], found["last_sign_in"]) == (False, True, None)
    other = after.item("accounts", "c@harbour.example")
    assert {"enabled", "mfa", "last_sign_in"}.isdisjoint(other)
    assert "secret" not in after.path.read_text("utf-8")
    assert any("'Frozen' means is not known" in one for one in after.passed)
