"""Answers: what people write for a fact, as a value of the fact's type; nothing is guessed.

In: a text and what the kind says about the fact. Out: a plain value as an inventory writes it; BadAnswer that
says what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyscan.cel.spelling import clip, nearest
from policyscan.cel.values import Date, Timestamp
from policyscan.kinds.decoding import compile_pattern
from policyscan.kinds.shapes import Property, Shape
from policyscan.patterns import when_used
from policyscan.reading.reading import read_text
from policyscan.reading.scalars import BadScalar, resolve
from policyscan.reading.tables import MARKS
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

NONE = frozenset(("none", "null", "~"))
"""What says that there is none of it, for a fact that may say so."""
_NO = frozenset(("no", "nothing", "nobody", "there is none", "there are none"))
_DO_NOT_KNOW = frozenset(
    (
        "", "dont know", "i dont know", "we dont know", "do not know", "i do not know", "not known",
        "nobody knows", "not sure", "unsure", "no idea", "idk", "tbd", "tbc", "to be confirmed",
        "weiß nicht", "keine ahnung",
    )
)  # fmt: skip
_WITH_UNIT = when_used(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+|%)")
_UNFIT = when_used(r"[^a-z0-9]+")
_CODE = 3  # letters of a country or a currency
_UPPER = {"UK": "GB"}  # what people call a country, and ISO does not
_YES_NO = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
_MARKED = tuple(MARKS)
_FRACTION = when_used(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_DAY = when_used(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_DAY = when_used(r"([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})")
_THOUSANDS = when_used(r"[-+]?[0-9]{1,3}(?:[ ,.'’\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_MONEY = when_used(r"(?:([A-Z]{3}) ?)?([0-9][^A-Za-z]*?)(?: ?([A-Z]{3}))?")


class FactAnswer(NamedTuple):
    """What somebody says about one fact: its path, the text, and where that stands (None: an argument).

    `inventory` is the id of the inventory that it is about, if that is said; `known` is what the inventory
    said when the question was asked, where that did not count.
    """

    path: str
    text: str
    place: Span | None = None
    inventory: str = ""
    known: str = ""


class BadAnswer(ValueError):
    """An answer that the fact cannot take: what is wrong with it, and what to write instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


Named = Callable[[tuple[str, ...], str], str]
"""The id that a name stands for, among the things that references with these targets may lead to."""


def value_of(text: str, field: Property | None, named: Named = lambda _, text: text) -> Any:
    """The value that a text gives a fact; a key of the user's own, of which no kind says anything, takes
    whatever YAML makes of the text. Raises BadAnswer."""
    text = text.strip()
    if text[:1] in _MARKED:
        return _made(text[1:], field, named)
    if not text:
        raise BadAnswer("there is no answer", "write a value, or none if it is known that there is none")
    if field is None:
        return _plain(text)
    if says_none(text, field):
        return _none(field)
    return _value(_without_unit(text, field), field.shape, named)


def says_none(text: str, field: Property | None) -> bool:
    """Whether an answer says that there is none of it; of what has several parts, a plain no does."""
    said = text.strip().lower()
    if said in NONE:
        return True
    shape = field.shape if field is not None else None
    if shape is None or said not in _NO:
        return False
    items = shape.items.shape if shape.items is not None else None
    return shape.form == "object" or (items is not None and items.form == "object")


def nobody_knows(text: str, field: Property | None = None) -> bool:
    """Whether an answer says that whoever was asked does not know: the fact stays as it is, as with none."""
    said = text.strip().lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "").rstrip(" .!?")
    if said == "unknown":
        return field is not None and "unknown" not in field.shape.values and field.shape.form != "string"
    return bool(text.strip()) and said in _DO_NOT_KNOW


def _without_unit(text: str, field: Property) -> str:
    """A number alone, where the unit stands after it in which it is asked for: `4 hours`."""
    found = _WITH_UNIT.fullmatch(text) if field.shape.form in ("number", "integer") else None
    if found is None:
        return text
    unit = "percent" if found[2] == "%" else found[2].lower()
    return found[1] if unit.rstrip("s") == field.unit.lower().rstrip("s") else text


def _made(text: str, field: Property | None, named: Named) -> Any:
    """The value of a date or number that a spreadsheet may have made of what was typed."""
    if field is not None and field.shape.form == "string":
        message = f"the spreadsheet made {text} of what was typed"
        raise BadAnswer(message, "format the cell as text, and write it again")
    if field is not None and field.shape.form in ("number", "money") and _FRACTION.fullmatch(text):
        return float(text)
    return value_of(text, field, named)


def _none(field: Property) -> Any:
    shape = field.shape
    if field.nullable:
        return None
    if shape.form == "list":
        return []
    if shape.form == "enum" and "none" in shape.values:
        return "none"
    raise BadAnswer("there cannot be none of this", _expected(shape))


def _value(text: str, shape: Shape, named: Named) -> Any:
    if shape.form in ("object", "map", "list") and text[0] in "{[":
        return _written_out(text, shape)
    if shape.form == "list":
        return _items(text, shape, named)
    if shape.form == "map" and ":" in text:
        return _parts(text, shape, named)
    if shape.refs:
        return named(shape.refs, text)
    if shape.form in ("object", "map"):
        raise BadAnswer("this fact has several parts", "write them as in {name: value, name: value}")
    return _MAKERS[shape.form](text, shape)


def _items(text: str, shape: Shape, named: Named) -> list[Any]:
    """The items of a list whose items are single values, written one after the other with semicolons, or
    without any with commas, between them."""
    inner = shape.items
    if inner is None or inner.shape.form in ("object", "map", "list"):
        message = "this is a list of things with several parts"
        raise BadAnswer(message, "answer for each of its parts, or write it as in [{id: a}, {id: b}]")
    parts = text.split(";") if ";" in text else text.split(",")
    return [_value(part.strip(), inner.shape, named) for part in parts if part.strip()]


def _parts(text: str, shape: Shape, named: Named) -> dict[str, Any]:
    """The entries of a map, each written as `name: value`, with semicolons between them."""
    inner = shape.items
    made: dict[str, Any] = {}
    for part in filter(str.strip, text.split(";")):
        name, colon, value = part.partition(":")
        if not colon or inner is None or name.strip() in made:
            raise BadAnswer(f"{clip(part.strip())!r} cannot be read", "write name: value; name: value")
        made[name.strip()] = value_of(value, inner, named)
    return made


def _written_out(text: str, shape: Shape) -> Any:
    trees, problems = read_text(Source("the answer", text))
    if problems or len(trees) != 1:
        message = problems[0].message if problems else "this is no single value"
        raise BadAnswer(message, "check its brackets, quotes and commas")
    value = trees[0].value
    if (value.__class__ is list) is not (shape.form == "list"):
        raise BadAnswer("this fact is written otherwise", _expected(shape))
    return value


def _text(text: str, shape: Shape) -> str:
    """A text as it is; of one that has to look like something, what it says in that form."""
    if not shape.pattern or _looks_like(text, shape):
        return text
    made = _UPPER.get(text.upper(), text.upper()) if len(text) <= _CODE else slug(text)
    made = f"0{text}" if text[1:2] == ":" else made
    if _looks_like(made, shape):
        return made
    from policyscan.kinds.validation import PATTERNS

    hint = PATTERNS.get(shape.pattern, f"it has to look like {shape.pattern}")
    raise BadAnswer(f"{clip(text)!r} is not how this is written", hint)


def _looks_like(text: str, shape: Shape) -> bool:
    return bool(compile_pattern(shape.pattern or "")(text))


def slug(text: str) -> str:
    """The short name that a name suggests: `elm-vets` for `Elm Vets Inc.`; empty if it has no letter of
    English."""
    plain = text.lower().replace("'", "")
    return _UNFIT.sub("-", plain).strip("-")


def _yes_or_no(text: str, shape: Shape) -> bool:
    if text.lower() not in _YES_NO:
        raise BadAnswer(f"{clip(text)!r} is neither yes nor no", _expected(shape))
    return _YES_NO[text.lower()]


def _number(text: str, shape: Shape) -> int | float:
    if _THOUSANDS.fullmatch(text):
        hint = "write it without thousands separators, with a point before decimals: 12500 or 12.5"
        raise BadAnswer(f"{text} may be meant in two ways", hint)
    found = _resolved(text)
    if found.__class__ is float and shape.form == "integer" and found == int(found):
        found = int(found)
    if found.__class__ not in ((int,) if shape.form == "integer" else (int, float)):
        raise BadAnswer(f"{clip(text)!r} is no {_NUMBERS[shape.form]}", _expected(shape))
    return found  # type: ignore[no-any-return]


def _money(text: str, shape: Shape) -> Any:
    found = _MONEY.fullmatch(text)
    currency = found and (found[1] or found[3])
    if found is None or (found[1] and found[3]):
        raise BadAnswer(f"{clip(text)!r} is no amount", _expected(shape))
    amount = _number(found[2].strip(), shape)
    return {"amount": amount, "currency": currency} if currency else amount


def _day(text: str, shape: Shape) -> str:
    if _DAY.fullmatch(text) and _is_date(text):
        return text
    other = _OTHER_DAY.fullmatch(text)
    if other is not None and not _DAY.fullmatch(text):
        message = f"which day {text} is depends on the country"
        raise BadAnswer(message, "write it as year-month-day: 2026-10-31")
    raise BadAnswer(f"{clip(text)!r} is no day", _expected(shape))


def _is_date(text: str) -> bool:
    try:
        Date.parse(text)
    except ValueError:
        return False
    return True


def _instant(text: str, _: Shape) -> str:
    try:
        Timestamp.parse(text)
    except ValueError:
        pass
    else:
        return text
    hint = "write day, time and offset: 2026-10-31T17:30:00-05:00"
    if _OTHER_DAY.match(text) and not _DAY.match(text):
        raise BadAnswer(f"which day {clip(text)} is depends on the country", hint)
    raise BadAnswer(f"{clip(text)!r} is no moment: {_missing(text)}", hint)


def _missing(text: str) -> str:
    return "it says no offset" if _DAY.match(text) and ":" in text else "it needs a day, a time and an offset"


def _word(text: str, shape: Shape) -> Any:
    """One of the words that the kind knows, in capitals or not, with blanks for underscores."""
    words = {str(value).lower(): value for value in shape.values}
    wanted = text.lower()
    for spelt in (wanted, wanted.replace(" ", "_"), wanted.replace("-", "_").replace(" ", "_")):
        if spelt in words:
            return words[spelt]
    near = nearest(wanted, words)
    hint = f"did you mean {near}?" if near is not None else _expected(shape)
    raise BadAnswer(f"{clip(text)!r} is none of the words that are known here", hint)


def _plain(text: str) -> Any:
    trees, problems = read_text(Source("the answer", text)) if text[0] in "{[" else ([], [])
    return trees[0].value if trees and not problems else _resolved(text)


def _resolved(text: str) -> Any:
    try:
        return resolve(text)
    except BadScalar as bad:
        raise BadAnswer(bad.message, bad.hint) from None


_NUMBERS = {"integer": "whole number", "number": "number", "money": "amount"}
_MAKERS = {
    "boolean": _yes_or_no,
    "date": _day,
    "enum": _word,
    "instant": _instant,
    "integer": _number,
    "money": _money,
    "number": _number,
    "plain": lambda text, _: _plain(text),
    "string": _text,
}


def _expected(shape: Shape) -> str:
    """What to write for a value of a shape."""
    if shape.form == "enum":
        return f"write one of: {', '.join(map(str, shape.values))}"
    return f"write {_EXAMPLES.get(shape.form, 'a value')}"


_EXAMPLES = {
    "boolean": "yes or no",
    "date": "a day as in 2026-10-31",
    "instant": "a moment as in 2026-10-31T17:30:00-05:00",
    "integer": "a whole number as in 12",
    "list": "a list as in [a, b]",
    "map": "parts as in {name: value}",
    "money": "an amount as in 12500 or 12500 EUR",
    "number": "a number as in 2.5",
    "object": "parts as in {name: value}",
}
