"""Names that look alike are alike: people, files and patterns."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.names import normal, person

ZOE = "Zoë Berg"


@pytest.mark.parametrize(
    "written",
    [
        unicodedata.normalize("NFD", ZOE),
        "Zoë  Berg",
        " Zoë Berg ",
        "Zoë\u00a0Berg",
        "Zoë\u2003\t\nBerg",
        "Zo\u200bë Berg",
        "Zoë\u200d Berg\ufeff",
        "\u202eZoë Berg\u202c",
        "Zoe\u200b\u0308 Berg",
        "Zoë\ufe0f Be\u00adrg",
        "Zoë Be\u034frg",
        "Ｚｏë　Ｂｅｒｇ",
        "Zoë Berg\U000e0041",
    ],
)
def test_a_name_that_looks_the_same_is_the_same(written: str) -> None:
    assert normal(written) == ZOE
    assert person(written) == person("ZOË berg")


@pytest.mark.parametrize(
    ("one", "other"), [("Strauß", "STRAUSS"), ("ﬁona", "FIONA"), ("İpek", "i̇pek"), ("ΑΣ", "ας")]
)
def test_case_does_not_tell_two_people_apart(one: str, other: str) -> None:
    assert person(one) == person(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Zoe Berg", ZOE), ("Zoë Berg", "Zoë Bergs"), ("ab", "a b"), ("", "x")]
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert person(one) != person(other)


@given(st.text(max_size=12))
def test_once_is_enough(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert person(person(text)) == person(text)
