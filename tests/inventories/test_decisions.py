"""What could be read in two ways: each row of docs/decisions.md, tried on a client that has nothing of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

import policyscan
from policyscan.findings import Report
from policyscan.records import NamedTuple

ROOT = Path(__file__).parents[2]
CLIENT = "clients/alder-finch.yaml"
PROVIDER = "providers/granite-peak.yaml"
BEN = "id: ben, person: p-okafor, admin: false, mfa: true, enabled: true, created_on: "
OUTSIDE = {
    "name: Iris Reyes,": "name: Iris Reyes, employment: external,",
    "employees_count: 6": "employees_count: 5",
}
FREE = {f"downtime_cost_per_day: {cost}": "downtime_cost_per_day: 0" for cost in (6200, 4100, 2500)}


class Row(NamedTuple):
    """What is written instead of what, in which file; what turns for it; what is said, as the page has it."""

    changes: dict[str, str]
    turns: Mapping[str, str] = MappingProxyType({})  # statuses of controls, and rules that are broken
    says: str = ""
    file: str = CLIENT
    of: str = CLIENT  # whose results are looked at


ROWS = {
    "a standstill filed as a small matter": Row(
        {
            "P1, reported_at: 2026-08-29": "P4, summary: Whole office is down since 2, reported_at: "
            "2026-08-29",
            "response_at: 2026-08-29T02:58": "response_at: 2026-08-29T05:58",
        },
        {"CONS-189": "fail", "SLA-02": "unknown", "SLA-03": "unknown"},
        "GP-402 is filed as P4, and reads: Whole office is down since 2",
    ),
    "a small matter without a word on what it was": Row(
        {
            "P1, reported_at: 2026-08-29T02:40": "P4, reported_at: 2026-08-29T02:40",
            "response_at: 2026-08-29T02:58": "response_at: 2026-08-29T05:58",
        },
    ),
    "two lists that leave their people to each other": Row(
        {
            "record_count_as_of: 2026-09-30\n    overlaps_with: []\n    value: {amount: 900000": (
                "record_count_as_of: 2026-09-30\n    overlaps_with: [staff]\n    value: {amount: 900000"
            ),
            "record_count_as_of: 2026-09-30\n    overlaps_with: []\n    value: {amount: 15000": (
                "record_count_as_of: 2026-09-30\n    overlaps_with: [returns]\n    value: {amount: 15000"
            ),
        },
    ),
    "two people approve, where one works": Row(
        {"two_people_above: null": "two_people_above: 0"},
        file="clients/mika-lind.yaml",
        of="clients/mika-lind.yaml",
    ),
    "no website, and a service to edit one": Row(
        {
            "\ntraining:\n": (
                "\ncloud_services:\n  - {id: pages, name: Website editor, server: null, users_count: 2, "
                "users_with_mfa_count: 2, admins_count: 1, admins_with_mfa_count: 1, checked_on: 2026-08-14}"
                "\ntraining:\n"
            )
        },
        {"ACC-03": "pass", "CONS-188": "fail", "WEB-01": "unknown"},
        "it is said that there is no website, and people sign in to: Website editor",
        file="clients/elm-vets.yaml",
        of="clients/elm-vets.yaml",
    ),
    "a dedicated server behind barriers between tenants": Row(
        {
            "tenancy: {model: shared, tenants_count: null, asked_on: 2026-05-04}\n"
            "    data_segregation: {method: separate_tenant": (
                "tenancy: {model: dedicated, tenants_count: 1, asked_on: 2026-05-04}\n"
                "    data_segregation: {method: separate_tenant"
            ),
            "statements:  ": "statements:\n"
            '  - {about: ["servers[srv-mail].tenancy.model"], value: dedicated, by: p-finch, '
            "stated_on: 2026-05-04, reason: The tenant is ours alone.}\n",
        },
        {"CONS-180": "fail", **dict.fromkeys(("TEN-01", "TEN-02", "TEN-03", "TEN-04"), "unknown")},
        "srv-mail is called dedicated, and its data is kept from that of others by: separate tenant",
    ),
    "answered within seconds, time after time": Row(
        {
            "response_at: 2026-01-21T09:19:00-07:00": "response_at: 2026-01-21T09:10:02-07:00",
            "response_at: 2026-04-11T22:21:00-06:00": "response_at: 2026-04-11T22:05:02-06:00",
            "response_at: 2026-07-03T07:08:00-06:00": "response_at: 2026-07-03T06:45:02-06:00",
            "response_at: 2026-08-29T02:58:00-06:00": "response_at: 2026-08-29T02:40:02-06:00",
            "response_at: 2026-02-17T09:20:00-07:00": "response_at: 2026-02-16T16:50:02-07:00",
            "response_at: 2026-05-27T11:10:00-06:00": "response_at: 2026-05-27T10:30:02-06:00",
            "response_at: 2026-10-06T13:40:00-06:00": "response_at: 2026-10-06T13:05:02-06:00",
        },
        {"CONS-135": "fail", "SLA-02": "unknown", "SLA-03": "unknown"},
        "that fast only a machine is",
    ),
    "one dollar on a line of the budget": Row(
        {"cyber_insurance: 3400": "cyber_insurance: 1"},
        {"BUD-01": "fail", "BUD-03": "fail"},
        "1 USD is on one of the four lines of 2026, and 41,000 USD was spent on IT: that buys nothing",
    ),
    "an exposure of one word": Row(
        {'"Returns are mailed to clients as attachments in March and April"': "Phishing"},
        {"CONS-137": "fail"},
        'X1 is said to be specific to this business, and reads "Phishing"',
    ),
    "one person to notify, twice": Row(
        {
            '{person: p-finch, order: 2, phone_out_of_band: "+1-303-555-0111"': (
                "{person: p-boyd, order: 2, phone_out_of_band: null, on_file: true"
            ),
            '    - {person: p-alder, order: 3, phone_out_of_band: "+1-303-555-0110", '
            "actions: [tell_clients], verified_on: 2026-09-14}\n": "",
        },
        {"PLAN-03": "fail"},
        "the plan notifies one person only",
    ),
    "one number for two people": Row(
        {
            '"+1-303-555-0111", actions': '"+1-303-555-0110", actions',
            '"+1-303-555-0111", verified_on': '"+1-303-555-0110", verified_on',
        },
        {"PLAN-03": "fail"},
        "and for nobody else, that works without the firm's own telephones",
    ),
    "a number on file elsewhere": Row(
        {'"+1-303-555-0111", actions': "null, on_file: true, actions"},
    ),
    "a copy with somebody who left": Row(
        {"location: at home, holder: p-finch": "location: at home, holder: p-hart"},
        {"PLAN-06": "fail"},
        "fewer than 2 copies of the plan of 2026-06-24 can be read when IT is down",
    ),
    "two copies in one cupboard": Row(
        {"location: at home, holder: p-finch": "location: safe in the office, holder: p-boyd"},
        {"PLAN-06": "fail"},
        "all copies of the plan of 2026-06-24 are in one place, and lost with it",
    ),
    "a test without anybody of the business": Row(
        {"people: [p-boyd, p-finch, p-alder]": "people: []"},
        {"INS-06": "fail", "PLAN-07": "fail"},
        "nobody of the business took part in the test of 2026-09-12",
    ),
    "treated before the audit that found it open": Row(
        {"done_on: 2026-08-12": "done_on: 2026-03-12"},
        {"CONS-89": "fail", "RISK-05": "unknown"},
        "it was treated on 2026-03-12, before the audit of 2026-06-10 found it open",
    ),
    "an application signed months into the policy": Row(
        {"plan_tested, answer: true, signed_on: 2026-03": "plan_tested, answer: true, signed_on: 2026-06"},
        {"CONS-87": "fail", "CONS-93": "fail", "INS-06": "unknown"},
        "cyber-2026 began on 2026-04-01, and the application that it rests on was signed on 2026-06-12",
    ),
    "a desktop with a tablet's system": Row(
        {"hostname: AF-TAB, kind: tablet": "hostname: AF-TAB, kind: desktop"},
        {"CONS-14": "fail", "AV-01": "unknown", "AV-02": "unknown", "DEV-01": "unknown"},
        "tab-door is a desktop, and runs iPadOS",
    ),
    "a time zone on another continent": Row(
        {"time_zone: America/Denver": "time_zone: Asia/Tokyo"},
        {
            "CONS-125": "fail",
            "CONS-159": "fail",
            "BRIEF-03": "unknown",
            "LOG-03": "unknown",
            "SLA-02": "unknown",
            "SLA-03": "unknown",
        },
        "its country is US, and the time zone of its file is Asia/Tokyo",
    ),
    "a test with one person": Row(
        {"people: [p-boyd, p-finch, p-alder]": "people: [p-boyd]"},
    ),
    "all four jobs with one person": Row(
        {
            "find_problem: {owner: granite-peak": "find_problem: {owner: p-alder",
            "restore_critical_systems: {owner: granite-peak": "restore_critical_systems: {owner: p-alder",
        },
        {"PLAN-02": "fail"},
        "nobody shares the jobs of the plan",
    ),
    "three jobs with one person": Row(
        {"restore_critical_systems: {owner: granite-peak": "restore_critical_systems: {owner: p-alder"},
    ),
    "a provider that looked into itself": Row(
        {"{done_on: 2026-02-11, by: Lena Boyd": "{done_on: 2026-02-11, by: Granite Peak Managed IT"},
        {"PROV-02": "fail"},
        "it looked into itself on 2026-02-11",
    ),
    "one of the provider's people": Row(
        {"{done_on: 2026-02-11, by: Lena Boyd": "{done_on: 2026-02-11, by: Lee Fox"},
        {"CONS-190": "fail", "PROV-02": "unknown"},
        "Lee Fox looked into granite-peak on 2026-02-11, and is on its list of staff",
    ),
    "a review without a document": Row(
        {"document: SLA review 2026.pdf": "document: null"},
        {"PROV-08": "fail"},
        "nobody independent has assessed it for the services in use",
        PROVIDER,
    ),
    "trained by an earlier employer": Row(
        {
            "role: accountant, leadership: false, start_date: 2022-01-10": (
                "role: accountant, leadership: false, start_date: 2026-08-03"
            ),
            f"{BEN}2022-01-10": f"{BEN}2026-08-03",  # his account, too
        },
        {"CONS-32": "fail", "RISK-03": "fail", "TRAIN-01": "unknown"},
        "completed Security awareness 2026 on 2026-04-28, and started on 2026-08-03",
    ),
    "trained a few days before the first": Row(
        {
            "role: accountant, leadership: false, start_date: 2022-01-10": (
                "role: accountant, leadership: false, start_date: 2026-05-04"
            ),
            f"{BEN}2022-01-10": f"{BEN}2026-05-04",  # his account, too
        },
        {"TRAIN-01": "fail"},
        "4 of 5 people completed their training in time",
    ),
    "from outside, with a computer of the firm": Row(
        OUTSIDE,
        {"CONS-56": "fail", "RISK-03": "unknown", "TRAIN-01": "unknown"},
        "Iris Reyes is said to be from outside, and works at",
    ),
    "from outside, with an account alone": Row(
        {
            **OUTSIDE,
            "kind: laptop, user: p-reyes": "kind: laptop, user: null",
            "statements:  ": "statements:\n"
            '  - {about: ["people[p-reyes].employment"], value: external, by: p-alder, '
            "stated_on: 2026-05-04, reason: She is sent by a firm that trains her.}\n",
        },
    ),
    "a standstill that costs nothing": Row(
        FREE,
    ),
    "a standstill that costs nothing, and no insurance for it": Row(
        {
            **FREE,
            "data_restoration, business_interruption,": "data_restoration,",
        },
        {"INS-03": "fail", "SLA-05": "fail"},
        "no insurance pays for interruption",
    ),
    "insurance within the price of the ledger": Row(
        {
            "cyber_insurance: 3400}": "cyber_insurance: 0, included_in: {cyber_insurance: example-ledger}}",
        },
        {"CONS-57": "fail", "BUD-01": "fail", "BUD-03": "unknown"},
        "insurance is said to be included by example-ledger, which does:",
    ),
    "antivirus within the price of device management": Row(
        {
            "{antivirus: 1600, software_updates: 1800,": (
                "{antivirus: 0, included_in: {antivirus: granite-peak}, software_updates: 1800,"
            )
        },
        {"BUD-01": "fail"},
    ),
    "an exposure that nobody was shown": Row(
        {"shared_on: 2026-06-17": "shared_on: null"},
        {"RISK-06": "fail"},
        "nobody who decides for the business today was shown it",
    ),
    "a provider that counts fewer computers than one of its clients has": Row(
        {"endpoints_managed_count: 910": "endpoints_managed_count: 5"},
        {"CONS-49": "fail"},
        "devices that granite-peak manages: 7 on the client's list; 5 of all clients together",
        PROVIDER,
    ),
    "all copies of a backup on the premises": Row(
        {
            "{location: on_site, isolated: false}, {location: cloud, isolated: true, immutable: true}": (
                "{location: on_site, isolated: true, immutable: true}"
            )
        },
        {"INS-06": "fail", "REC-03": "fail"},
        "has a copy off the premises: a fire takes all with the system",
    ),
    "a year of data may be lost, and the backup is old": Row(
        {
            "rpo_hours: 24, downtime_cost_per_day: 4100": "rpo_hours: 8760, downtime_cost_per_day: 4100",
            "last_success: 2026-10-31T02:20:00-06:00": "last_success: 2026-06-01T02:20:00-06:00",
        },
        {"INS-06": "fail", "REC-03": "fail"},
        "no good backup within 168 hours; 8760 hours may be lost",
    ),
    "a year without the files is bearable": Row(
        {
            "rto_hours: 24, rpo_hours: 24, downtime_cost_per_day: 4100": (
                "rto_hours: 8760, rpo_hours: 24, downtime_cost_per_day: 4100"
            )
        },
    ),
    "declined without a signature, long ago": Row(
        {
            "made_on: 2026-02-11": "made_on: 2025-10-15",
            "decided_on: 2026-02-20": "decided_on: 2025-10-20",
            "signed_document: Decline 2026-02-20.pdf": "signed_document: null",
        },
        {"GOV-01": "fail"},
        "was declined without a signature of someone who decides",
    ),
    "one person who watches round the clock": Row(
        {"  alerts_to: granite-peak": "  alerts_to: p-boyd"},
        {"LOG-03": "fail"},
        "p-boyd alone gets the alarms round the clock",
    ),
    "whoever leads in a crisis is on call at the provider": Row(
        {"name: Lena Boyd": "name: Noor Amari"},
        {"CONS-165": "fail", "PLAN-11": "unknown"},
        "Noor Amari leads in a crisis, and is on call at granite-peak",
    ),
    "the page of another insurance": Row(
        {"source: declarations page,": 'source: "declarations page of CY-EXAMPLE-777",'},
        {
            "CONS-154": "fail",
            "BUD-03": "unknown",
            "GOV-02": "unknown",
            "INS-01": "unknown",
            "INS-02": "unknown",
            "INS-03": "unknown",
            "INS-06": "unknown",
            "PLAN-04": "unknown",
            "SLA-05": "unknown",
        },
        "cyber-2026 has the number CY-EXAMPLE-220",
    ),
    "restored before the machine was there": Row(
        {"off_host: true}\n    added_on: 2024-09-02": "off_host: true}\n    added_on: 2026-10-12"},
        {
            "CONS-167": "fail",
            "REC-02": "unknown",
            "TEN-01": "unknown",
            "TEN-02": "unknown",
            "TEN-03": "unknown",
            "TEN-04": "unknown",
        },
        "files was restored on 2026-09-08, and the machine that it runs on, srv-files, came into use on",
    ),
    "approved before the audit, and reviewed after it": Row(
        {"approved_on: 2026-06-24, last_reviewed_on": "approved_on: 2026-06-01, last_reviewed_on"},
    ),
    "installed, and still on the list": Row(
        {
            "severity: medium, cvss: 5.4, released_on: 2026-10-13": (
                "severity: critical, cvss: 9.8, released_on: 2026-10-10, installed_on: 2026-10-14"
            )
        },
    ),
    "accepted by a trainee": Row(
        {
            "decided_on: 2026-06-24, decided_by: p-alder, signed": (
                "decided_on: 2026-06-24, decided_by: p-lund, signed"
            )
        },
    ),
    "two tenants of one server say different things of it": Row(
        {"data_segregation: {method: separate_tenant": "data_segregation: {method: separate_encryption_keys"},
    ),
}


def scan(root: Path, file: str) -> Report:
    return policyscan.scan([root / file], profile="full", as_of="2026-10-31")


def statuses(report: Report, file: str) -> dict[str, str]:
    (client,) = (one for one in report.documents if one.id == Path(file).stem)
    return {id_: status.value for id_, status in client.statuses.items()}


@cache
def before(file: str) -> dict[str, str]:
    return statuses(scan(ROOT / "inventories", file), file)


def broken(report: Report) -> dict[str, str]:
    return {r.policy: r.status.value for r in report.results if r.policy.startswith(("CONS-", "DOC-"))}


@pytest.mark.parametrize("name", ROWS)
def test_it_is_decided_as_the_page_says(tmp_path: Path, name: str) -> None:
    row = ROWS[name]
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    file = tmp_path / "inventories" / row.file
    text = file.read_text("utf-8")
    for old, new in row.changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    report = scan(tmp_path / "inventories", row.of)
    assert not report.problems
    was, after = before(row.of), statuses(report, row.of)
    turned = {id_: after.get(id_, "gone") for id_ in was if after.get(id_) != was[id_]}
    contradicted = {id_: status for id_, status in broken(report).items() if was.get(id_) != status}
    assert turned | contradicted == row.turns
    said = [r.message for r in report.results if r.policy in row.turns]
    assert row.says == "" or any(row.says in message for message in said), said


def test_the_page_has_every_row_and_what_is_said_of_it() -> None:
    lines = (ROOT / "docs/decisions.md").read_text("utf-8").splitlines()
    told = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}
    assert told.keys() - {"what", "---"} == ROWS.keys()
    for name, row in ROWS.items():
        assert row.says in told[name]
        assert [id_ for id_ in row.turns if id_ not in told[name]] == []
