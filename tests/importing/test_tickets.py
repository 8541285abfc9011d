"""Tickets: automatic replies, priorities of one's own lists, times without a zone, years that say none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, HEAD, TYPED, Client

CONNECTWISE = "connectwise-tickets.json"
AUTOTASK = "autotask-tickets.json"
HALO = "halopsa-tickets.json"


def ticket(name: str, number: int = 0, **changes: Any) -> str:
    """One ticket of a sample with changes, as an export by itself."""
    value = json.loads((EXPORTS / name).read_text("utf-8"))
    rows = value if isinstance(value, list) else value.get("items") or value["tickets"]
    rows[:] = [rows[number] | changes]
    return json.dumps(value)


def test_a_response_stamped_at_creation_is_no_response(client: Client) -> None:
    after = client.take("connectwise", CONNECTWISE)
    down = after.item("incidents", "773256")
    assert (down["priority"], down["reported_at"]) == ("P1", "2026-10-03T23:14:00+01:00")
    assert "first_human_response_at" not in down
    assert (down["resolved_at"], down["claimed_in_sla"]) == ("2026-10-04T08:55:10+01:00", True)
    assert any("stamped 0 s after the ticket was made" in one for one in after.passed)
    assert (down["provider"], down["summary"]) == ("msp", "Server down")


def test_an_open_ticket_has_no_response_yet(client: Client) -> None:
    printer = client.take("connectwise", CONNECTWISE).item("incidents", "773300")
    assert (printer["first_human_response_at"], printer["resolved_at"]) == (None, None)
    assert printer["reported_at"] == "2026-11-20T09:01:00+00:00"
    assert (printer["priority"], "claimed_in_sla" in printer) == ("P3", False)


def test_what_people_found_out_of_a_response_stays_and_is_not_called_exported(client: Client) -> None:
    typed = "incidents: [{id: '773256', first_human_response_at: 2026-10-04T07:00:00+01:00}]\n"
    client.path.write_text(TYPED + typed, "utf-8")
    after = client.take("connectwise", CONNECTWISE)
    down = after.item("incidents", "773256")
    assert down["first_human_response_at"] == "2026-10-04T07:00:00+01:00"
    assert "evidence" not in down
    assert after.item("incidents", "773300")["evidence"] == after.value["evidence"][0]["id"]


def test_a_second_sample_of_connectwise(client: Client) -> None:
    text = ticket(
        CONNECTWISE, dateResponded="2026-10-03T22:30:00Z", priority={"id": 9, "name": "Do now"}, isInSla=False
    )
    after = client.take("connectwise", client.export("t.json", text), words={"Do now": "P1"})
    found = after.item("incidents", "773256")
    assert (found["priority"], found["claimed_in_sla"]) == ("P1", False)
    assert found["first_human_response_at"] == "2026-10-03T23:30:00+01:00"
    after = client.take("connectwise", client.export("t.json", text))
    assert any("what the priority 'Do now' means is not known" in one for one in after.passed)


def test_an_automatic_reply_two_seconds_later_is_no_response(client: Client) -> None:
    after = client.take("autotask", AUTOTASK)
    found = after.item("incidents", "T20261003.0046")
    assert {"first_human_response_at", "priority"}.isdisjoint(found)
    assert (found["claimed_in_sla"], found["resolved_at"]) == (True, "2026-10-04T08:55:00+01:00")
    assert any("stamped 1 s after" in one for one in after.passed)
    assert any("what the priority '2' means is not known" in one for one in after.passed)
    assert (
        client.take("autotask", AUTOTASK, words={"2": "p1"}).item("incidents", found["id"])["priority"]
        == "P1"
    )


def test_a_second_sample_of_autotask(client: Client) -> None:
    text = ticket(
        AUTOTASK, ticketNumber="T20261101.0001", firstResponseDateTime=None, resolvedDateTime=None, status=1,
        createDate="2026-11-01T08:00:00Z",
    )  # fmt: skip
    found = client.take("autotask", client.export("t.json", text)).item("incidents", "T20261101.0001")
    assert (found["first_human_response_at"], found["resolved_at"]) == (None, None)
    text = ticket(AUTOTASK, ticketNumber="T2", firstResponseDateTime=None)
    after = client.take("autotask", client.export("t.json", text))
    assert "first_human_response_at" not in after.item("incidents", "T2")
    assert any("closed, and no response is recorded" in one for one in after.passed)


def test_halo_needs_to_be_told_its_zone(client: Client) -> None:
    with pytest.raises(PolicyscanError, match="say no time zone"):
        client.take("halopsa", HALO)
    after = client.take("halopsa", HALO, zone="America/Chicago", words={"1": "P1", "3": "P3"})
    down = after.item("incidents", "4211")
    assert down["reported_at"] == "2026-10-04T04:14:00+01:00"
    assert down["first_human_response_at"] == "2026-10-04T13:02:27+01:00"
    assert (down["claimed_in_sla"], down["priority"]) == (False, "P1")


def test_the_year_1900_says_none(client: Client) -> None:
    found = client.take("halopsa", HALO, zone="UTC").item("incidents", "4290")
    assert (found["first_human_response_at"], found["resolved_at"]) == (None, None)
    assert "claimed_in_sla" not in found


def test_a_second_sample_of_halo(client: Client) -> None:
    text = ticket(HALO, slaresponsestate="P", responsedate="2026-10-04T22:30:00", client_name="Elm Vets")
    with pytest.raises(PolicyscanError, match="about Elm Vets"):
        client.take("halopsa", client.export("t.json", text), zone="UTC")
    after = client.take("halopsa", client.export("t.json", text), zone="UTC", only="Elm Vets")
    assert "claimed_in_sla" not in after.item("incidents", "4211")
    assert any("'P' means is not known" in one for one in after.passed)


def test_for_whom_tickets_were_has_to_be_known(client: Client) -> None:
    client.path.write_text(f"{HEAD}providers: [{{id: a}}, {{id: b}}]\n", "utf-8")
    with pytest.raises(PolicyscanError, match="which provider these tickets were for"):
        client.take("connectwise", CONNECTWISE)
    after = client.take("connectwise", CONNECTWISE, provider="b")
    assert {one["provider"] for one in after.value["incidents"]} == {"b"}


# --- training


def test_an_acknowledgement_is_no_course_and_past_due_is_not_taken(client: Client) -> None:
    after = client.take("knowbe4", "knowbe4-enrollments.json")
    (taken,) = after.value["training"]
    assert (taken["person"], taken["completed_on"]) == ("p.moor", None)
    assert taken["course"] == "Security basics 2026 (30 minutes)"
    assert "topics" not in taken
    assert any("acknowledgement of a policy" in one for one in after.passed)


def test_a_second_sample_of_knowbe4(client: Client) -> None:
    def row(number: int, email: str, status: str, done: str | None) -> dict[str, Any]:
        user = {"email": email, "first_name": "Q.", "last_name": "Quay"}
        return {"enrollment_id": number, "content_type": "Training Module", "module_name": "Phishing",
                "user": user, "completion_date": done, "status": status}  # fmt: skip

    typed = "training: [{person: a.reef, course: Phishing, topics: [phishing], completed_on: 2025-01-01}]\n"
    client.path.write_text(TYPED + typed, "utf-8")
    rows = [
        row(1, "A.REEF@harbour.example", "Passed", "2026-03-29T23:30:00.000Z"),
        row(2, "p.moor@harbour.example", "Exempted", "2026-04-02T15:02:38.000Z"),
        row(3, "q.quay@harbour.example", "Passed", "2026-04-02T15:02:38.000Z"),
        row(4, "a.reef@harbour.example", "Waiting", None),
    ]
    after = client.take("knowbe4", client.export("k.json", json.dumps(rows)))
    first, *rest = after.value["training"]
    assert (first["completed_on"], first["topics"]) == ("2026-03-30", ["phishing"])
    assert any("exempted" in one for one in after.passed)
    assert any("nobody in people has the address q.quay@harbour.example" in one for one in after.passed)
    assert any("'Waiting' means is not known" in one for one in after.passed)
    assert all("completed_on" not in one for one in rest)
