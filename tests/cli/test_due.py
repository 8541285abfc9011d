"""`policyscan due`: every change of a result in the days ahead, in each format, and the exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan

ROOT = Path(__file__).resolve().parents[2]
AS_OF = ("--as-of", "2026-10-31")
SCHEMAS = ROOT / "src" / "policyscan" / "schemas"
SCHEMA = json.loads((SCHEMAS / "due.schema.json").read_text(encoding="utf-8"))

# A control that turns twice for this client: on 2026-11-20 for the worse, on 2026-12-01 for the better.
TURNING = """\
id: OPS-04
title: Everybody is here
severity: high
kind: client
why: Nobody who is away answers.
fix: Ask them back.
notice: 10d
for_each: client.people
as: person
require:
  - id: here
    that: today < date('2026-11-20') || today >= date('2026-12-01')
    say: "{person.id} is away"
"""


@pytest.fixture
def turning(place: Path) -> Path:
    write(place, "controls/OPS/OPS-04.yaml", TURNING)
    pack = (place / "controls/pack.yaml").read_text(encoding="utf-8")
    write(place, "controls/pack.yaml", pack.replace("usual: {policies: [", "usual: {policies: [OPS-04, "))
    return place


def due(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "due", *AS_OF, *args)


def outlook(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Any:
    value = json.loads(due(monkeypatch, place, "-f", "json", *args).out)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    return value


def flips(value: Any) -> list[str]:
    return [
        f"{f['date']} {f['document']} {f['policy']} {f['from']} > {f['to']} {f['change']}"
        for f in value["flips"]
    ]


# --- what is told


def test_each_change_is_told_with_its_day(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    value = outlook(monkeypatch, turning, "--client", "good", "--select", "OPS-04", "--days", "40")
    assert flips(value) == [
        "2026-11-10 good OPS-04 pass > due notice",
        "2026-11-20 good OPS-04 due > fail worse",
        "2026-12-01 good OPS-04 fail > pass better",
    ]
    assert [flip["in_days"] for flip in value["flips"]] == [10, 20, 31]
    assert value["flips"][1]["message"] == "p-1 is away"
    assert value["flips"][1]["file"] == "inventories/clients/good.yaml"
    assert (value["days"], value["until"], value["scan"]["as_of"]) == (40, "2026-12-10", "2026-10-31")
    assert value["summary"]["flips"] == {"worse": 1, "better": 1, "notice": 1, "other": 0}


def test_the_last_day_is_looked_at_and_none_after(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    for days, last in (("20", "2026-11-20"), ("19", "2026-11-10")):
        value = outlook(monkeypatch, turning, "--client", "good", "--select", "OPS-04", "--days", days)
        assert value["flips"][-1]["date"] == last


def test_text_tells_what_changes_and_what_it_was(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    ran = due(monkeypatch, turning, "--client", "good", "--select", "OPS-04", "--days", "40")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "1 of 4 controls · as of 2026-10-31, and the 40 days up to 2026-12-10",
        "",
        "2026-11-20, in 20 days",
        "FAIL     high     good: p-1 is away",
        "                  OPS-04, was due · inventories/clients/good.yaml:6",
        "",
        "2026-12-01, in 31 days",
        "PASS     high     good: p-1: the test is met",
        "                  OPS-04, was fail · inventories/clients/good.yaml:6",
        "",
        "1 inventory, if no fact changes before 2026-12-10: 1 result gets worse, 1 result gets better.",
        "Not shown: 1 change that makes nothing better or worse, as where a notice begins; "
        "--format json has it.",
        "As of 2026-10-31: 1 pass; policyscan scan tells which.",
    ]


def test_nothing_ahead_is_said_and_what_is_not_good_now_too(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    out = due(monkeypatch, place, "--client", "bad", "--client", "vague").out
    assert "no result becomes another one" in out
    assert "As of 2026-10-31: 2 fail · 1 unknown" in out
    assert "What is unknown may turn on days that nobody can tell" in out


def test_people_are_spared_one_line_for_each_of_many(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    people = ", ".join(f"{{id: p-{number}}}" for number in range(9))
    write(turning, "inventories/clients/many.yaml", CLIENT.format(id="many") + f"people: [{people}]\n")
    ran = due(monkeypatch, turning, "--client", "many", "--select", "OPS-04", "--days", "25")
    assert "many: p-0 is away (also p-1, p-2, p-3 and 5 more)" in ran.out
    assert (
        len(outlook(monkeypatch, turning, "--client", "many", "--select", "OPS-04", "--days", "25")["flips"])
        == 18
    )


def test_a_provider_of_a_client_is_read_and_not_told_of(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    value = outlook(monkeypatch, place, "--client", "served", "--profile", "strict")
    assert flips(value) == ["2026-11-16 served OPS-03 due > fail worse"]


def test_a_waiver_that_runs_out_is_told(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    waiver = (
        "waivers:\n  - {policy: OPS-02, reason: on call, requested_by: ann, approved_by: bo, "
        "approved_on: 2026-10-01, expires_on: 2026-11-09}\n"
    )
    text = CLIENT.format(id="later") + "people: [{id: ann}, {id: bo}]\ncrisis_plan: null\n" + waiver
    write(place, "inventories/clients/later.yaml", text)
    told = flips(outlook(monkeypatch, place, "--client", "later"))
    assert "2026-11-10 later OPS-02 waived > fail worse" in told
    assert "2026-11-10 later DOC-WAIVER None > fail worse" in told


def test_days_are_those_of_the_inventory_own_zone(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    text = CLIENT.format(id="far") + "time_zone: Pacific/Kiritimati\npeople: [{id: p}]\n"
    write(turning, "inventories/clients/far.yaml", text)
    args = ("--client", "far", "--select", "OPS-04", "-f", "json", "--days", "30")
    ran = policyscan(monkeypatch, turning, "due", "--as-of", "2026-10-31T12:00:00Z", *args)
    assert [flip["date"] for flip in json.loads(ran.out)["flips"]] == [
        "2026-11-10",
        "2026-11-20",
        "2026-12-01",
    ]


# --- against brute force: a scan of each day


def scanned(monkeypatch: pytest.MonkeyPatch, place: Path, day: str, *args: str) -> dict[tuple[str, ...], str]:
    ran = policyscan(monkeypatch, place, "scan", "--as-of", day, "--all-results", "-f", "json", *args)
    return {
        (r["kind"], r["document"], r["policy"], r["requirement"], r["subject"]): r["status"]
        for r in json.loads(ran.out)["results"]
    }


@pytest.mark.parametrize(
    ("args", "first"),
    [
        (("inventories", "--client", "northgate-dental"), "2026-10-28"),
        (("inventories/clients", "inventories/providers"), "2026-11-09"),
        (("inventories/portfolios", "--select", "PORT"), "2026-11-20"),
    ],
    ids=["client", "all", "portfolios"],
)  # fmt: skip
def test_what_is_due_is_what_the_scans_of_these_days_find(
    monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], first: str
) -> None:
    from datetime import date, timedelta

    days = [str(date.fromisoformat(first) + timedelta(number)) for number in range(8)]
    expected = []
    before = scanned(monkeypatch, ROOT, days[0], *args)
    for day in days[1:]:
        after = scanned(monkeypatch, ROOT, day, *args)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        expected += [(day, *key, before.get(key), after.get(key)) for key in changed]
        before = after
    ran = policyscan(monkeypatch, ROOT, "due", "--as-of", first, "--days", "7", "-f", "json", *args)
    value = json.loads(ran.out)
    names = ("date", "kind", "document", "policy", "requirement", "subject", "from", "to")
    assert sorted(map(str, expected)) == sorted(
        str(tuple(flip[name] for name in names)) for flip in value["flips"]
    )
    assert value["flips"]


# --- where rates end


def test_amounts_are_compared_as_long_as_the_rates_are_not_too_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rates = "exchange_rates: {as_of: 2025-11-05, source: ECB, currency: USD, rates: {EUR: 1.25}}\n"
    write(tmp_path, "policyscan.yaml", rates)
    write(
        tmp_path,
        "inventories/clients/acme.yaml",
        CLIENT.format(id="acme")
        + "currency: EUR\ninformation_assets: [{id: list, record_count: 100}]\ninsurance_policies:\n"
        "  - {id: cy, kind: cyber, starts_on: 2026-01-01, ends_on: 2027-01-01, limit_per_claim: 15040, "
        "limit_aggregate: 15040}\n",
    )
    value = outlook(monkeypatch, tmp_path, "--select", "INS-02", "--days", "30")
    assert {(f["date"], f["from"], f["to"]) for f in value["flips"]} == {("2026-11-07", "pass", "unknown")}
    for day, status in (("2026-11-06", "pass"), ("2026-11-07", "unknown")):
        found = scanned(monkeypatch, tmp_path, day, "--select", "INS-02")
        assert set(found.values()) == {status}


# --- formats and files


def test_the_schema_is_one_and_says_what_that_of_a_report_says() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    report = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))["$defs"]
    own = {"day", "summary", "flip"}
    assert {name: part for name, part in SCHEMA["$defs"].items() if name not in own} == {
        name: report[name] for name in SCHEMA["$defs"].keys() - own
    }


def test_a_calendar_has_an_event_of_a_day_for_each(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    text = CLIENT.format(id="odd").replace("odd}", "odd, name: 'Ää, \"B\"; \\ C'}")
    write(turning, "inventories/clients/odd.yaml", text + f"people: [{{id: {'u' * 50}}}]\n")
    ran = due(monkeypatch, turning, "--client", "odd", "--select", "OPS-04", "-f", "ics")
    assert ran.out.endswith("END:VCALENDAR\r\n")
    lines = ran.out.split("\r\n")
    assert not any("\n" in line or "\r" in line for line in lines)
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = ran.out.replace("\r\n ", "").split("\r\n")
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") == 2
    assert "DTSTART;VALUE=DATE:20261120" in whole
    assert 'SUMMARY:Ää\\, "B"\\; \\\\ C: OPS-04 fail' in whole
    assert any(line.startswith(f"DESCRIPTION:{'u' * 50} is away\\nOPS-04 (high)") for line in whole)
    assert len({line for line in whole if re.fullmatch(r"UID:[0-9a-f]{32}-[0-9]{8}@policyscan", line)}) == 2
    again = due(monkeypatch, turning, "--client", "odd", "--select", "OPS-04", "-f", "ics")
    assert again == ran


def test_outputs_go_to_files_too(monkeypatch: pytest.MonkeyPatch, turning: Path) -> None:
    ran = due(monkeypatch, turning, "-q", "-o", "json:due.json", "-o", "ics:due.ics", "-o", "text:due.txt")
    assert (ran.code, ran.out) == (0, "")
    value = json.loads((turning / "due.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert value["scan"]["digests"]
    assert (turning / "due.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert "2026-11-20, in 20 days" in (turning / "due.txt").read_text(encoding="utf-8")


def test_why_the_code_is_2_is_told_where_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/broken.yaml", "a: [")
    for how in ("-q", "-fics"):
        ran = due(monkeypatch, place, how)
        assert ran.code == 2
        assert "error: inventories/clients/broken.yaml:1:5: the file ends here" in ran.err


# --- exit codes


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 0),
        (("--fail-on-due",), 1),
        (("--fail-on-due", "--days", "19"), 0),
        (("--fail-on-due", "--fail-on", "high"), 1),
        (("--fail-on-due", "--fail-on", "critical"), 0),
        (("--fail-on-due", "--client", "vague"), 0),
        (("--client", "vague", "--select", "OPS-01"), 2),  # nothing to look at
    ],
)
def test_exit_codes(monkeypatch: pytest.MonkeyPatch, turning: Path, args: tuple[str, ...], code: int) -> None:
    assert due(monkeypatch, turning, *args).code == code


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--days", "0"), "0 is not in the range"),
        (("--days", "3654"), "3654 is not in the range"),
        (("--days", "soon"), "'soon' is not a valid integer"),
        (("--client", "goood"), "there is no inventory with this id"),
        (("--profile", "strikt"), "strikt"),
        (("inventories/none.yaml",), "none.yaml"),
        (("-o", "sarif:x"), "formats are text, json, ics"),
        (("-o", "json:inventories/clients/good.yaml"), "is an inventory"),
        (("-o", "json:a", "-o", "ics:a"), "two outputs go to a"),
    ],
)
def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], said: str
) -> None:
    ran = due(monkeypatch, place, *args)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_the_calendar_ends(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "due", "--as-of", "9999-12-01")
    assert ran.code == 2
    assert "the calendar ends within 90 days of 9999-12-01" in ran.err
    assert policyscan(monkeypatch, place, "due", "--as-of", "9999-12-01", "--days", "30").code == 0


def test_a_file_that_cannot_be_read_is_told_and_exits_2(
    monkeypatch: pytest.MonkeyPatch, turning: Path
) -> None:
    write(turning, "inventories/clients/wrong.yaml", CLIENT.format(id="wrong") + "peple: []\n")
    ran = due(monkeypatch, turning, "--fail-on-due")
    assert ran.code == 2
    assert "inventories/clients/wrong.yaml:5:1: " in ran.out
    assert "FAIL     high     good: p-1 is away" in ran.out
    (problem,) = outlook(monkeypatch, turning)["summary"]["problems"]
    assert problem["file"] == "inventories/clients/wrong.yaml"


def test_no_inventory_is_no_good_news(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = due(monkeypatch, tmp_path)
    assert ran.code == 2
    assert "no inventory was found" in ran.out


# --- exceptions that stand in files of their own, and those that go only so far


LATE = """\
id: OPS-05
title: Nobody is long gone
severity: high
kind: client
why: Accounts of leavers stay open.
fix: Close them.
for_each: client.people
as: person
require:
  - id: gone
    that: today - person.end_date <= days(10)
    say: "{person.id} left on {person.end_date}"
"""
FILE_OF_WAIVERS = """\
schema_version: 1
kind: waivers
waivers:
  - policy: OPS-05
    document: late
    subject: p-1
    reason: Handing over
    requested_by: Bright Harbor IT
    approved_by: ann
    approved_on: 2026-11-03
    expires_on: 2026-12-20
    accept: today - person.end_date <= days(25)
"""


def test_exceptions_in_files_and_those_that_go_so_far_are_what_each_day_finds(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    from datetime import date, timedelta

    write(place, "controls/OPS/OPS-05.yaml", LATE)
    write(place, "inventories/waivers.yaml", FILE_OF_WAIVERS)
    people = "people: [{id: ann, end_date: 2026-11-25}, {id: p-1, end_date: 2026-10-20}]\n"
    write(place, "inventories/clients/late.yaml", CLIENT.format(id="late") + people)
    args = ("--client", "late", "--select", "OPS-05")
    value = outlook(monkeypatch, place, *args, "--days", "60")
    told = {
        (f["date"], f["policy"], f["requirement"], f["subject"], f["from"], f["to"]) for f in value["flips"]
    }
    assert ("2026-11-03", "OPS-05", "gone", "p-1", "fail", "waived") in told
    assert ("2026-11-15", "OPS-05", "gone", "p-1", "waived", "fail") in told  # 26 days
    before, expected = scanned(monkeypatch, place, "2026-10-31", *args), set()
    for number in range(1, 61):
        day = str(date(2026, 10, 31) + timedelta(number))
        after = scanned(monkeypatch, place, day, *args)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        expected |= {(day, *key[2:], before.get(key), after.get(key)) for key in changed}
        before = after
    assert told == expected


def test_it_is_told_how_far_the_look_is(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    from policyscan.session.due import due as look
    from policyscan.session.options import Inputs, ScanOptions

    monkeypatch.chdir(place)
    told: list[tuple[int, int]] = []
    options = ScanOptions(Inputs(as_of="2026-10-31"), progress=lambda done, total: told.append((done, total)))
    look(options, 30)
    assert told == [(number, 5) for number in range(1, 6)]
