"""What people write who come from other languages, and that they are told what to write instead."""

from __future__ import annotations

import re

import pytest

from policyscan.cel import POLICY, Env, hints, registry
from policyscan.cel.errors import CelErrors
from tests.cel.generate import VARIABLES

SOURCES = {
    "not(device.in_scope)": "write !",
    "len(client.devices) > 1": "size(x)",
    "client.devices.length > 1": "size(x)",
    "client.limits.sum > 1": "x.sum()",
    "sum(client.limits) > 1": "items.sum()",
    "max(1, 2) > 1": "math.greatest(a, b)",
    "device.owner == None": "write null",
    "device.in_scope == True": "write true",
    "any(client.devices)": "items.exists",
    "device.tags.includes('a')": "x in items",
    "device.id.toLowerCase() == 'a'": "lowerAscii",
    "device.id.startswith('a')": "startsWith",
    "abs(-1) > 0": "math.abs",
    "now() > client.started_on": "write now",
    "coalesce(client.staff, 1) > 0": "orValue",
    "defined(client.name)": "has(a.b)",
    "client.limits.avg() > 1.0": "median",
    "client.started_on > '2026-01-01'": 'date("2026-01-31")',
    "today - 14 > client.started_on": "days(14)",
    "1 < client.staff < 5": "a < b && b < c",
    "client.staff / 2 > 1": "percent",
    "device.os == 'Windows'": 'did you mean "windows"?',
    "device.oss == 'windows'": "did you mean 'os'?",
    "client.devices.all(device.in_scope)": "items.all(x, …)",
    "'%s: %d'.format([client.name]) == ''": "write %s for each value",
    "'100%% of %s'.format([client.name, client.staff]) == ''": "write %s for each value",
}


@pytest.mark.parametrize(("source", "hint"), SOURCES.items(), ids=SOURCES)
def test_says_what_to_write_instead(source: str, hint: str) -> None:
    with pytest.raises(CelErrors) as caught:
        Env(variables=VARIABLES, dialect=POLICY).check(source)
    assert hint in " ".join(error.hint or "" for error in caught.value.errors)


def test_a_template_is_read_when_it_is_checked() -> None:
    with pytest.raises(CelErrors, match="'%y' is not one of"):
        Env(variables=VARIABLES, dialect=POLICY).check("'%y'.format([client.name])")
    assert Env(variables=VARIABLES, dialect=POLICY).check("'%s %%'.format([client.name])")


def test_no_hint_stands_in_the_way_of_a_name_that_exists() -> None:
    called_on_a_target = {name for name, _ in registry.MACROS}
    assert not set(hints.FOREIGN_FUNCTIONS) - called_on_a_target & set(registry.INDEX)
    assert set(hints.CALLED_ON_LISTS) <= set(registry.INDEX)
    assert not set(hints.FOREIGN_NAMES) & {"today", "now", "true", "false", "null"}


MISTAKES = {
    "client.started_on > 2026": 'a day is written date("2026-01-31")',
    "now > '2026-01-01'": "timestamp(",
    "client.staff > '10'": "without quotes",
    "'10' == client.staff": "without quotes",
    "device.in_scope == 'true'": "without quotes",
    "client.devices.sort(d, d.id) == []": "items.sortBy(d, …)",
    "client.devices.max(d, d.id).id == ''": "items.maxBy(d, …)",
    "client.devices.min(d, d.id).id == ''": "items.minBy(d, …)",
    "client.has(devices)": "has(a.b)",
    "device.has(owner)": "has(a.b)",
    "device.id.toLower() == 'a'": "lowerAscii",
    "device.id.toUpper() == 'A'": "upperAscii",
    "device.os == windows": 'a text stands in quotes: "windows"',
    "client.devices.map(d, {kind: d.id}).size() > 0": 'a text stands in quotes: "kind"',
    'client.name == "O"Reilly"': "a quote ends the text",
    "client.name == 'O'Reilly'": "a quote ends the text",
    "client.staff > 1000 USD": "money(1000.0, ",
    "client.staff > 2.5 EUR": '"EUR")',
    "client.devices == 'none'": "this is a list",
    "!client.devices": "items.exists(x, …)",
    "client.devices ? true : false": "items.exists(x, …)",
    "client.name ? true : false": "compare it",
    "client.devices.id == 'a'": "items.exists(x, x.id == …)",
    "client.devices['a'].id == 'a'": "items.find(x, x.id == …)",
    "'a' in client.devices": "x.id == …",
    "'a' in client.name": 'text.contains("…")',
    "client.devices.map(d, d.id).contains('a')": "x in items",
    "client.name + 1 == ''": "string(x)",
    "1 + client.name == ''": "string(x)",
    "size(client) > 1": "an object has no size",
    "client.staff > 1)": "leave it out",
    "client.devices > 3": "size(x)",
    'client.name.contains("dental)': 'write " after its last character',
    "client.name == 'dental": "write ' after its last character",
    'client.name == """dental': 'write """ after its last line',
    'client.name.matches("[a-z")': "close [ with ]",
    "client.name.matches('(a|b')": "close ( with )",
    "client.name.matches('a|b)')": "leave it out",
    "client.name.matches('*.com')": "write .* for anything",
    "client.name.matches('(?!x)a')": "ahead or behind",
    "client.name.matches(r'a\\Z')": "write $ for the end",
    "client.name.matches('[z-a]')": "the smaller character comes first",
    "client.name.matches('a{2000}')": "at most 1000 times",
    "today - client.started_on > days('30')": "write the number without quotes: 30",
    "today - client.started_on > days('14 days')": "without quotes: 14",
    "today - client.started_on > hours(client.name)": "int(x) or double(x)",
    "client.devices.atLeast(0.5, d, d.in_scope) && math.abs('1.5') > 1.0": "without quotes: 1.5",
}


@pytest.mark.parametrize(("source", "hint"), MISTAKES.items(), ids=MISTAKES)
def test_a_typical_mistake_is_told_with_what_to_write_and_once(source: str, hint: str) -> None:
    with pytest.raises(CelErrors) as caught:
        Env(variables=VARIABLES, dialect=POLICY).check(source)
    assert len(caught.value.errors) == 1
    error = caught.value.errors[0]
    assert 0 <= error.start < error.end <= len(source)
    assert hint in (error.hint or "")
    assert not re.search(r"[A-Z]\w+Type|_[-+]_|\bNone\b|Traceback|NEVER", f"{error.message} {error.hint}")
