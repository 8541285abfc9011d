"""Plain CEL agrees with Google's runtime, wherever both define the result; where they do not, and why."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.cel import CORE, Env
from policyscan.cel.errors import CelErrors
from policyscan.cel.values import UInt
from tests.cel import google
from tests.cel.generate_core import GOOGLE_VARIABLES, VARIABLES, CoreGenerator, values
from tests.cel.harness import Outcome, both, run

pytestmark = pytest.mark.skipif(
    not google.available(), reason="cel-expr-python has no wheel for this platform and version of Python"
)

MACROS = (".all(", ".exists(", ".exists_one(", ".map(", ".filter(", ".optMap(")
NUMBERS_OF_TEXT = ("int(", "uint(", "double(")


class Disagreement(NamedTuple):
    """A reason why an outcome may differ, and which expressions it is true of."""

    reason: str
    holds: Callable[[str, Outcome, Outcome], bool]


DISAGREEMENTS = (
    Disagreement(
        "Google takes both minuses of --9223372036854775808 for signs and refuses the number; we overflow",
        lambda source, _ours, _theirs: "--9223372036854775808" in source,
    ),
    Disagreement(
        "Google's `in` has no overload for a key of another type; a map without such keys just has none",
        lambda source, _ours, theirs: " in " in source and "@in" in theirs.message,
    ),
    Disagreement(
        "Google's evaluator mixes up the variables of cel.bind and of macros around or beside it",
        lambda source, _ours, _theirs: "cel.bind" in source and any(macro in source for macro in MACROS),
    ),
    Disagreement(
        "Google reads numbers with blanks around them, and hexadecimal doubles; we read neither",
        lambda source, ours, _theirs: (
            any(f in source for f in NUMBERS_OF_TEXT) and "cannot read" in ours.message
        ),
    ),
    Disagreement(
        "Google makes infinity of a double too large for its type; we refuse it as int and uint do",
        lambda source, ours, _theirs: "double(" in source and "too large" in ours.message,
    ),
)


def ours(source: str, given_values: dict[str, Any]) -> Outcome:
    try:
        return both(Env(variables=VARIABLES, dialect=CORE).check(source), given_values)
    except CelErrors as errors:
        return Outcome(None, "refused", str(errors))


def alike(a: Any, b: Any) -> bool:
    """The same value; the keys of Google's maps reach Python without their types."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return repr(a) == repr(b)
    return type(a) is type(b) and bool(a == b)


@given(st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_random_expressions_have_the_same_outcome(rnd: Random) -> None:
    kind = rnd.choice(("any", "bool", "int", "string", "list", "map", "num"))
    source = CoreGenerator(rnd).expression(kind, rnd.randint(1, 4))
    given_values = values(rnd)
    mine, theirs = ours(source, given_values), ORACLE.run(source, given_values)
    if theirs.error == "unknown" or any(d.holds(source, mine, theirs) for d in DISAGREEMENTS):
        return
    assert bool(mine.error) == bool(theirs.error), f"{source}\n{given_values}\n{mine}\n{theirs}"
    assert mine.error or alike(mine.value, theirs.value), f"{source}\n{given_values}\n{mine}\n{theirs}"


ORACLE = google.Google(GOOGLE_VARIABLES) if google.available() else None

DIFFERENT = {
    # What differs for a stated reason; kept here so that a change on either side is noticed.
    "string(123456789.0)": ("123456789", "1.23456789e+08", "people read digits"),
    "string(1.0 / 0.0)": ("Infinity", "inf", "what double() and format() write"),
    "int(' 5')": ("error", 5, "the specification has no blanks in numbers"),
    "double('1e999')": ("error", float("inf"), "a number that does not fit is an error, as for int"),
    "''.split('')": ([], [""], "as cel-go splits it: into no characters"),
    "'-3'.substring(1, 2)": ("3", "error", "an end at the end of the text is within it"),
    "'%d'.format([1.0])": ("error", "1.000000", "the suite's own cases: %d takes whole numbers"),
    "{'a': 1}.map(k, k) + {'b': 1}.map(k, k)": (["a", "b"], ["a", "b"], "one entry has one order"),
    "1u in {1: 2}": (True, True, "numbers are keys by their value"),
    "uint(3) == 3u": (True, True, "uint"),
}


@pytest.mark.parametrize(("source", "expected"), DIFFERENT.items(), ids=repr)
def test_known_differences_are_still_so(source: str, expected: tuple[Any, Any, str]) -> None:
    assert ORACLE is not None
    found = ["error" if outcome.error else outcome.value for outcome in (run(source), ORACLE.run(source, {}))]
    assert found == list(expected[:2])


def test_the_oracle_tells_int_from_uint() -> None:
    assert ORACLE is not None
    assert type(ORACLE.run("3u", {}).value) is UInt
