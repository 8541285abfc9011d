"""The official conformance cases, all of them, through both evaluators; one test a file and section."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.cel.conformance import Case, cases, problems

SECTIONS: dict[str, list[Case]] = defaultdict(list)
for _case in cases():
    SECTIONS[f"{_case.file}/{_case.section}"].append(_case)

# A regression cannot hide by losing cases: these are the numbers of the suite.
EXPECTED = {
    "basic": 43,
    "bindings_ext": 6,
    "comparisons": 334,
    "conversions": 109,
    "fields": 60,
    "fp_math": 30,
    "integer_math": 64,
    "lists": 39,
    "logic": 30,
    "macros": 44,
    "macros2": 46,
    "math_ext": 199,
    "optionals": 59,
    "parse": 193,
    "plumbing": 5,
    "string": 51,
    "string_ext": 213,
    "timestamps": 78,
    "type_deductions": 12,
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_case_holds_in_both_evaluators(section: str) -> None:
    failing = [
        f"{case.name}: {case.source}\n    " + "\n    ".join(found)
        for case in SECTIONS[section]
        if (found := problems(case))
    ]
    assert not failing, f"{len(failing)} of {len(SECTIONS[section])}:\n" + "\n".join(failing)


def test_no_case_is_lost() -> None:
    found: dict[str, int] = defaultdict(int)
    for case in cases():
        found[case.file] += 1
    assert dict(found) == EXPECTED
    assert sum(found.values()) == 1615
