"""What is wrong with a document: every problem, each at its own place, with what to do."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from policyscan.cel.values import Date, Timestamp
from policyscan.documents.opening import decode
from policyscan.errors import Problems
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.reading.json_reader import read_json
from policyscan.reading.yaml_reader import read_yaml
from policyscan.source import Source
from tests.opening import open_text
from tests.workshop import HEAD, Open, Refuse

EXAMPLES = sorted(
    path for path in (Path(__file__).parents[2] / "inventories").rglob("*.yaml") if "plans" not in path.parts
)  # a file of defaults is a part of an inventory only


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("pepole: []", "4:1", "the key pepole is not known in workshop", "did you mean people?"),
        ("Tools: []", "4:1", "the key Tools is not known in workshop", "did you mean tools?"),
        ("zzz: 1", "4:1", "the key zzz is not known in workshop", "your own begin with x-"),
        ("zzz:", "4:1", "the key zzz is not known in workshop", "your own begin with x-"),
        ("people: [{id: a, nmae: b}]", "4:18", "the key nmae is not known in person", "did you mean name?"),
        ("people: [{name: b}]", "4:10", "id is missing in person", ""),
        ("people: [{id: , name: b}]", "4:11", "id is blank, and nothing works without it", ""),
        ("people: {id: a}", "4:9", "people: expected a list, found a mapping", "- "),
        ("people: a", "4:9", 'people: expected a list, found the text "a"', "[a, b]"),
        ("people: [a]", "4:10", 'expected a mapping, found the text "a"', "id, name"),
        ("people: null", "4:9", "people: expected a list, found null", "leave the value out"),
        ("people: [null]", "4:10", "expected a mapping, found null", ""),
        (
            "people: [{id: a}, {id: b}, {id: a}]",
            "4:33",
            "the id a stands twice in this list: first on line 4",
            "each needs its own",
        ),
        (
            "people: [{id: a1}, {id: b}, {id: A1}]",
            "4:34",
            "the id A1 looks like a1 on line 4 of this list",
            "if they are one and the same",
        ),
        (
            "people: [{id: pа}, {id: pa}]",
            "4:25",
            "the id pa looks like pа on line 4",
            "ids that look different",
        ),
        ("people: [{id: a b}, {id: a  b}]", "4:26", "the id a  b looks like a b on line 4", ""),
        ("people: [{id: 7}]", "4:15", "id: expected a text, found the number 7", "put it in quotes"),
        ("people: [{id: ''}]", "4:15", "id: is empty", ""),
        ("people: [{id: [a]}]", "4:15", "id: expected a text, found a list", ""),
        ("as_of: 2026-02-30", "4:8", "as_of: 2026-02-30 is not a day of the calendar", "YYYY-MM-DD"),
        ("as_of: 2026-13-01", "4:8", "as_of: 2026-13-01 is not a day of the calendar", "YYYY-MM-DD"),
        ("as_of: 31.10.2026", "4:8", "as_of: expected a date like 2026-10-31, found the text", "YYYY-MM-DD"),
        (
            "as_of: America/Chicago",
            "4:8",
            'as_of: expected a date like 2026-10-31, found the time zone "',
            "YYYY",
        ),
        ("as_of: 2026", "4:8", "as_of: expected a date like 2026-10-31, found the number 2026", "YYYY-MM-DD"),
        ("as_of: 2026-10-31T09:00:00Z", "4:8", "as_of: expected a day without a time", "YYYY-MM-DD"),
        ("as_of: 1026-10-31", "4:8", "as_of: the year of 1026-10-31 cannot be right", "1900 to 2199"),
        ("as_of: 56000-10-31", "4:8", "as_of: expected a date like", "YYYY-MM-DD"),
        (
            "closes_at: 2026-10-31",
            "4:12",
            'closes_at: expected a date and time, found only the day "',
            "+01:00",
        ),
        (
            "closes_at: 2026-10-31T09:00:00",
            "4:12",
            'closes_at: the time "2026-10-31T09:00:00" has no offset',
            "",
        ),
        (
            "closes_at: 2026-10-31 09:00",
            "4:12",
            'closes_at: the time "2026-10-31 09:00" has no offset',
            "+01:00",
        ),
        (
            "closes_at: 2026-10-31T25:00:00Z",
            "4:12",
            "closes_at: expected a date and time with offset",
            "+01:00",
        ),
        ("closes_at: 1767225600", "4:12", "closes_at: expected a date and time", "seconds since 1970"),
        (
            "closes_at: 1970-01-01T00:00:00Z",
            "4:12",
            "closes_at: the year of 1970-01-01T00:00:00Z cannot",
            "1980",
        ),
        ("time_zone: Mars/Olympus", "4:12", "time_zone: Mars/Olympus is no time zone", "Europe/London"),
        (
            "time_zone: America/Chikago",
            "4:12",
            "time_zone: America/Chikago is no time zone",
            "America/Chicago?",
        ),
        ("currency: usd", "4:11", "currency: usd does not look like ^[A-Z][A-Z][A-Z]$", "such as EUR"),
        (
            "levels: {a: hihg}",
            "4:13",
            "a: expected one of low, middle, high; found the text",
            "did you mean high?",
        ),
        ("levels: {a: 3}", "4:13", "a: expected one of low, middle, high; found the number 3", ""),
        (
            "tools: [{id: a, active: yes}]",
            "4:25",
            'active: expected true or false, found the text "yes"',
            "write true",
        ),
        (
            "tools: [{id: a, active: 'false'}]",
            "4:25",
            "active: expected true or false",
            "write false, without",
        ),
        ("tools: [{id: a, active: 1}]", "4:25", "active: expected true or false, found the number 1", ""),
        (
            "people: [{id: a, role: false}]",
            "4:24",
            "role: expected one of owner, none; found false",
            "write none",
        ),
        ("count: 2.5", "4:8", "count: expected a whole number, found the number 2.5", ""),
        (
            "count: '25'",
            "4:8",
            'count: expected a whole number, found the text "25"',
            "write 25, without quotes",
        ),
        ("count: true", "4:8", "count: expected a whole number, found true", ""),
        ("count: -1", "4:8", "count: must be at least 0, found -1", ""),
        ("checks: [{hours: 0}]", "4:18", "hours: must be more than 0 and at most 100, found 0", ""),
        (
            "checks: [{hours: 1_000}]",
            "4:18",
            'hours: expected a number, found the text "1_000"',
            "write 1000",
        ),
        ("price: free", "4:8", 'price: expected an amount of money, found the text "free"', "{amount: 1000"),
        ("price: {amount: 1}", "4:8", "price: needs a currency of three capital letters", "currency: EUR"),
        ("price: {amount: 1, currency: EUR, vat: 2}", "4:35", "the key vat is not known in an amount", ""),
        ("price: {currency: EUR}", "4:8", "price: expected an amount of money, found null", ""),
        ("price: -3", "4:8", "price: must be at least 0, found -3", ""),
        ("codes: []", "4:8", "codes: is empty", ""),
        ("codes: [a, b, c, d]", "4:8", "codes: has 4 items; at most 3 are possible", ""),
        ("codes: [a, b, a]", "4:8", "codes: has the same item twice", ""),
        ("fee: x", "4:6", "fee: expected an amount of money", ""),
        ("supplier: {id: a}", "4:11", "supplier: expected a text, found a mapping", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else None,
)
def test_a_problem_has_its_place_its_reason_and_its_remedy(
    refuse: Refuse, text: str, place: str, message: str, hint: str
) -> None:
    (problem,) = refuse(text)
    assert str(problem.at) == f"w.yaml:{place}"
    assert problem.message.startswith(message)
    assert hint in (problem.hint or "")


def test_all_problems_are_reported_in_the_order_of_the_file(refuse: Refuse) -> None:
    found = refuse("count: x\npeople:\n  - id: a\n    left_on: 2026-02-30\n  - nam: b\nas_of: 3\n")
    assert [str(problem.at) for problem in found] == [
        "w.yaml:4:8",
        "w.yaml:7:14",
        "w.yaml:8:5",
        "w.yaml:8:5",
        "w.yaml:9:8",
    ]


def test_a_document_that_is_wrong_all_over_has_every_problem(refuse: Refuse) -> None:
    found = refuse("".join(f"cuont{n}: 1\n" for n in range(200)))
    assert [problem.at.line for problem in found if problem.at] == list(range(4, 204))


def test_long_texts_are_cut_in_messages(refuse: Refuse) -> None:
    (problem,) = refuse(f"count: {'x' * 5000}\n")
    assert problem.message == f'count: expected a whole number, found the text "{"x" * 80}…"'


def test_what_stands_before_a_problem_is_not_reported_as_decoded(refuse: Refuse) -> None:
    """Decoding works in place: the explanation must speak of what is written."""
    found = refuse("as_of: 2026-10-31\nchecks: [{done_on: 2026-10-31, hours: 3, tool: x}]\nzzz: 1\n")
    assert [problem.message for problem in found] == ["the key zzz is not known in workshop"]


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        (
            "kind: client\nas_of: 2026-10-31\n",
            "1:1",
            "this is not an inventory: schema_version is missing",
            "1",
        ),
        ("schema_version: 1\n", "1:1", "this is not an inventory: kind is missing", "client"),
        ("schema_version: 1\nkind:\n", "2:1", "this is not an inventory: kind is blank", "client"),
        ("schema_version:\nkind: client\n", "1:1", "this is not an inventory: schema_version is blank", "1"),
        ("a: 1\n", "1:1", "this is not an inventory: schema_version is missing (and kind is, too)", ""),
        (
            "schema_verison: 1\nkind: client\n",
            "1:1",
            "the key schema_verison is not known here",
            "schema_version?",
        ),
        ("schema_version: 1\nknd: client\n", "2:1", "the key knd is not known here", "did you mean kind?"),
        (
            "schema_version: 1\nkind: cleint\n",
            "2:7",
            'the text "cleint" is no known kind',
            "did you mean client?",
        ),
        (
            "schema_version: 1\nkind: zzz\n",
            "2:7",
            'the text "zzz" is no known kind',
            "client, portfolio, provider",
        ),
        ("schema_version: 1\nkind: [client]\n", "2:7", "a list is no known kind", "client"),
        (
            "schema_version: 2\nkind: workshop\nabout: {id: a}\n",
            "1:17",
            "schema_version: expected 1, found",
            "",
        ),
        ("- a\n", "1:1", "this is a list, not an inventory", "a file of its own"),
        ("hello\n", "1:1", "this is not an inventory: it has no keys and values", "schema_version: 1"),
        ("", "1:1", "this file holds nothing: no inventory was read", "init"),
        ("# all commented out\n", "1:1", "this file holds only comments: no inventory was read", "init"),
    ],
)
def test_what_is_no_inventory_says_so(kinds: Kinds, text: str, place: str, message: str, hint: str) -> None:
    loaded = open_text(Source("w.yaml", text), kinds)
    assert loaded.documents == []
    problem = loaded.problems[0]
    assert str(problem.at) == f"w.yaml:{place}"
    assert problem.message.startswith(message)
    assert hint in (problem.hint or "")


def test_keys_that_begin_with_x_are_free_everywhere(workshop: Open) -> None:
    document = workshop("x-note: {a: [1, {b: 2}]}\npeople: [{id: a, x-y: 2026-02-30}]\nx-blank:\n")
    assert document.value["x-note"] == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_decoder_accepts_what_json_schema_accepts(kinds: Kinds, path: Path) -> None:
    """Thousands of random changes to the shipped inventories: the same verdict as an independent validator."""
    source = Source(path.name, path.read_text("utf-8"))
    value = read_yaml(source)[0][0].value
    kind = kinds[value["kind"]]
    schema = json.loads(Path(kind.file).read_text("utf-8"))
    oracle = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert oracle.is_valid(value)
    chance = random.Random(path.name)  # noqa: S311 - repeatable, not secret
    refused = 0
    for _ in range(100):
        changed = copy.deepcopy(value)
        change(changed, chance)
        accepted = accepts(kind, changed)
        assert accepted == oracle.is_valid(changed), json.dumps(changed)[:2000]
        refused += not accepted
    assert refused > 30


def accepts(kind: Kind, value: Any) -> bool:
    trees, problems = read_json(Source("x.json", json.dumps(value)))
    assert problems == []
    try:
        decode(kind, trees[0])
    except Problems as found:
        # What JSON Schema cannot say is not what is compared.
        return all(re.search("stands twice|cannot be right|no time zone", p.message) for p in found.problems)
    return True


STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 2.0, 2.5, 10**6, "", "x", "true", "2026-01-01", "2026-02-30", "high", "critical",
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "p-ames", [], [1], ["x"], {}, {"id": "x"},
    {"amount": 1, "currency": "USD"}, {"amount": "1", "currency": "usd"},
]  # fmt: skip


def change(value: dict[str, Any], chance: random.Random) -> None:
    """Put something strange somewhere, or take something away."""
    places: list[tuple[Any, Any]] = []
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        for key, inner in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(inner, dict | list):
                stack.append(inner)
    node, key = chance.choice(places)
    action = chance.random()
    if action < 0.15 and isinstance(node, dict):
        del node[key]
    elif action < 0.25 and isinstance(node, dict):
        node[chance.choice(["zzz", "x-free", "naem"])] = 1
    else:
        node[key] = chance.choice(STRANGE)


def test_values_come_out_typed(workshop: Open) -> None:
    document = workshop(
        "as_of: 2026-10-31\ncurrency: EUR\ncount: 3.0\ncloses_at: 2026-10-31T09:00:00+01:00\n"
        "checks: [{hours: 3}]\nprice: 5\nfee: {amount: 2.5, currency: USD}\n"
    )
    value = document.value
    assert value["as_of"] == Date.parse("2026-10-31")
    assert value["closes_at"] == Timestamp.parse("2026-10-31T08:00:00Z")
    assert type(value["count"]) is int
    assert type(value["checks"][0]["hours"]) is float
    assert (value["price"].amount, value["price"].currency) == (5.0, "EUR")
    assert (value["fee"].amount, value["fee"].currency) == (2.5, "USD")
    assert HEAD.count("\n") == 3
