"""Names that look alike are alike: people, files and patterns."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.names import alike, looks, normal, person

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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme", "аcme"),  # the first letter is Cyrillic
        ("acme", "асmе"),
        ("Boston", "Вoѕton"),
        ("BOSTON", "ВОЅТОΝ"),
        ("Zoë", "Zоё"),
        ("provider", "proνider"),  # Greek
        ("OMEGA", "ΟΜΕGΑ"),
        ("ΒΟΒ", "βοβ"),
        ("sou", "ѕօս"),  # Armenian
        ("DELTA", "ᎠᎬᏞᎢA"),  # Cherokee
        ("ɡoogle", "google"),
        ("lı", "li"),
        ("dev-1", "DEV-1"),
        ("a b", "a\u00a0 b"),
        ("https://x.example/a", "https://х.example/a"),
    ],
)
def test_names_that_look_alike_are_taken_for_each_other(one: str, other: str) -> None:
    assert looks(one) & looks(other)
    assert list(alike([one, "else", other])) == [(other, one)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("srv-0", "srv-O"),  # people number machines so
        ("pc-1", "pc-l"),
        ("Zoe", "Zoë"),
        ("Жук", "Xyk"),
        ("ноя", "nov"),
        ("https://x.example/Shop", "https://x.example/shop"),
        ("a", ("a",)),
        (("a", "b"), ("b", "a")),
        (("ab", ""), ("a", "b")),
        (1, "1"),
        (2024, 2025),
    ],
)
def test_names_that_can_be_told_apart_are_not(one: object, other: object) -> None:
    assert list(alike([one, other])) == []


def test_parts_of_a_name_are_compared_one_by_one() -> None:
    assert list(alike([("a", "x"), ("а", "y"), ("а", "X")])) == [(("а", "X"), ("a", "x"))]


@given(st.text(max_size=12))
def test_every_name_looks_like_itself(text: str) -> None:
    assert looks(text) & looks(normal(text))
    assert list(alike([text, text])) == []
