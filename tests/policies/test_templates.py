"""Messages with expressions in braces."""

from __future__ import annotations

import pytest

from policyscan.policies.templates import Piece, split


@pytest.mark.parametrize(
    ("message", "complaint", "offset"),
    [
        ("{fix.id is late", "not closed", 0),
        ("a {'}' is late", "not closed", 2),
        ("late}", "without an opening one", 4),
        ("a {} b", "missing", 2),
        ("a {  } b", "missing", 2),
    ],
)
def test_braces_that_do_not_match_are_refused_at_their_place(
    message: str, complaint: str, offset: int
) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        split(message)
    assert caught.value.args[1] == offset


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("plain", [("plain", False)]),
        ("{a}", [("a", True)]),
        ("{a} and {b.c}", [("a", True), (" and ", False), ("b.c", True)]),
        ("{{not code}}", [("{not code}", False)]),
        ("{ {'k': 1}['k'] }", [(" {'k': 1}['k'] ", True)]),
        ("{'}'}", [("'}'", True)]),
        ('{"\\"}"}', [('"\\"}"', True)]),
    ],
)
def test_parts(message: str, expected: list[tuple[str, bool]]) -> None:
    assert [(part.text, part.expression) for part in split(message)] == expected


def test_an_expression_knows_its_offset() -> None:
    assert split("ab{c}d{e}") == [
        Piece("ab", 0, expression=False),
        Piece("c", 3, expression=True),
        Piece("d", 5, expression=False),
        Piece("e", 7, expression=True),
    ]
