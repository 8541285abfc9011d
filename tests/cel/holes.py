"""An object full of holes, and everything that could be true of it: what must not decide until it is written.

`known()` is what was written. Each of `extensions()` is the same with one of its holes filled in one way, or
all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from policyscan.cel import POLICY, Clock, Env
from policyscan.cel import types as t
from policyscan.cel.types import Enum, Field, List, Map, ObjectType, nullable
from policyscan.cel.values import Date, Duration, Money, Timestamp, Unresolved

PERSON: Final = ObjectType(
    "person", {"id": Field(t.STRING), "name": Field(t.STRING), "age": Field(t.INT)}, ("id",)
)
SHIFT: Final = ObjectType("shift", {"starts_at": Field(t.TIMESTAMP), "ends_at": Field(t.TIMESTAMP)})
CALENDAR: Final = ObjectType(
    "calendar",
    {
        "days": Field(List(t.STRING)),
        "opens": Field(t.STRING),
        "closes": Field(t.STRING),
        "holidays": Field(List(t.DATE)),
    },
)
SPENDING: Final = ObjectType("spending", {"a": Field(t.INT), "b": Field(t.INT)})
LEVEL: Final = Enum("level", ("low", "high"), ordered=True)
HOLDER: Final = ObjectType(
    "holder",
    {
        "id": Field(t.STRING),
        "b": Field(t.BOOL),
        "i": Field(t.INT),
        "d": Field(t.DOUBLE),
        "s": Field(t.STRING),
        "e": Field(LEVEL),
        "n": Field(nullable(t.INT)),
        "ts": Field(t.TIMESTAMP),
        "du": Field(t.DURATION),
        "da": Field(t.DATE),
        "mo": Field(t.MONEY),
        "l": Field(List(t.INT)),
        "m": Field(Map(t.STRING, t.INT)),
        "p": Field(PERSON),
        "ps": Field(List(PERSON)),
        "sh": Field(SHIFT),
        "shs": Field(List(SHIFT)),
        "cal": Field(CALENDAR),
        "spend": Field(SPENDING),
    },
    ("id",),
)
ENV: Final = Env({"h": HOLDER, "f": HOLDER}, dialect=POLICY)

NOON: Final = Timestamp.parse("2026-10-30T12:00:00Z")
LATER: Final = Timestamp.parse("2026-10-30T18:00:00Z")


def clock() -> Clock:
    """Noon of 2026-10-30 in UTC."""
    return Clock(Date.parse("2026-10-30"), NOON, "UTC")


def _full() -> dict[str, Any]:
    ann = {"id": "ann", "name": "Ann", "age": 30}
    calendar = {"days": ["fri"], "opens": "08:00", "closes": "17:00", "holidays": []}
    shift = {"starts_at": NOON, "ends_at": LATER}
    return {
        "id": "f", "b": True, "i": 2, "d": 2.0, "s": "a", "e": "low", "n": 1, "ts": NOON,
        "du": Duration.parse("2h"), "da": Date.parse("2026-10-30"), "mo": Money(5.0, "EUR"), "l": [1, 2],
        "m": {"a": 1, "k": 2}, "p": ann, "ps": [ann], "sh": shift, "shs": [shift], "cal": calendar,
        "spend": {"a": 1, "b": 2},
    }  # fmt: skip


def known() -> dict[str, Any]:
    """`f`, of which everything is written, and `h`, of which little is; nor who `ann` is."""
    holes = {
        "id": "h", "m": {"a": 1, "k": 2}, "p": Unresolved("ann"),
        "ps": [Unresolved("ann"), Unresolved("bob")], "sh": {"starts_at": NOON}, "shs": [{"starts_at": NOON}],
        "cal": {"days": ["fri"]}, "spend": {"a": 1}, "mo": Money(6.0, "USD"),
    }  # fmt: skip
    return {"h": holes, "f": _full()}


def _put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def fill(document: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value(document) if callable(value) else deepcopy(value)

    return fill


def _people(one: str, other: str) -> Callable[[dict[str, Any]], None]:
    """Who the references of `h` turn out to lead to: `f`'s person, or somebody else."""

    def fill(document: dict[str, Any]) -> None:
        somebody = {"id": "zoe", "name": "Zoe", "age": 30}
        found = {"ann": document["f"]["p"], "zoe": somebody}
        document["h"]["p"] = found[one]
        document["h"]["ps"] = [found[one], found[other]]

    return fill


FILLS: Final = (
    *(_put("h", "b", value=v) for v in (True, False)),
    *(_put("h", "i", value=v) for v in (0, 2)),
    *(_put("h", "d", value=v) for v in (0.0, 2.0)),
    *(_put("h", "s", value=v) for v in ("", "a")),
    *(_put("h", "e", value=v) for v in ("low", "high")),
    *(_put("h", "n", value=v) for v in (None, 1)),
    *(_put("h", "ts", value=v) for v in (NOON, LATER)),
    _put("h", "du", value=Duration.parse("2h")),
    _put("h", "da", value=Date.parse("2026-10-30")),
    *(_put("h", "l", value=v) for v in ([], [1, 2])),
    *(_put("h", "m", "x", value=v) for v in (0, 7)),
    *(_people(a, b) for a, b in (("ann", "ann"), ("ann", "zoe"), ("zoe", "ann"), ("zoe", "zoe"))),
    *(_put("h", "sh", "ends_at", value=v) for v in (NOON, LATER)),
    *(_put("h", "shs", value=[{"starts_at": NOON, "ends_at": v}]) for v in (NOON, LATER)),
    *(_put("h", "cal", "opens", value=v) for v in ("08:00", "13:00")),
    _put("h", "cal", value={"days": ["fri"], "opens": "08:00", "closes": "17:00", "holidays": []}),
    *(_put("h", "spend", "b", value=v) for v in (0, 2)),
)


# The configuration may have an exchange rate: then the amount is in the file's currency.
RATES: Final = tuple(_put("h", "mo", value=Money(v, "EUR")) for v in (5.0, 4.0))


def extensions(*, rates: bool = True) -> Iterator[dict[str, Any]]:
    """What is known with one hole filled, and with all filled in the first and in the last of their ways.

    `rates`: also with exchange rates, under which an amount is shown as another one.
    """
    for fill in (*FILLS, *RATES) if rates else FILLS:
        found = known()
        fill(found)
        yield found
    for order in (FILLS, FILLS[::-1]):
        found = known()
        for fill in order:
            fill(found)
        yield found
