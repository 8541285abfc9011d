"""A small typed inventory and clock that the tests of expressions share."""

from __future__ import annotations

from typing import Any

from policyscan.cel import POLICY, Clock, Date, Definition, Duration, Env, Timestamp
from policyscan.cel.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    Enum,
    Field,
    IdType,
    List,
    Map,
    Nullable,
    ObjectType,
)

SEVERITY = Enum("severity", ("low", "medium", "high", "critical"), ordered=True)
KIND = Enum("device_kind", ("laptop", "phone", "server"))

PERSON = ObjectType(
    "person",
    {
        "id": Field(STRING),
        "end_date": Field(Nullable(DATE)),
        "leadership": Field(BOOL),
        "of": Field(IdType("client")),
    },
    ("id",),
)
FIX = ObjectType(
    "fix",
    {
        "id": Field(STRING),
        "severity": Field(SEVERITY),
        "rating": Field(Nullable(SEVERITY)),
        "cvss": Field(Nullable(DOUBLE)),
        "released_on": Field(DATE),
        "seen_at": Field(Nullable(TIMESTAMP)),
        "exploited": Field(BOOL),
    },
    ("id",),
)
DEVICE = ObjectType(
    "device",
    {
        "id": Field(STRING),
        "kind": Field(KIND),
        "in_scope": Field(BOOL),
        "cores": Field(INT),
        "owner": Field(Nullable(PERSON)),
        "scanned_on": Field(Nullable(DATE)),
        "fixes": Field(List(FIX)),
        "tags": Field(List(STRING)),
    },
    ("id",),
)
CALENDAR = ObjectType(
    "calendar",
    {
        "days": Field(List(STRING)),
        "opens": Field(STRING),
        "closes": Field(STRING),
        "holidays": Field(List(DATE)),
        "time_zone": Field(STRING),
    },
)
SHIFT = ObjectType(
    "shift",
    {"starts_at": Field(TIMESTAMP), "ends_at": Field(TIMESTAMP), "primary": Field(Nullable(PERSON))},
)
SPENDING = ObjectType("spending", {"tools": Field(MONEY), "training": Field(MONEY)})
CLIENT = ObjectType(
    "client",
    {
        "id": Field(STRING),
        "devices": Field(List(DEVICE)),
        "people": Field(List(PERSON)),
        "lead": Field(Nullable(PERSON)),
        "budget": Field(MONEY),
        "spending": Field(SPENDING),
        "covers": Field(Map(STRING, DATE)),
        "calendar": Field(CALENDAR),
        "rota": Field(List(SHIFT)),
        "called_at": Field(TIMESTAMP),
    },
    ("id",),
)
PARAMS = ObjectType(
    "params",
    {
        "max_age": Field(DURATION),
        "max_age_exploited": Field(DURATION),
        "min_cvss": Field(DOUBLE),
        "share": Field(DOUBLE),
        "words": Field(List(STRING)),
    },
)
PARAM_VALUES: dict[str, Any] = {
    "max_age": Duration.parse("14d"),
    "max_age_exploited": Duration.parse("2d"),
    "min_cvss": 7.0,
    "share": 0.5,
    "words": ["laptop", "phone"],
}
DEFINITIONS = (
    Definition("critical", (("f", FIX),), BOOL, 'f.severity >= "high" || f.cvss != null && f.cvss >= 7.0'),
    Definition("young", (("f", FIX), ("limit", DURATION)), BOOL, "today - f.released_on <= limit"),
    Definition("current", (("p", PERSON), ("day", DATE)), BOOL, "p.end_date == null || day <= p.end_date"),
)


def env(**more: Any) -> Env:
    """The environment: `client`, `device`, `fix` and `params`."""
    variables = {"client": CLIENT, "device": DEVICE, "fix": FIX}
    return Env(variables, {"params": (PARAMS, PARAM_VALUES), **more}, DEFINITIONS, POLICY)


def clock(now: str = "2026-10-31T12:00:00Z", zone: str = "UTC") -> Clock:
    """A clock whose today is the day of `now` in the zone."""
    instant = Timestamp.parse(now)
    probe = Clock(Date(1), instant, zone)
    return Clock(Date(probe.day_of(instant)), instant, zone)


def day(text: str) -> Date:
    """A date, shorter."""
    return Date.parse(text)


def at(text: str) -> Timestamp:
    """An instant, shorter."""
    return Timestamp.parse(text)
