"""The lists extension, and Kubernetes' functions of lists; also what lists and texts both have.

In: lists and texts. Out: parts of them in some order, and what is found, added up or largest in them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.equality import distinct, less, position, same, unknown
from policyscan.cel.errors import Absent, Fault
from policyscan.cel.functions.strings import index_of, last_index_of, last_index_of_before, reverse_text
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DATE,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    MONEY,
    NEVER,
    OBJECT,
    STRING,
    TIMESTAMP,
    UINT,
    List,
    Optional,
    TypeParam,
)
from policyscan.cel.values import (
    INT_MAX,
    INT_MIN,
    NONE,
    UINT_MAX,
    Duration,
    Money,
    OptionalValue,
    UInt,
    Unresolved,
    type_name,
)

LIST_LIMIT: Final = 100_000
"""Elements of a list that `flatten` may make."""
RANGE_LIMIT: Final = 10_000
"""Elements of a list made from a number."""

_T: Final = TypeParam("T")
_O: Final = TypeParam("T", OBJECT)
_SORTABLE: Final = (INT, UINT, DOUBLE, BOOL, STRING, BYTES, DURATION, TIMESTAMP, DATE, MONEY)


# Order


def _check_alike(items: list[Any], function: str) -> None:
    budget.visited(items)
    if items:
        kind = type(items[0])
        for item in items:
            if type(item) is not kind:
                msg = (
                    f"{function}() takes values of one type, not {type_name(items[0])} and {type_name(item)}"
                )
                raise Fault(msg)
        less(items[0], items[0])


class _Rank:
    """A value as the key of a sort, in CEL's own order."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Rank) -> bool:
        return less(self.value, other.value)


def _sort(items: list[Any]) -> list[Any]:
    _check_alike(items, "sort")
    budget.ordered(items)
    return sorted(items, key=_Rank)


def _is_sorted(items: list[Any]) -> bool:
    _check_alike(items, "isSorted")
    budget.texts(items)
    return not any(less(second, first) for first, second in pairwise(items))


def _min(items: list[Any]) -> Any:
    _check_some(items, "min")
    found = items[0]
    for item in items:
        if less(item, found):
            found = item
    return found


def _max(items: list[Any]) -> Any:
    _check_some(items, "max")
    found = items[0]
    for item in items:
        if less(found, item):
            found = item
    return found


def _check_some(items: list[Any], function: str) -> None:
    if not items:
        msg = f"{function}() of an empty list"
        raise Absent(msg)
    _check_alike(items, function)
    budget.texts(items)


# Sums


def _sum_ints(items: list[Any]) -> int:
    budget.visited(items, 128)
    return _in_range(sum(items), INT_MIN, INT_MAX)


def _sum_uints(items: list[Any]) -> UInt:
    budget.visited(items, 32)
    return UInt(_in_range(sum(items), 0, UINT_MAX))


def _sum_doubles(items: list[Any]) -> float:
    budget.visited(items, 128)
    return float(sum(items))


def _sum_durations(items: list[Any]) -> Duration:
    budget.visited(items, 32)
    return Duration(_in_range(sum(items), INT_MIN, INT_MAX))


def _in_range(total: int, low: int, high: int) -> int:
    if not low <= total <= high:
        msg = "sum() is more than 64 bits"
        raise Fault(msg)
    return int(total)


def _sum_money(items: list[Any]) -> Money:
    budget.visited(items, 2)
    if not items:
        msg = "sum() of no amounts has no currency"
        raise Absent(msg)
    total: Money = items[0]
    for item in items[1:]:
        total += item
    return total


_SUMS: Final[dict[type, Any]] = {
    int: _sum_ints,
    UInt: _sum_uints,
    float: _sum_doubles,
    Duration: _sum_durations,
    Money: _sum_money,
}


def _sum_any(items: list[Any]) -> Any:
    """The sum of values whose type shows only now; of none it is 0."""
    if not items:
        return 0
    _check_alike(items, "sum")
    add = _SUMS.get(type(items[0]))
    if add is None:
        msg = f"sum() adds numbers, durations and money, not {type_name(items[0])}"
        raise Fault(msg)
    return add(items)


# Parts


def _distinct_objects(items: list[Any]) -> list[Any]:
    """References without repetitions: two are the same if they lead to the same object."""
    budget.visited(items)
    seen: dict[Any, Any] = {}
    lost: Unresolved | None = None
    for item in items:
        seen.setdefault(id(item) if type(item) is dict else getattr(item, "id", None), item)
        if type(item) is Unresolved:
            lost = item
    if lost is not None and len(seen) - (None in seen) > 1:
        raise unknown(lost)
    return list(seen.values())


def _object_at(items: list[Any], value: Any) -> int:
    """The place of a reference to an object in a list of references, or -1."""
    budget.visited(items, 4)
    return next((number for number, item in enumerate(items) if same(item, value)), -1)


def _last_object_at(items: list[Any], value: Any) -> int:
    found = _object_at(_reverse(items), value)
    return found if found < 0 else len(items) - 1 - found


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(items):
        msg = f"slice({start}, {end}) is not within a list of {len(items)}"
        raise Fault(msg)
    return _copied(items[start:end])


def _copied(items: list[Any]) -> list[Any]:
    """A list that was made from another, paid for."""
    budget.visited(items, 64)
    return items


def _flatten(items: list[Any]) -> list[Any]:
    return _flatten_to(items, 1)


def _flatten_to(items: list[Any], depth: int) -> list[Any]:
    if depth < 0:
        msg = f"flatten({depth}): a depth is 0 or more"
        raise Fault(msg)
    flat = items
    for _ in range(depth):
        budget.visited(flat, 16)
        if not any(type(item) is list for item in flat):
            break
        size = sum([len(item) if type(item) is list else 1 for item in flat])
        if size > LIST_LIMIT:
            raise _too_many(size, LIST_LIMIT)
        budget.spend(size // 16)
        flat = [inner for item in flat for inner in (item if type(item) is list else (item,))]
    return flat


def _too_many(count: int, limit: int) -> Fault:
    return Fault(f"this would make a list of {count} elements; at most {limit} are allowed")


def _range(count: int) -> list[int]:
    if count > RANGE_LIMIT:
        raise _too_many(count, RANGE_LIMIT)
    numbers = list(range(count))
    budget.visited(numbers, 4)
    return numbers


def _reverse(items: list[Any]) -> list[Any]:
    return _copied(items[::-1])


def _first(items: list[Any]) -> OptionalValue:
    return OptionalValue(items[0]) if items else NONE


def _last(items: list[Any]) -> OptionalValue:
    return OptionalValue(items[-1]) if items else NONE


def _index_of(items: list[Any], value: Any) -> int:
    return position(items, value)


def _last_index_of(items: list[Any], value: Any) -> int:
    found = position(_reverse(items), value)
    return found if found < 0 else len(items) - 1 - found


def _of_each(impl: Any, *, keeps: bool) -> tuple[Overload, ...]:
    """Overloads for lists of every type with an order; the result is the list's type, or an element's."""
    rows = [
        Overload((List(t),), List(t) if keeps else t, impl, True, total=keeps and t != MONEY)
        for t in _SORTABLE
    ]
    rows.append(Overload((List(DYN),), List(DYN) if keeps else DYN, impl, True))
    return tuple(rows)


_FIND: Final = "({0}.find({1}) if len({0}) < 65 else {f}({0}, {1}))"

FUNCTIONS: Final = (
    Function(
        "distinct",
        (
            Overload((List(_O),), List(_O), _distinct_objects, True),
            Overload((List(_T),), List(_T), distinct, True),
        ),
        "The elements without repetitions, in the order of their first appearance.",
        ("[1, 2, 1, 3].distinct() == [1, 2, 3]",),
        asks="parts",
    ),
    Function(
        "sort",
        _of_each(_sort, keeps=True),
        "The elements in rising order; all are of one type.",
        ("[3, 1, 2].sort() == [1, 2, 3]", '["b", "a"].sort() == ["a", "b"]'),
    ),
    Function(
        "flatten",
        (
            Overload((List(List(_T)),), List(_T), _flatten, True),
            Overload((List(_T),), List(_T), _flatten, True),
            Overload((List(List(_T)), INT), List(DYN), _flatten_to, True),
            Overload((List(_T), INT), List(DYN), _flatten_to, True),
        ),
        "The elements of the inner lists in one list; with a number, so many levels deep.",
        ("[[1, 2], [3]].flatten() == [1, 2, 3]", "[[1, [2]]].flatten(2) == [1, 2]"),
    ),
    Function(
        "slice",
        (Overload((List(_T), INT, INT), List(_T), _slice, True),),
        "The elements from one index up to, but without, another.",
        ("[1, 2, 3, 4].slice(1, 3) == [2, 3]",),
    ),
    Function(
        "reverse",
        (
            Overload((List(_T),), List(_T), _reverse, True, total=True),
            Overload((STRING,), STRING, reverse_text, True, total=True),
        ),
        "The elements of a list, or the characters of a text, from last to first.",
        ("[1, 2, 3].reverse() == [3, 2, 1]", '"abc".reverse() == "cba"'),
    ),
    Function(
        "first",
        (Overload((List(_T),), Optional(_T), _first, True, total=True),),
        "The first element as an optional, which is empty for an empty list.",
        ("[1, 2].first().value() == 1", "![].first().hasValue()"),
        absence=True,
    ),
    Function(
        "last",
        (Overload((List(_T),), Optional(_T), _last, True, total=True),),
        "The last element as an optional, which is empty for an empty list.",
        ("[1, 2].last().value() == 2",),
        absence=True,
    ),
    Function(
        "lists.range",
        (Overload((INT,), List(INT), _range),),
        f"The numbers from 0 up to, but without, another, which is at most {RANGE_LIMIT}.",
        ("lists.range(3) == [0, 1, 2]",),
    ),
    Function(
        "sum",
        (
            Overload((List(NEVER),), INT, _sum_any, True),
            Overload((List(INT),), INT, _sum_ints, True),
            Overload((List(UINT),), UINT, _sum_uints, True),
            Overload((List(DOUBLE),), DOUBLE, _sum_doubles, True, total=True),
            Overload((List(DURATION),), DURATION, _sum_durations, True),
            Overload((List(MONEY),), MONEY, _sum_money, True),
            Overload((List(DYN),), DYN, _sum_any, True),
        ),
        "The sum of the elements: numbers, durations or money; 0 for an empty list, absent for no money.",
        ("[1, 2, 3].sum() == 6", "[0.5, 0.25].sum() == 0.75"),
    ),
    Function(
        "min",
        _of_each(_min, keeps=False),
        "The smallest element; absent for an empty list.",
        ("[3, 1, 2].min() == 1",),
    ),
    Function(
        "max",
        _of_each(_max, keeps=False),
        "The largest element; absent for an empty list.",
        ("[3, 1, 2].max() == 3",),
    ),
    Function(
        "isSorted",
        tuple(
            Overload((List(t),), BOOL, _is_sorted, True, total=t not in (DYN, MONEY))
            for t in (*_SORTABLE, DYN)
        ),
        "True where no element is less than the one before it.",
        ("[1, 2, 2].isSorted()", "![2, 1].isSorted()"),
    ),
    Function(
        "indexOf",
        (
            Overload((STRING, STRING), INT, index_of, True, _FIND, total=True),
            Overload((STRING, STRING, INT), INT, index_of, True),
            Overload((List(_O), _O), INT, _object_at, True),
            Overload((List(_T), _T), INT, _index_of, True),
        ),
        "Where a text has another (at or after an index), or a list an element, for the first time; else -1.",
        ('"tacocat".indexOf("a") == 1', '"tacocat".indexOf("a", 3) == 5', "[5, 6, 5].indexOf(5) == 0"),
        asks="parts",
    ),
    Function(
        "lastIndexOf",
        (
            Overload((STRING, STRING), INT, last_index_of, True, total=True),
            Overload((STRING, STRING, INT), INT, last_index_of_before, True),
            Overload((List(_O), _O), INT, _last_object_at, True),
            Overload((List(_T), _T), INT, _last_index_of, True),
        ),
        "Where a text has another (at or before an index), or a list an element, for the last time; else -1.",
        (
            '"tacocat".lastIndexOf("a") == 5',
            '"tacocat".lastIndexOf("a", 3) == 1',
            "[5, 6, 5].lastIndexOf(5) == 2",
        ),
        asks="parts",
    ),
)
