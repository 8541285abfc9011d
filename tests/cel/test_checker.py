"""What the checker refuses in policies: where, why, and what to do instead."""

from __future__ import annotations

import pytest

from policyscan.cel import POLICY, CelErrors, Definition, Env
from policyscan.cel.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    Enum,
    Field,
    List,
    Nullable,
    ObjectType,
    Union,
)
from tests.cel.inventory import DEVICE, FIX, PERSON, env

SERVER = ObjectType("server", {"id": Field(STRING), "in_scope": Field(BOOL), "cores": Field(STRING)}, ("id",))
ENV = env().child({"machine": Union((DEVICE, SERVER)), "person": PERSON})

REFUSED = [
    # source, the part that is marked, the message, the hint
    ("clients.devices", "clients", "unknown variable 'clients'", "did you mean 'client'?"),
    ("None == 1", "None", "unknown variable 'None'", "write null"),
    ("device.pachtes", "pachtes", "a device has no field 'pachtes'", "it has: "),
    ("device.fixs", "fixs", "a device has no field 'fixs'", "did you mean 'fixes'?"),
    (
        "client.devices.all(d, d.kin == 'laptop')",
        "kin",
        "a device has no field 'kin'",
        "did you mean 'kind'?",
    ),
    ("has(device.ownr)", "ownr", "a device has no field 'ownr'", "did you mean 'owner'?"),
    ("machine.kind == 'laptop'", "kind", "a server has no field 'kind'", ""),
    ("machine.cores == 1", "cores", "'cores' is not of one type in device or server", ""),
    ("device.id.length", "length", "a string has no fields, so not 'length'", ""),
    ("person.of.id", "id", "an id of a client has no fields", "follow the reference"),
    ("sizes(device.fixes)", "sizes", "unknown function 'sizes'", "did you mean 'size'?"),
    ("device.id.startWith('a')", "startWith", "unknown function 'startWith'", "did you mean 'startsWith'?"),
    ("device.fixes.all(f)", "device.fixes.all(f)", "all() does not take 1 argument", ""),
    ("size(device.cores)", "size(device.cores)", "size() does not take (int)", "size(string)"),
    ("device.cores.startsWith('a')", "", "int has no startsWith(string)", "string.startsWith(string)"),
    ("device.kind == 'laptp'", "'laptp'", 'device_kind is never "laptp"', 'did you mean "laptop"?'),
    ("device.kind in ['laptop', 'fone']", "'fone'", 'device_kind is never "fone"', 'did you mean "phone"?'),
    ("fix.severity >= 'hihg'", "'hihg'", 'severity is never "hihg"', 'did you mean "high"?'),
    ("fix.severity != 'x'", "'x'", 'severity is never "x"', "it is one of"),
    ("device.kind < 'server'", "", "has no order", "say which values you mean"),
    ("client.devices.isSorted()", "client.devices", "a device has no order", "items.map(x, x.id).isSorted()"),
    ("client.devices.sort() == []", "client.devices", "a device has no order", "items.sortBy(x, x.id)"),
    ("client.devices.max() == device", "client.devices", "a device has no order", "items.maxBy(x, x.id)"),
    ("client.devices.min() == device", "client.devices", "a device has no order", "items.minBy(x, x.id)"),
    ("[machine].isSorted()", "[machine]", "a device or server has no order", ""),
    ("[device.fixes].isSorted()", "[device.fixes]", "a list(fix) has no order", ""),
    ("[[1], [2]].isSorted()", "[[1], [2]]", "a list(int) has no order", ""),
    ("[{'a': 1}].sort() == []", "[{'a': 1}]", "a map(string, int) has no order", ""),
    ("[null].isSorted()", "[null]", "null has no order", ""),
    ("fix.severity < device.kind", "", "are not the same scale", ""),
    ("fix.severity >= device.id", "", "has no meaning", "compare with one of its values"),
    ("device.cores / 2 > 1", "device.cores / 2", "int / int drops the fraction", "percent(part, whole)"),
    ("3 / 2 > 1", "3 / 2", "int / int drops the fraction", "percent(part, whole)"),
    ("fix.cvss * 2 > 3.0", "fix.cvss * 2", "has no meaning", "write 2.0 for 2"),
    ("fix.released_on < now", "", "has no meaning", "compare a date with today and an instant with now"),
    ("client.called_at < today", "", "has no meaning", "compare a date with today and an instant with now"),
    ("now == fix.released_on", "", "has no meaning", ""),
    ("today - fix.released_on < 14", "", "a duration < an int has no meaning", "write days(14)"),
    ("fix.released_on + 14 < today", "fix.released_on + 14", "date + int has no meaning", "write days(14)"),
    ("fix.released_on == '2026-01-01'", "", "a date is never equal to a string", 'date("2026-01-31")'),
    ("fix.released_on == client.called_at", "", "a date is never equal to a timestamp", ""),
    ("device == 'lt-01'", "", "a device is an object", "with its id: x.id == …"),
    ("device.owner == client", "", "a person is never a client", ""),
    ("device in client.people", "", "a device is never a person", ""),
    ("person.of == device", "", "an id of a client is never a device", ""),
    (
        "fix.cvss != 3.0",
        "",
        "fix.cvss may be null, and null differs from everything",
        "fix.cvss != null && …",
    ),
    ("client.lead != device.owner", "", "client.lead may be null", "client.lead == null || …"),
    ("!(fix.cvss == 3.0)", "(fix.cvss == 3.0)", "fix.cvss may be null", ""),
    ("!(fix.rating in ['low'])", "(fix.rating in ['low'])", "fix.rating may be null", ""),
    ("fix.cvss != null || fix.cvss != 3.0", "fix.cvss != 3.0", "fix.cvss may be null", ""),
    ("fix.cvss == null && fix.cvss != 3.0", "fix.cvss != 3.0", "fix.cvss may be null", ""),
    ("today != device.scanned_on", "", "device.scanned_on may be null", ""),
    ("device.id == null", "", "this is never null", "leave the comparison out"),
    ("device.id && true", "device.id", "a condition is needed here, not a string", ""),
    ("!device.cores", "device.cores", "a condition is needed here, not an int", ""),
    ("device.cores ? 1 : 2", "device.cores", "a condition is needed here, not an int", ""),
    ("device.fixes.filter(f, f.id)", "f.id", "a condition is needed here, not a string", ""),
    ("device.in_scope ? 1 : 'a'", "", "the two sides are an int and a string", ""),
    ("device.cores == 'a'", "", "an int is never equal to a string", ""),
    ("device.cores == 10.5", "10.5", "an int is a whole number, and never 10.5", "write 10 or 11"),
    ("-0.5 != device.cores", "-0.5", "never -0.5", "write -1 or 0"),
    ("size(device.tags) == 1.0 / 2.0", "1.0 / 2.0", "never 0.5", "write 0 or 1"),
    ("device.cores in [2, 4.5]", "4.5", "never 4.5", "write 4 or 5"),
    ("!(2.5 in [device.cores])", "2.5", "never 2.5", "write 2 or 3"),
    ("device.cores == double('NaN')", "double('NaN')", "never nan", "leave the comparison out"),
    ("uint(device.cores) == -1", "-1", "a uint is never -1", "0 or more"),
    ("'a' in device.cores", "", "`in` asks a list or a map, not an int", ""),
    ("1 in device.tags", "", "an int is never in a list(string)", ""),
    ("'nothing' in device", "'nothing'", "a device has no field 'nothing'", ""),
    ("device.fixes['a']", "'a'", "a list is indexed by an int, not by a string", ""),
    ("client.covers[1]", "1", "the keys of this map are string, not an int", ""),
    ("device[0]", "", "a device cannot be indexed", "write .field"),
    ("device.cores.all(x, true)", "device.cores", "all() goes through a list or a map, not an int", ""),
    ("device.fixes.sortBy(f, [f.id])", "[f.id]", "a list(string) has no order", "a number, date or text"),
    ("device.fixes.maxBy(f, device.kind)", "device.kind", "has no order", ""),
    ("client.budget > 3.0", "", "a money > a double has no meaning", ""),
    ("matches(device.id, '(')", "'('", "is not a pattern", ""),
    ("duration('14 days') > days(1)", "duration('14 days')", "", ""),
    ("date('2026-02-30') < today", "date('2026-02-30')", "not a day of the calendar", ""),
    ("9223372036854775807 + 1 == 0", "9223372036854775807 + 1", "integer overflow", ""),
    ("critical(device)", "device", "critical() takes a fix as f, not a device", ""),
    ("critical()", "", "critical() takes 1 argument", ""),
    ("young(fix, 14)", "14", "young() takes a duration as limit, not an int", ""),
    ("device.fixes.exists(f, f.exploited) > 2", "", "a bool > an int has no meaning", ""),
    (
        "device.fixes.map(f, f.severity).max() == 'low'",
        "device.fixes.map(f, f.severity).max()",
        "max() would order severity by its letters",
        "maxBy",
    ),
    ("client.devices.groupBy(d, d.kind)['laptp'] == []", "'laptp'", 'device_kind is never "laptp"', "laptop"),
    ("device.fixes.atLeast(95, f, f.exploited)", "95", "between 0.0 and 1.0", "write 0.95"),
    ("device.fixes.atLeast(params.min_cvss, f, f.exploited)", "params.min_cvss", "not at 7.0", ""),
    ("device.fixes.atLeast('all', f, f.exploited)", "'all'", "a share is a number, not a string", ""),
    ("all(x, true)", "all", "all() is called on a list", "items.all("),
    # what follows the clock and cannot tell when it turns
    ("[today]", "today", "this follows the clock", "within()"),
    ("string(now)", "now", "this follows the clock", ""),
    ("today in client.calendar.holidays", "today", "this follows the clock", ""),
    ("today - now < days(1)", "today - now", "date - timestamp has no meaning", "use today with dates"),
    ("today == today", "", "both sides follow the clock", "what is fixed"),
    ("today - fix.released_on < today - device.scanned_on", "", "both sides follow the clock", ""),
    ("now == client.called_at", "", "an instant is never met exactly", "compare with <= or >="),
    (
        "(device.in_scope ? today : fix.released_on) < date('2026-01-01')",
        "(device.in_scope ? today : fix.released_on)",
        "one side follows the clock and the other does not",
        "",
    ),
    ("{'a': today}", "today", "this follows the clock", ""),
    (
        "device.fixes.map(f, today - f.released_on).max() > days(3)",
        "today - f.released_on",
        "this follows the clock",
        "",
    ),
    (
        "[interval(now, now + days(1))].all(i, i.ends_at > client.called_at)",
        "i.ends_at > client.called_at",
        "when this comparison turns cannot be computed",
        "",
    ),
]


def refusals(source: str, env: Env = ENV) -> list[tuple[str, str, str]]:
    """(marked text, message, hint) of everything that is wrong."""
    with pytest.raises(CelErrors) as caught:
        env.check(source)
    return [(source[e.start : e.end], e.message, e.hint or "") for e in caught.value.errors]


@pytest.mark.parametrize(("source", "marked", "message", "hint"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused(source: str, marked: str, message: str, hint: str) -> None:
    found = refusals(source)
    wanted = marked or source
    assert any(text in (wanted, source) and message in m and hint in h for text, m, h in found), found
    if marked:
        assert any(text == marked for text, _, _ in found), found


ACCEPTED = [
    ("device.cores == 4.0", BOOL),
    ("device.cores < 4.5", BOOL),
    ("device.cores in [1.0, 4.0]", BOOL),
    ("device.kind == 'laptop'", BOOL),
    ("device.kind == device.id", BOOL),
    ("fix.severity >= 'high' && fix.severity > 'low'", BOOL),
    ("'high' <= fix.severity", BOOL),
    ("fix.rating >= 'high'", BOOL),
    ("fix.cvss > 3.0", BOOL),
    ("fix.cvss == 3.0", BOOL),
    ("fix.cvss != null && fix.cvss != 3.0", BOOL),
    ("fix.cvss == null || fix.cvss != 3.0", BOOL),
    ("fix.cvss == null ? true : fix.cvss != 3.0", BOOL),
    ("fix.cvss != null ? fix.cvss != 3.0 : false", BOOL),
    ("!(fix.cvss == null) && !(fix.cvss == 3.0)", BOOL),
    ("!(fix.cvss == null || device.scanned_on == null) && fix.cvss != 1.0", BOOL),
    ("fix.cvss != null && device.in_scope && fix.cvss != 3.0", BOOL),
    ("device.owner != null && client.lead != null && device.owner != client.lead", BOOL),
    ("client.devices.map(d, d.owner).filter(p, p != null).all(p, p != person)", BOOL),
    ("fix.rating == 'high' && fix.rating != 'low'", BOOL),
    ("fix.cvss != null && (fix.cvss == null || fix.cvss > 1.0)", BOOL),
    ("device.owner == client.lead", BOOL),
    ("device.owner.end_date >= today", BOOL),
    ("machine.in_scope", BOOL),
    ("machine == device", BOOL),
    ("person.of == client", BOOL),
    ("client == person.of", BOOL),
    ("device in client.devices", BOOL),
    ("today - fix.released_on", DURATION),
    ("fix.released_on - fix.released_on", DURATION),
    ("fix.released_on + days(3)", DATE),
    ("client.budget > money(3.0, 'EUR')", BOOL),
    ("client.budget * 2.0 >= client.spending.tools + client.spending.training", BOOL),
    ("total(client.spending) <= client.budget", BOOL),
    ("percent(size(device.fixes), device.cores)", DOUBLE),
    ("size(device.fixes) >= 3.0", BOOL),
    ("fix.cvss > 3", BOOL),
    ("3 == fix.cvss", BOOL),
    ("device.fixes.map(f, f.cvss)", List(Nullable(DOUBLE))),
    ("device.fixes.filter(f, f.cvss != null).map(f, f.id)", List(STRING)),
    ("device.fixes.groupBy(f, f.severity)", None),
    ("device.fixes.sortBy(f, f.released_on)[0].id", STRING),
    ("device.fixes.maxBy(f, f.released_on).released_on < today", BOOL),
    ("device.fixes.find(f, f.exploited).id", STRING),
    ("device.fixes.count(f, f.exploited)", INT),
    ("device.fixes.map(f, f.cvss).max() > 3.0", BOOL),
    ("total(device.fixes.map(f, f.cvss))", DOUBLE),
    ("client.devices.groupBy(d, d.kind)['laptop'].size() > 1", BOOL),
    ("device.fixes.all(f, critical(f) && young(f, params.max_age))", BOOL),
    ("current(person, today)", BOOL),
    ("client.lead != null && current(client.lead, today)", BOOL),
    ("current(client.lead, today)", BOOL),
    ("device.in_scope ? today <= fix.released_on : false", BOOL),
    ("(device.in_scope ? today : today + days(1)) <= fix.released_on", BOOL),
    ("isOpen(client.calendar, client.called_at)", BOOL),
    ("size(uncovered(closed(client.calendar, interval(now, now + days(3))), client.rota)) == 0", BOOL),
    ("params.words.exists(w, w == device.kind)", BOOL),
    ("device.kind in params.words", BOOL),
    ("client.covers['theft'] > today", BOOL),
    ("[device.owner, client.lead].filter(p, p != null).distinct().size() >= 2", BOOL),
]


@pytest.mark.parametrize(("source", "expected"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_what_is_accepted(source: str, expected: object) -> None:
    checked = ENV.check(source)
    assert expected is None or checked.type == expected


def test_all_mistakes_come_together_in_order() -> None:
    found = refusals("device.kin == 'a' || fix.cvss != 3.0 || clint.id == 'x'")
    assert [text for text, _, _ in found] == ["kin", "fix.cvss != 3.0", "clint"]


@pytest.mark.parametrize(
    ("source", "expect", "message"),
    [
        ("device.id", BOOL, "this is a string, but a bool is needed here"),
        ("device.cores", STRING, "this is an int, but a string is needed here"),
        ("device.fixes", BOOL, "this is a list(fix), but a bool is needed here"),
    ],
)
def test_the_type_that_is_needed(source: str, expect: object, message: str) -> None:
    with pytest.raises(CelErrors) as caught:
        ENV.check(source, expect=expect)  # type: ignore[arg-type]
    assert [e.message for e in caught.value.errors] == [message]


def test_a_condition_that_may_be_null_is_accepted_as_one() -> None:
    maybe = Env({"x": Nullable(BOOL)})
    assert maybe.check("x", expect=BOOL).type == BOOL


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("device.kind == 'laptop'", []),
        ("has(device.owner) && device.in_scope", ["has(device.owner)"]),
        ("device.?kind.orValue('phone') == 'laptop'", ["device.?kind", "device.?kind.orValue('phone')"]),
        ("'owner' in device", ["'owner' in device"]),
        ("'theft' in client.covers", ["'theft' in client.covers"]),
        ("'a' in device.tags", []),
        ("device.fixes[?0].hasValue()", ["device.fixes[?0]", "device.fixes[?0].hasValue()"]),
    ],
)
def test_where_something_missing_may_decide(source: str, spans: list[str]) -> None:
    found = {source[a.start : a.end] for a in ENV.check(source).absence}
    assert found == set(spans)


def test_a_definition_that_asks_whether_something_is_there_counts_where_it_is_used() -> None:
    patched = Definition("patched", (("d", DEVICE),), BOOL, "has(d.scanned_on) && d.scanned_on < today")
    source = "device.in_scope && patched(device)"
    found = Env({"device": DEVICE}, functions=(patched,)).check(source).absence
    assert [source[a.start : a.end] for a in found] == ["patched(device)"]


def test_names_and_clock_of_an_expression() -> None:
    checked = ENV.check(
        "client.devices.exists(d, d == device) && today > fix.released_on && params.share > 0.1"
    )
    assert set(checked.names) == {"client", "device", "fix"}
    assert checked.clock
    assert not ENV.check("device.in_scope").clock
    assert ENV.check("critical(fix) && young(fix, days(2))").clock


@pytest.mark.parametrize("name", ["client", "params", "today", "now"])
def test_a_taken_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ENV.child({name: INT})
    with pytest.raises(ValueError, match="name"):
        ENV.bind(name, ENV.check("1"))


def definition(source: str, result: object = BOOL, name: str = "f") -> Definition:
    return Definition(name, (("x", INT),), result, source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x > y", "unknown variable 'y'"),
        ("x + 1", "this is an int, but a bool is needed here"),
        ("f(x)", "must not call itself"),
        ("g(x)", "must not call itself"),
        ("x >", "expected"),
    ],
)
def test_definitions_are_checked_by_themselves(source: str, message: str) -> None:
    wrong = definition(source)
    around = definition("f(x)", name="g")
    env_ = Env(functions=(wrong, around), dialect=POLICY)
    with pytest.raises(CelErrors) as caught:
        env_.check_definition(wrong)
    assert message in caught.value.errors[0].message


def test_a_definition_used_wrongly_says_where_it_is_used() -> None:
    odd = Definition("odd", (("d", DATE),), BOOL, "d in [date('2026-01-01')]")
    env_ = Env({"x": DATE}, functions=(odd,))
    assert env_.check("odd(x)").type == BOOL
    message = "in odd(): this follows the clock, and when the result turns cannot be computed"
    assert refusals("odd(today)", env_) == [("odd(today)", message, "")]


def test_enums_of_one_scale_compare() -> None:
    low = Enum("rating", ("low", "medium", "high", "critical"), ordered=True)
    other = Enum("rating", ("low", "high"), ordered=True)
    env_ = Env({"a": low, "b": low, "c": other, "fix": FIX})
    assert env_.check("a < b").type == BOOL
    assert env_.check("a == c").type == BOOL
    assert "are not the same scale" in refusals("a < c", env_)[0][1]


@pytest.mark.parametrize(
    "source",
    [
        "dyn(device).exists(k, k == 'owner')",
        "size(dyn(device)) == 1",
        "!('owner' in dyn(device))",
        "dyn(device) == {'id': 'lt'}",
        "'%s'.format([device]) == ''",
        "'%s'.format([[dyn(device)]]) == ''",
        "cel.bind(d, dyn(device), size(d) == 1)",
        "optional.of(device).cores == optional.of(1)",
        "!client.covers.exists(k, k == 'theft')",
        "size(client.covers) == 1",
        "client.covers == {'theft': date('2027-01-01')}",
        "[device.owner] == [client.lead]",
        "{'a': client.rota} == {'a': client.rota}",
        "[[client.rota[0]]].indexOf([client.rota[0]]) == 0",
        "[device.owner, 1].distinct().size() == 2",
        "(fix.exploited ? dyn(device) : 1) == {'id': 'lt'}",
    ],
)
def test_what_asks_for_the_entries_of_an_object_or_map_needs_absence_ok(source: str) -> None:
    assert ENV.check(source).absence, source


@pytest.mark.parametrize(
    "source",
    [
        "dyn(1) == 2 || dyn('a') in ['a', 'b']",
        "'%s: %d'.format([device.id, device.cores]) == ''",
        "{'a': 1, 'b': 'x'}.exists(k, v, k == 'a' && v == 1)",
        "size({'a': device}) == 1",
        "client.devices.groupBy(d, d.kind).transformList(k, ds, size(ds)).max() > 1",
        "client.devices.map(d, d.owner).distinct().size() == 1",
        "client.people.indexOf(client.lead) == 0",
        "client.lead in client.people && device.owner == client.lead",
        "client.covers['theft'] > today && client.devices.size() > 0",
        "[device.tags] == [['a']] && device.tags.distinct().size() == 1",
        "params.words == ['a'] && 'max_age' in params",
        "total(client.spending) > money(1.0, 'EUR')",
    ],
)
def test_what_reads_facts_plainly_needs_none(source: str) -> None:
    assert not ENV.check(source).absence, source
