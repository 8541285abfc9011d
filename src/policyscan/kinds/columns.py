"""What the columns of a table mean for a kind: which keys they lead to, and how a cell's text is read.

In: the name of a table and those of its columns, and the shape of a kind. Out: the list that its rows are,
and a `Column` for each name; a problem for a name that leads to nothing.

A text is taken as it stands or refused, never guessed: whether 1.500 is one and a half or fifteen hundred,
and which of 03/04 is the month, only its writer knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.kinds.shapes import FREE, Property, Shape
from policyscan.patterns import when_used
from policyscan.reading import limits
from policyscan.reading.scalars import BadScalar, floating, integer, resolve
from policyscan.reading.tables import DAY, MARKS, NUMBER, Column, ListPath
from policyscan.records import NamedTuple

NONE = "none"
_NUMBERS = frozenset(("number", "money"))
_LOST = "10.10 is 10.1 then, and a long number loses its end"
_EMPTY = f"leave the cell empty if nobody knows, or write {NONE} if there is none"
_NO_ANSWERS = frozenset(
    (
        "n/a",
        "null",
        "nil",
        "nan",
        "-",
        "--",
        "\u2013",
        "\u2014",
        "?",
        "tbd",
        "unknown",
        NONE,
        "(none)",
        "(blank)",
    )
)
_FAULTS = when_used(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE
)
_SHORTENED = when_used(r"\d(?:[.,]\d+)?E\+\d+")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_FRACTION = when_used(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_THOUSANDS = when_used(r"-?[0-9]{1,3}\.[0-9]{3}")
_ITEMS = when_used(r"[;\r\n]+")
_DEEPEST = 6
_MONEY = {
    "amount": Property(Shape("number"), {}, nullable=False),
    "currency": Property(Shape("string"), {}, nullable=False),
}

Read = Callable[[str], Any]


class Misnamed(NamedTuple):
    """Why a name leads to nothing, and what may be meant."""

    message: str
    hint: str | None


def target_of(stem: str, root: Shape) -> tuple[ListPath, Shape] | Misnamed:
    """The list that the rows of a table are, by the table's name without its ending, and what it holds."""
    steps = tuple(stem.split("."))
    shape, owner, key = root, 0, ""
    for number, step in enumerate(steps):
        field = shape.fields.get(step)
        if field is None:
            return Misnamed(f"there is no {step} in {shape.name or 'this'}", did_you_mean(step, shape.fields))
        shape = field.shape
        if shape.form == "list" and number + 1 < len(steps):
            if owner or len(shape.key) != 1 or shape.items is None:
                return Misnamed(f"a table cannot hold what is in the items of {step}", "write it as YAML")
            owner, key, shape = number + 1, shape.key[0], shape.items.shape
    if shape.form != "list" or shape.items is None or shape.items.shape.form != "object":
        return Misnamed(f"{stem} is no list of entries, so that it cannot be a table", "write it as YAML")
    return ListPath(steps, owner, key), shape.items.shape


def columns_of(
    names: Sequence[str], target: ListPath, items: Shape
) -> tuple[list[Column | None], dict[int, Misnamed]]:
    """What the columns of these names mean; None for one without a name, or with one that leads to nothing,
    which is among the problems, by its number. Of too many columns none is looked at."""
    named = [number for number, name in enumerate(names) if name]
    if len(named) > limits.MAX_COLUMNS:
        hint = "is this the right file? columns in which nothing is needed can be deleted"
        message = f"this table has {len(named):,} columns; at most {limits.MAX_COLUMNS} are read"
        return [], {named[limits.MAX_COLUMNS]: Misnamed(message, hint)}
    found: list[Column | None] = []
    problems: dict[int, Misnamed] = {}
    first: dict[str, int] = {}
    owner = target.steps[target.owner - 1] if target.owner else None
    for number, name in enumerate(names):
        column = _column(name, items, target) if name and name != owner else None
        if name == owner:
            column = Column((), str)
        if isinstance(column, Misnamed):
            problems[number], column = column, None
        if name and first.setdefault(name, number) != number:
            problems[number] = Misnamed(f"there are two columns {name}", "delete one of them")
            column = None
        found.append(column)
    if owner is not None and owner not in first:
        hint = f"each row says there in whose list it stands: the {target.key} of one of the {owner}"
        problems.setdefault(0, Misnamed(f"the column {owner} is missing", hint))
    return found, problems


def _column(name: str, items: Shape, target: ListPath) -> Column | Misnamed:
    path = tuple(name.split("."))
    field: Property | None = None
    fields, free = items.fields, False
    inner: Shape | None = None
    for number, step in enumerate(path):
        if inner is not None and inner.form == "list":
            table = ".".join((*target.steps, *path[:number]))
            hint = (
                "write it as YAML"
                if target.owner
                else f"its entries stand in a table of their own, {table}.csv"
            )
            return Misnamed(f"{'.'.join(path[:number])} is a list", hint)
        free = free or (step.startswith(FREE) and step not in fields)
        if free:
            continue
        field = inner.items if inner is not None and inner.form == "map" else fields.get(step)
        if field is None:
            hint = (
                did_you_mean(name, _names(items)) or f"columns may be {', '.join(list(_names(items))[:8])}, …"
            )
            return Misnamed(f"the column {name} is not known in {items.name or 'this list'}", hint)
        inner = field.shape
        fields = _MONEY if inner.form == "money" else inner.fields
    if free or field is None:
        return Column(path, _free, own=free)
    return Column(path, _reader(field, ".".join((*target.steps, *path))))


def _names(shape: Shape, before: str = "", depth: int = 0) -> Iterator[str]:
    """The names that columns may have."""
    for key, field in shape.fields.items():
        name = f"{before}{key}"
        if field.shape.form == "object" and depth < _DEEPEST:
            yield from _names(field.shape, f"{name}.", depth + 1)
        yield name


def _free(text: str) -> str:
    """What a cell says that is the user's own."""
    text = text.lstrip(MARKS)
    _check(text)
    return text


def _reader(field: Property, path: str) -> Read:
    """How the cells of a column are read."""
    shape, nullable = field.shape, field.nullable
    words = frozenset(map(str, shape.values))
    read = _FORMS.get(shape.form, str)
    if shape.form == "list":
        read = _items(shape, path)
    elif shape.form in {"object", "map"}:
        read = _parts

    form = shape.items.shape.form if shape.form == "list" and shape.items is not None else shape.form

    def value(text: str) -> Any:
        if text[0] in MARKS:
            mark, text = text[0], text[1:]
            _check_made(mark, text, form)
            if mark == NUMBER and form in _NUMBERS and _FRACTION.fullmatch(text):
                return floating(text)  # 1.234 is no thousand here
        if text in words:
            return read(text)
        if text == NONE:
            if nullable:
                return None
            if shape.form == "list":
                return []
            raise BadScalar(
                f"{NONE} says that there is none, which cannot be here",
                "leave the cell empty if nobody knows",
            )
        _check(text)
        return read(text)

    return value


def _check_made(mark: str, text: str, form: str) -> None:
    """Refuses what a spreadsheet has made of a text; raises BadScalar."""
    if form != "string":
        return
    what, lost = ("a date", "it may have been a version") if mark == DAY else ("a number", _LOST)
    raise BadScalar(
        f"the spreadsheet holds {what} here, {text}, and not the text that was typed: {lost}",
        "format the column as text, and write it again",
    )


def _check(text: str) -> None:
    """Refuses a text that says nothing, or that a spreadsheet did not work out; raises BadScalar."""
    if text[0] == "=":
        raise BadScalar("this is a formula, not a value", "write what it comes to")
    if text[0] == "#" and _FAULTS.fullmatch(text):
        raise BadScalar(f"{text} is what a spreadsheet shows where it has no value", _EMPTY)
    if len(text) < 8 and text.lower() in _NO_ANSWERS:
        raise BadScalar(f"{text} may mean that there is none, or that nobody knows", _EMPTY)


def _string(text: str) -> str:
    if text[-1].isdigit() and _SHORTENED.fullmatch(text):
        raise BadScalar(
            f"{text} is a number that a spreadsheet has shortened, and not the text that was there",
            "format the column as text, and write the whole of it again",
        )
    return text


def _boolean(text: str) -> Any:
    lower = text.lower()  # spreadsheets write TRUE
    if lower in ("true", "false"):
        return lower == "true"
    words = {
        "yes": "true",
        "y": "true",
        "on": "true",
        "1": "true",
        "no": "false",
        "n": "false",
        "off": "false",
        "0": "false",
    }
    meant = words.get(lower)
    raise BadScalar(f"expected true or false, found {text}", f"write {meant or 'one of them'}")


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        hint = "write nothing but its digits, without separators, such as 1500"
        raise BadScalar(f"expected a whole number, found {text}", hint)
    return integer(text, 10)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        hint = "write nothing but its digits, and a decimal point if it needs one, such as 1500.50"
        raise BadScalar(f"expected a number, found {text}", hint)
    if _THOUSANDS.fullmatch(text):
        plain = text.replace(".", "")
        raise BadScalar(f"{text} may be {plain} or {text.rstrip('0')}", f"write {plain}, or {text}0")
    return floating(text)


def _parts(text: str) -> Any:
    hint = f"columns with a dot in their names say what is in it; here stands nothing, or {NONE}"
    raise BadScalar(f"expected nothing or {NONE}, found {text}", hint)


def _items(shape: Shape, path: str) -> Read:
    """How a cell is read that holds the items of a list, which semicolons or line breaks part."""
    items = shape.items
    if items is None or items.shape.form in {"object", "map", "list"}:

        def refuse(text: str) -> Any:
            hint = f"its entries stand in a table of their own, {path}.csv; here stands nothing, or {NONE}"
            raise BadScalar(f"expected nothing or {NONE}, found {text}", hint)

        return refuse
    read = _reader(items, path)

    def several(text: str) -> list[Any]:
        parts = [part.strip() for part in _ITEMS.split(text.strip(";\r\n "))]
        if not all(parts):
            raise BadScalar("an item is missing between two semicolons", "write a; b; c")
        return [read(part) for part in parts]

    return several


_FORMS: dict[str, Read] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "money": _number,
    "plain": resolve,
}
