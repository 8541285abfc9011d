"""The official conformance cases: what they say, and how many hold.

`python -m tests.cel.conformance` prints the tally per file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from policyscan.cel import CORE, Env
from policyscan.cel.equality import map_key
from policyscan.cel.errors import CelErrors
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    List,
    Map,
    Type,
)  # fmt: skip
from policyscan.cel.values import SECOND, Duration, Timestamp, TypeValue, UInt
from tests.cel.harness import Outcome, compiled, same, traced

DATA = Path(__file__).parents[1] / "data/cel-conformance/cel-simple.json"


class Case(NamedTuple):
    """One case: an expression, what its variables are, and what is expected."""

    file: str
    section: str
    name: str
    source: str
    variables: dict[str, Type]
    values: dict[str, Any]
    expected: Any
    fails: bool


def cases() -> Iterator[Case]:
    """Every case of the file."""
    for raw in json.loads(DATA.read_text(encoding="utf-8")):
        bindings = raw.get("bindings", {})
        yield Case(
            raw["file"],
            raw["section"],
            raw["name"],
            raw["expr"],
            dict.fromkeys(raw.get("declares", ()), DYN) | {n: _type(v) for n, v in bindings.items()},
            {name: _value(value) for name, value in bindings.items()},
            _value(raw["value"]) if "value" in raw else None,
            "error" in raw,
        )


_TYPES = {
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bool": BOOL,
    "null": NULL,
    "bytes": BYTES,
    "list": List(DYN),
    "map": Map(DYN, DYN),
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "type": TYPE,
}


def _type(tagged: dict[str, Any]) -> Type:
    return _TYPES[next(iter(tagged))]


def _value(tagged: dict[str, Any]) -> Any:
    ((tag, raw),) = tagged.items()
    return _READERS[tag](raw)


_READERS: dict[str, Any] = {
    "int": int,
    "uint": lambda raw: UInt(int(raw)),
    "double": float,
    "string": str,
    "bool": bool,
    "null": lambda raw: raw,
    "bytes": bytes,
    "list": lambda raw: [_value(item) for item in raw],
    "map": lambda raw: {map_key(_value(key)): _value(item) for key, item in raw},
    "timestamp": lambda raw: Timestamp(raw[0] * SECOND + raw[1]),
    "duration": lambda raw: Duration(raw[0] * SECOND + raw[1]),
    "type": TypeValue,
}


def problems(case: Case) -> list[str]:
    """What each evaluator does wrong with a case; nothing where both answer as expected."""
    try:
        checked = Env(variables=case.variables, dialect=CORE).check(case.source)
    except CelErrors as errors:
        return [] if case.fails else [f"refused: {errors}"]
    found = []
    for name, evaluate in (("compiled", compiled), ("traced", traced)):
        outcome = evaluate(checked, case.values)
        if not _as_expected(outcome, case):
            found.append(f"{name}: {outcome}, expected {'an error' if case.fails else repr(case.expected)}")
    return found


def _as_expected(outcome: Outcome, case: Case) -> bool:
    if case.fails:
        return bool(outcome.error)
    return not outcome.error and same(outcome.value, case.expected)


def tally() -> dict[str, tuple[int, int]]:
    """For each file, how many cases hold in both evaluators, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for case in cases():
        held, total = counts.get(case.file, (0, 0))
        counts[case.file] = (held + (not problems(case)), total + 1)
    return counts


def table() -> str:
    """The tally as text, a line a file and one for all."""
    counts = tally()
    held, total = (sum(column) for column in zip(*counts.values(), strict=True))
    lines = [f"{file:16} {held:5} of {total}" for file, (held, total) in sorted(counts.items())]
    return "\n".join([*lines, f"{'all':16} {held:5} of {total}"])


def main() -> int:
    """Prints the tally, and the cases that do not hold; 1 if there are any."""
    print(table())  # noqa: T201
    failing = [(case, found) for case in cases() if (found := problems(case))]
    for case, found in failing:
        print(f"{case.file}/{case.section}/{case.name}: {case.source}")  # noqa: T201
        print("\n".join(f"    {line}" for line in found))  # noqa: T201
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
