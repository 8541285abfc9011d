"""Named tuples of ours do what `typing.NamedTuple` does, and fail as it fails."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest

from policyscan.records import NamedTuple


class Ours(NamedTuple):
    """A place."""

    file: str
    line: int = 1

    @property
    def next(self) -> int:
        return self.line + 1


class Theirs(typing.NamedTuple):
    """A place."""

    file: str
    line: int = 1


@pytest.mark.parametrize("noun", [Ours, Theirs])
def test_a_record_is_a_tuple_with_names(noun: Any) -> None:
    made = noun("a.yaml", line=3)
    assert made == ("a.yaml", 3) == tuple(noun(line=3, file="a.yaml"))
    assert noun("a.yaml").line == 1
    assert made._replace(line=4) == ("a.yaml", 4)
    assert made._asdict() == {"file": "a.yaml", "line": 3}
    assert noun._make(["b", 2]) == noun("b", 2)
    assert repr(made) == f"{noun.__name__}(file='a.yaml', line=3)"
    assert (noun._fields, noun.__match_args__) == (("file", "line"), ("file", "line"))
    assert noun.__doc__ == "A place."
    assert hash(made) == hash(("a.yaml", 3))
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("noun", [Ours, Theirs])
def test_a_record_survives_pickling_and_copying(noun: Any) -> None:
    made = noun("a.yaml", 3)
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):  # noqa: S301
        assert (type(again), again) == (noun, made)


@pytest.mark.parametrize("noun", [Ours, Theirs])
def test_a_record_refuses_what_it_has_no_place_for(noun: Any) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'file'"):
        noun()
    with pytest.raises(TypeError, match="takes from 2 to 3 positional arguments but 4 were given"):
        noun(1, 2, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'column'"):
        noun("a", column=2)
    with pytest.raises(TypeError):
        noun._make(["a"])
    with pytest.raises((TypeError, ValueError)):
        noun("a")._replace(column=2)
    with pytest.raises(AttributeError):
        noun("a").file = "b"


def test_a_record_has_methods_of_its_own() -> None:
    assert Ours("a").next == 2
