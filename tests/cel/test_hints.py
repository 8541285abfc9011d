"""What people write who come from other languages, and that they are told what to write instead."""

from __future__ import annotations

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
