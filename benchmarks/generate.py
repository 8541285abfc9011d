"""Write N made-up client inventories, and the providers they use, for measuring.

    python benchmarks/generate.py 1000 /tmp/book

gives /tmp/book/clients/*.yaml (about 4.5 KB and 200 lines each, from half to twice that) and
one provider for every 25 clients in /tmp/book/providers/. The same N and seed give the same bytes.
The clients differ: most controls pass for most of them, some fail, some facts are blank or missing.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

AS_OF = date(2026, 10, 31)
CLIENTS_A_PROVIDER = 25

Facts = dict[str, Any]


class Blank:
    """A key with nothing after it: the fact is not known."""


BLANK = Blank()


def days_ago(random: Random, low: int, high: int) -> str:
    """A day from `low` to `high` days before the inventory's day, as YAML."""
    return (AS_OF - timedelta(days=random.randint(low, high))).isoformat()


def instant(day: str, hour: int) -> str:
    """An instant of that day; daylight saving ended too late in the year to matter here."""
    return f"{day}T{hour:02d}:10:00-05:00"


def mostly(random: Random, likely: Any, *others: Any, share: float = 0.93) -> Any:
    """`likely` in `share` of the draws, else one of the others."""
    return likely if random.random() < share else random.choice(others)


# --- a client --------------------------------------------------------------------------------------

SECTORS = ("healthcare", "legal", "retail", "manufacturing", "accounting")
TRADES = ("Dental", "Legal", "Books", "Tools", "Vets", "Tax", "Optics", "Bakery", "Print", "Travel")
PLACES = ("Northgate", "Elm", "Quayside", "Harbour", "Mill", "Station", "Park", "Castle", "Bridge", "Orchard")


def organisation(random: Random, id_: str, employees: int) -> Facts:
    return {
        "id": id_,
        "name": f"{random.choice(PLACES)} {random.choice(TRADES)} {id_[-4:]}",
        "sector": random.choice(SECTORS),
        "country": "US",
        "employees_count": mostly(random, employees, employees + 5),
        "annual_revenue": random.randrange(100_000, 5_000_000, 1000),
    }


def people(random: Random, count: int) -> list[Facts]:
    listed = []
    for number in range(count):
        person: Facts = {
            "id": f"p-{number:02d}",
            "name": f"Person {number:02d}",
            "role": random.choice(("owner", "office_manager", "reception", "sales", "engineer")),
            "leadership": number < 2,
            "start_date": days_ago(random, 100, 4000),
            "end_date": mostly(random, "null", days_ago(random, 5, 90), BLANK, share=0.95),
        }
        if number < 3:
            person["phone_out_of_band"] = f'"+1-312-555-{number:04d}"'
        listed.append(person)
    return listed


def fix(random: Random, number: int) -> Facts:
    return {
        "id": f"KB-{number:05d}",
        "severity": random.choice(("critical", "high", "medium", "low")),
        "cvss": random.choice(("9.8", "8.1", "7.0", "5.4", "null")),
        "released_on": days_ago(random, 1, mostly(random, 13, 60, share=0.8)),
    }


def machine(random: Random, number: int, name: str, **first: Any) -> Facts:
    """What is known of a device or a server."""
    facts: Facts = {
        "id": f"{name}-{number:02d}",
        **first,
        "last_seen": instant(days_ago(random, 0, mostly(random, 5, 50)), random.randint(6, 20)),
        "os": {
            "name": "Windows 11",
            "version": random.choice(("24H2", "25H2")),
            "support_ends": mostly(random, "2027-10-12", "2026-10-13", "2026-12-31", BLANK),
        },
        "antivirus": {
            "product": random.choice(("Defender", "Example AV")),
            "active": mostly(random, "true", "false", BLANK, share=0.96),
            "definitions_date": days_ago(random, 0, mostly(random, 6, 40)),
        },
        "patches": {
            "scanned_on": days_ago(random, 0, mostly(random, 10, 60)),
            "missing": [
                fix(random, random.randint(1, 99999)) for _ in range(mostly(random, 0, 1, 2, 4, share=0.7))
            ],
        },
    }
    if random.random() < 0.03:
        del facts["antivirus"]
    return facts


def device(random: Random, number: int) -> Facts:
    in_scope = mostly(random, "true", "false", share=0.97)
    return machine(random, number, "pc", kind=random.choice(("desktop", "laptop")), in_scope=in_scope)


def server(random: Random, number: int, provider: str) -> Facts:
    shared = random.random() < 0.5
    facts = machine(random, number, "srv", provider=provider, internet_facing=shared)
    facts["tenancy"] = (
        {"model": "shared", "tenants_count": random.randint(2, 60)} if shared else {"model": "dedicated"}
    )
    if shared:
        facts["data_segregation"] = {
            "method": mostly(random, "separate_database", "shared_database", BLANK, share=0.85),
            "confirmed_on": mostly(random, days_ago(random, 10, 300), days_ago(random, 400, 500), "null"),
            "document": "Tenancy statement",
        }
    return facts


def insurance(random: Random, kind: str, name: str) -> Facts:
    ends = mostly(random, "2027-06-30", "2026-11-15", "2026-09-30", BLANK, share=0.88)
    facts: Facts = {
        "id": f"{kind.replace('_', '-')}-2026",
        "kind": kind,
        "named_insured": name,
        "insurer": "Example Specialty Insurance Co",
        "starts_on": "2025-07-01",
        "ends_on": ends,
        "limit_per_claim": random.choice((500_000, 1_000_000, 2_000_000)),
        "retention": 10_000,
    }
    if kind == "errors_and_omissions":
        facts |= {"form": "claims_made", "retroactive_date": "2020-01-01"}
    return facts | {"evidence": "ev-insurance"}


def training(random: Random, staff: list[Facts]) -> Iterator[Facts]:
    for person in staff:
        if random.random() < 0.97:
            yield {
                "person": person["id"],
                "course": "Security awareness 2026",
                "topics": ["phishing", "incident_reporting"],
                "completed_on": days_ago(random, 5, mostly(random, 360, 600, share=0.97)),
            }


def backup(random: Random, system: str) -> Facts:
    return {
        "id": f"bk-{system}",
        "system": system,
        "last_success": instant(days_ago(random, 0, mostly(random, 0, 9)), 0),
        "copies": [
            {"location": "on_site", "isolated": "false"},
            {"location": "cloud", "isolated": mostly(random, "true", "false"), "immutable": "true"},
        ],
    }


def restore_test(random: Random, system: str) -> Facts:
    return {
        "system": system,
        "tested_on": days_ago(random, 2, mostly(random, 80, 200)),
        "outcome": mostly(random, "pass", "fail", share=0.96),
        "restore_hours": random.choice(("2.5", "6.0", "12.0")),
        "kind": "full_restore",
        "evidence": "ev-restore",
    }


def crisis_plan(random: Random, staff: list[Facts]) -> Facts:
    return {
        "document": "Crisis plan v3.docx",
        "approved_by": "p-00",
        "last_reviewed_on": days_ago(random, 20, 400),
        "scenarios": mostly(random, ["fire", "ransomware"], ["fire"]),
        "coordinator": staff[0]["id"],
        "deputy": mostly(random, staff[1]["id"], "null", BLANK),
        "notify": [
            {
                "person": person["id"],
                "order": order,
                "phone_out_of_band": f'"+1-312-555-{order:04d}"',
                "actions": ["convene", "call provider"],
                "verified_on": days_ago(random, 10, 300),
            }
            for order, person in enumerate(staff[:2], 1)
        ],
    }


def risk_audit(random: Random, staff: list[Facts]) -> Facts:
    return {
        "done_on": days_ago(random, 20, 350),
        "by": "The provider",
        "assets_in_scope": ["records"],
        "exposures": [
            {
                "id": "X1",
                "asset": "records",
                "server": "srv-00",
                "text": "Records on shared hosting",
                "rating": "high",
                "treatment": {
                    "decision": mostly(random, "accept", "mitigate"),
                    "owner": staff[0]["id"],
                    "done_on": days_ago(random, 1, 19),
                },
            }
        ],
    }


def evidence(random: Random) -> list[Facts]:
    rows = (
        ("ev-rmm", "tool_export", ["devices"], 20),
        ("ev-insurance", "document", ["insurance_policies"], 200),
        ("ev-restore", "tested", ["restore_tests"], 80),
    )
    return [
        {
            "id": id_,
            "source": "example_tool",
            "method": method,
            "collected_at": instant(days_ago(random, 0, oldest), 12),
            "covers": covers,
        }
        for id_, method, covers, oldest in rows
    ]


def client(random: Random, number: int, provider: str) -> Facts:
    """The facts of one client; now and then a whole section is not on file."""
    id_ = f"client-{number:05d}"
    staff = people(random, random.choice((2, 2, 2, 3, 6)))
    head = organisation(random, id_, sum(person["end_date"] == "null" for person in staff))
    systems = ["files", "crm", "website"][: random.randint(1, 2)]
    mailboxes, admins = random.randint(2, 60), random.randint(1, 4)
    facts: Facts = {
        "schema_version": 1,
        "kind": "client",
        "as_of": AS_OF.isoformat(),
        "time_zone": "America/Chicago",
        "currency": "USD",
        "organisation": head,
        "people": staff,
    }
    sections: dict[str, Callable[[], Any]] = {
        "information_assets": lambda: [
            {
                "id": "records",
                "name": "Customer records",
                "owner": "p-00",
                "data_types": ["pii"],
                "record_count": random.randint(50, 50_000),
                "value_rating": "high",
                "systems": systems,
                "last_reviewed": days_ago(random, 10, 500),
            }
        ],
        "critical_systems": lambda: [
            {
                "id": name,
                "name": name.title(),
                "restore_priority": rank,
                "rto_hours": 24,
                "rpo_hours": 24,
                "hosted_on": "srv-00",
            }
            for rank, name in enumerate(systems, 1)
        ],
        "devices": lambda: [device(random, each) for each in range(random.choice((1, 1, 1, 2, 5)))],
        "servers": lambda: [server(random, each, provider) for each in range(random.choice((1, 1, 1, 2)))],
        "software": list,
        "websites": list,
        "remote_access": lambda: [{"id": "vpn", "kind": "vpn", "mfa": mostly(random, "true", "false")}],
        "email": lambda: {
            "mailboxes_count": mailboxes,
            "mailboxes_with_mfa_count": mostly(random, mailboxes, mailboxes - 1, BLANK, share=0.85),
            "admin_accounts_count": admins,
            "admin_accounts_with_mfa_count": mostly(random, admins, admins - 1),
        },
        "training": lambda: list(training(random, staff)),
        "backups": lambda: [backup(random, system) for system in systems],
        "restore_tests": lambda: [restore_test(random, system) for system in systems],
        "insurance_policies": lambda: [insurance(random, "cyber", head["name"])],
        "providers": lambda: [
            {
                "id": provider,
                "name": provider.replace("-", " ").title(),
                "services": ["helpdesk", "web_hosting"],
                "criticality": "critical",
                "profile": provider,
                "contract": {
                    "signed_on": "2024-03-01",
                    "ends_on": "2027-02-28",
                    "price_per_user_month": random.randint(30, 120),
                },
            }
        ],
        "crisis_plan": lambda: mostly(random, crisis_plan(random, staff), "null", share=0.97),
        "risk_audits": lambda: [risk_audit(random, staff)],
        "evidence": lambda: evidence(random),
    }
    kept = {name: make() for name, make in sections.items()}
    for name in ("servers", "email", "training", "restore_tests", "crisis_plan", "risk_audits"):
        if random.random() < 0.04:
            del kept[name]
    if "servers" not in kept:
        for system in kept["critical_systems"]:
            del system["hosted_on"]
        for audit in kept.get("risk_audits", ()):
            del audit["exposures"][0]["server"]
    return facts | kept


# --- a provider ------------------------------------------------------------------------------------


def provider(random: Random, id_: str) -> Facts:
    """The facts of one provider: staff, rota, insurance and the calls that tried it out."""
    name = id_.replace("-", " ").title()
    rota = [
        {
            "starts_at": f"{AS_OF + timedelta(days=7 * week - 6)}T08:00:00Z",
            "ends_at": f"{AS_OF + timedelta(days=7 * week + 1)}T08:00:00Z",
            "primary": "s-00",
            "secondary": mostly(random, "s-01", "null", share=0.95),
        }
        for week in range(4)
    ]
    return {
        "schema_version": 1,
        "kind": "provider",
        "as_of": AS_OF.isoformat(),
        "time_zone": "America/Chicago",
        "currency": "USD",
        "organisation": {
            "id": id_,
            "name": name,
            "clients_count": CLIENTS_A_PROVIDER,
            "business_hours": {"days": "[mon, tue, wed, thu, fri]", "opens": '"08:00"', "closes": '"18:00"'},
        },
        "contracts": [],
        "staff": [
            {
                "id": f"s-{each:02d}",
                "name": f"Engineer {each:02d}",
                "technical": "true",
                "on_call": "true",
                "end_date": "null",
            }
            for each in range(random.randint(2, 8))
        ],
        "on_call_rota": rota,
        "support": {
            "business_hours": "staffed_desk",
            "out_of_hours": mostly(random, "on_call_rota", "single_mobile", "staffed_24x7", share=0.8),
        },
        "contact_tests": [
            {
                "called_at": instant(days_ago(random, 3, mostly(random, 170, 400)), 2),
                "number": '"+1-312-555-0150"',
                "answered_after_minutes": mostly(random, 7, 40, "null", share=0.85),
            }
        ],
        "insurance_policies": [insurance(random, "errors_and_omissions", name)],
        "evidence": [row for row in evidence(random) if row["covers"] == ["insurance_policies"]],
    }


# --- as YAML ---------------------------------------------------------------------------------------


def scalar(value: Any) -> str:
    """A value as YAML writes it after a colon and a space; nothing at all for a blank one."""
    if value is BLANK:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def block(value: Facts, indent: int, compact: bool) -> Iterator[str]:
    """A mapping as lines; small mappings and plain lists take one line each where `compact`."""
    pad = " " * indent
    for key, item in value.items():
        if isinstance(item, dict) and not (compact and len(item) < 4):
            yield f"{pad}{key}:"
            yield from block(item, indent + 2, compact)
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            yield f"{pad}{key}:"
            for row in item:
                lines = list(block(row, indent + 4, compact))
                yield f"{pad}  - {lines[0].lstrip()}"
                yield from lines[1:]
        else:
            yield f"{pad}{key}: {flow(item)}".rstrip()


def document(facts: Facts, random: Random) -> str:
    """The document as a person might have laid it out: dense or airy, with a comment or two."""
    lines = ["# Made up by benchmarks/generate.py"]
    compact = random.random() < 0.5
    for key, item in facts.items():
        if isinstance(item, list) and random.random() < 0.3:
            lines.append(f"# {key.replace('_', ' ')}")
        lines.extend(block({key: item}, 0, compact))
    return "\n".join(lines) + "\n"


def generate(count: int, folder: Path, seed: int) -> None:
    """Write the book into `folder`, which is emptied first if an earlier one is in it."""
    for name in ("clients", "providers"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    used = [f"provider-{number:03d}" for number in range(1 + (count - 1) // CLIENTS_A_PROVIDER)]
    for id_ in used:
        random = Random(f"{seed}/{id_}")
        text = document(provider(random, id_), random)
        (folder / "providers" / f"{id_}.yaml").write_text(text, encoding="utf-8")
    for number in range(count):
        random = Random(f"{seed}/{number}")
        text = document(client(random, number, random.choice(used)), random)
        (folder / "clients" / f"client-{number:05d}.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("count", type=int, help="how many clients")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generate(arguments.count, arguments.folder, arguments.seed)


if __name__ == "__main__":
    main()
