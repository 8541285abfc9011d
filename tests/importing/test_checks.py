"""Tools that check by themselves: not applicable, left out, manual and muted are no passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, TYPED, Client

GEAR = "scubagear-ScubaResults.json"
GOGGLES = "scubagoggles-ScubaResults.json"


def scuba(**results: str) -> str:
    controls = [
        {"Control ID": f"{name.replace('_', '.')}v1", "Result": result} for name, result in results.items()
    ]
    meta = {"Tool": "ScubaGear", "DisplayName": "Harbour Dental", "TimestampZulu": "2026-11-20T17:15:48.307Z"}
    return json.dumps({"MetaData": meta, "Results": {"AAD": [{"Controls": controls}]}})


def test_scuba_gear_with_its_mark_at_the_beginning(client: Client) -> None:
    assert (EXPORTS / GEAR).read_bytes().startswith(b"\xef\xbb\xbf")
    after = client.take("scuba", GEAR)
    email = after.value["email"]
    assert email["x-scuba"] == {"passed": 1, "failed": 1, "not_checked": 2, "failing": ["MS.AAD.3.1"]}
    assert "mfa_enforced_by_policy" not in email
    assert any(one.startswith("MS.AAD.7.4: it was not checked") for one in after.passed)
    assert after.imported.collected_at == "2026-11-20T17:15:48+00:00"
    assert "indicator" not in after.path.read_text("utf-8")


def test_scuba_goggles(client: Client) -> None:
    after = client.take("scuba", GOGGLES)
    assert after.value["email"]["x-scuba"]["not_checked"] == 1
    assert any("GWS.COMMONCONTROLS.1.2: it was not checked" in one for one in after.passed)


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({"MS_AAD_3_1": "Fail", "MS_AAD_3_2": "Pass"}, True),
        ({"MS_AAD_3_1": "Fail", "MS_AAD_3_2": "Fail"}, False),
        ({"MS_AAD_3_1": "Fail", "MS_AAD_3_2": "N/A"}, None),
        ({"MS_AAD_3_1": "Warning", "MS_AAD_3_2": "Omitted", "MS_AAD_1_1": "Pass"}, None),
        ({"MS_AAD_3_1": "Pass"}, True),
    ],
)
def test_whether_a_second_factor_is_enforced(
    results: dict[str, str], told: bool | None, client: Client
) -> None:
    after = client.take("scuba", client.export("s.json", scuba(**results)))
    assert after.value["email"].get("mfa_enforced_by_policy") is told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (scuba(MS_AAD_3_1="N/A"), "has checked nothing"),
        ("{}", "no results of ScubaGear"),
        (scuba(MS_AAD_3_1="Pass").replace("Harbour Dental", "Elm Vets"), "about Elm Vets"),
    ],
)
def test_what_scuba_did_not_say_is_refused(text: str, says: str, client: Client) -> None:
    with pytest.raises(PolicyscanError, match=says):
        client.take("scuba", client.export("s.json", text))


def test_prowler(client: Client) -> None:
    after = client.take("prowler", "prowler.ocsf.json")
    rows = json.loads((EXPORTS / "prowler.ocsf.json").read_text("utf-8"))
    codes = [row["status_code"] for row in rows if row["status"] != "Suppressed"]
    told = after.value["email"]["x-prowler"]
    assert (told["passed"], told["failed"]) == (codes.count("PASS"), codes.count("FAIL"))
    assert after.imported.collected_at.startswith("2026-11-25T09:48:43")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"status_code": "PASS"}], True),
        ([{"status_code": "FAIL"}], False),
        ([{"status_code": "MANUAL"}], None),
        ([{"status_code": "PASS", "status": "Suppressed"}], None),
        ([{"status_code": "PASS"}, {"status_code": "FAIL"}], False),
        ([{"status_code": "PASS"}, {"status_code": "MANUAL"}], None),
    ],
)  # fmt: skip
def test_a_second_sample_of_prowler(rows: list[dict[str, Any]], told: bool | None, client: Client) -> None:
    about = {"metadata": {"event_code": "entra_users_mfa_enabled"}, "time": 1795600123}
    text = json.dumps([about | row for row in rows])
    after = client.take("prowler", client.export("p.json", text))
    assert after.value["email"].get("mfa_enforced_by_policy") is told


def test_xccdf(client: Client) -> None:
    after = client.take("xccdf", "xccdf-results.xml")
    found = after.item("servers", "hd-srv-02")
    assert {key: found["x-xccdf"][key] for key in ("passed", "failed", "not_checked")} == {
        "passed": 1, "failed": 1, "not_checked": 3,
    }  # fmt: skip
    assert after.imported.collected_at == "2026-11-20T02:11:02+00:00"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<result>fail</result>", "<result>notselected</result>", None),
        ("<result>pass</result>", "<result>notapplicable</result>", None),
        ("</TestResult>", "", "breaks off"),
        ("<Benchmark ", "<!DOCTYPE a [<!ENTITY b 'c'>]><Benchmark ", "entities"),
        ("TestResult", "Other", "no TestResult"),
    ],
)
def test_results_that_say_nothing_are_refused(old: str, new: str, says: str | None, client: Client) -> None:
    text = (EXPORTS / "xccdf-results.xml").read_text("utf-8")
    assert old in text
    text = text.replace(old, new)
    if says is None:  # one that says something is left
        assert client.take("xccdf", client.export("x.xml", text)).imported.merged.new == ["hd-srv-02"]
        text = text.replace("<result>fail</result>", "<result>error</result>").replace(">pass<", ">unknown<")
        says = "has tested nothing"
    with pytest.raises(PolicyscanError, match=says):
        client.take("xccdf", client.export("y.xml", text))


def test_the_secure_score_is_kept_beside_the_facts(client: Client) -> None:
    after = client.take("graph-secure-score", "graph-secureScores.json")
    assert after.value["email"] == {"x-secure-score": {"score": 87.0, "most": 212.0, "on": "2026-11-24"}}


def test_a_second_sample_of_the_secure_score(client: Client) -> None:
    """Days in any order, a score with a fraction, comparisons by size whose names begin in capitals."""
    seats = {
        "basis": "TotalSeats",
        "averageScore": 46.5,
        "SeatSizeRangeLowerValue": "1",
        "appsScoreMax": 88.5,
    }
    vendor = {"provider": "SecureScore", "providerVersion": None, "subProvider": None, "vendor": "Microsoft"}
    days = [
        {"id": f"t_{day}", "activeUserCount": 17, "createdDateTime": f"{day}T00:00:00Z",
         "currentScore": score, "enabledServices": ["HasAADP1"], "licensedUserCount": 29, "maxScore": 863.0,
         "vendorInformation": vendor, "averageComparativeScores": [seats], "controlScores": []}
        for day, score in (("2026-11-09", 340.1), ("2026-11-10", 342.94), ("2026-11-08", 400.0))
    ]  # fmt: skip
    context = "https://graph.microsoft.com/v1.0/$metadata#security/secureScores"
    path = client.export("s.json", json.dumps({"@odata.context": context, "value": days}))
    after = client.take("graph-secure-score", path)
    assert after.value["email"] == {"x-secure-score": {"score": 342.94, "most": 863.0, "on": "2026-11-10"}}
    assert after.imported.collected_at.startswith("2026-11-10")


@pytest.mark.parametrize("when", ["03/04/2026", "soon", ""])
def test_a_score_of_a_day_that_nobody_can_tell_is_refused_or_has_none(when: str, client: Client) -> None:
    score = {"currentScore": 1, "maxScore": 2, "createdDateTime": when}
    path = client.export("s.json", json.dumps({"value": [score]}))
    if when:
        with pytest.raises(PolicyscanError, match="which moment"):
            client.take("graph-secure-score", path)
    else:
        assert client.take("graph-secure-score", path).value["email"]["x-secure-score"]["on"] is None


def test_results_of_another_shape_say_nothing(client: Client) -> None:
    odd = json.dumps(
        {"MetaData": {"Tool": "ScubaGear"}, "Results": {"AAD": "x", "EXO": [{"Controls": ["y"]}]}}
    )
    with pytest.raises(PolicyscanError, match="has checked nothing"):
        client.take("scuba", client.export("s.json", odd))


def test_what_scuba_tells_of_the_mail_system_rests_on_it(client: Client) -> None:
    after = client.take("scuba", client.export("s.json", scuba(MS_AAD_3_1="Pass")))
    assert after.value["email"]["evidence"] == "ev-scuba-2026-11-20"


def test_what_people_typed_of_the_mail_system_is_not_called_checked(client: Client) -> None:
    client.path.write_text(TYPED + "email: {mailboxes_count: 3, mailboxes_with_mfa_count: 3}\n", "utf-8")
    after = client.take("scuba", client.export("s.json", scuba(MS_AAD_3_1="Pass")))
    assert "evidence" not in after.value["email"]
