"""Everything that is wrong with a raw document, each at its own place and with what to do about it.

In: a kind and the tree of a document of it. Out: DocumentErrors, sorted by place.

Runs only when decoding has found that something is wrong: it explains, the decoder decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policyscan.cel.spelling import clip, did_you_mean, nearest
from policyscan.cel.values import Date, Timestamp
from policyscan.errors import DocumentError
from policyscan.kinds.decoding import (
    FIRST_DATE,
    FIRST_INSTANT,
    LAST_DATE,
    LAST_INSTANT,
    compile_pattern,
    has_repeats,
    is_currency,
    item_key,
    within,
)
from policyscan.kinds.shapes import FREE, Property, Shape
from policyscan.names import ALIKE, alike
from policyscan.reading.tree import Key, Tree
from policyscan.source import Span

_MOST_GUESSED = 50
_DATE_HINT = "write a day as YYYY-MM-DD, such as 2026-10-31"
_INSTANT_HINT = "write it with its offset from UTC, such as 2026-10-31T09:30:00+01:00"
PATTERNS = {
    "^[A-Za-z0-9][A-Za-z0-9._@+:-]*$": "write letters, digits and . _ @ + : - without spaces",
    "^[A-Z][A-Z][A-Z]$": "write three capital letters, such as EUR",
    "^[A-Z][A-Z]$": "write two capital letters, such as DE",
    "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$": "write a time of day, such as 08:30",
}
"""What a text is to look like, in words."""
_NOUNS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2026-10-31",
    "instant": "a date and time with offset like 2026-10-31T09:30:00+01:00",
    "enum": "one of a few words",
    "money": "an amount of money",
    "plain": "a value",
    "list": "a list",
    "map": "a mapping",
    "object": "a mapping",
}


def explain(tree: Tree, root: Shape) -> list[DocumentError]:
    """What is wrong with a document's raw value, in the order of the file."""
    explainer = _Explainer(tree)
    explainer.value(root, tree.value, None, None)
    if not explainer.problems:
        explainer.say("this is not what its kind says", None, None)
    return sorted(explainer.problems, key=lambda problem: problem.at or ())


class _Explainer:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: list[DocumentError] = []
        self._nullable = False  # whether the value that is looked at may be null

    def guess(self, word: Any, words: Iterable[str]) -> str | None:
        """Did you mean …? Not asked any more in a document that is wrong all over: it takes long."""
        if isinstance(word, str) and len(self.problems) < _MOST_GUESSED:
            return did_you_mean(word, words)
        return None

    def say(self, message: str, container: Any, key: Key, hint: str | None = None) -> None:
        """A problem with the value at `key` of a container (with no container: with the whole document)."""
        at = self.tree.root_span() if container is None else self.tree.span_of(container, key)
        name = _name(container, key)
        self.problems.append(DocumentError(f"{name}{message}", at=_one_line(at), hint=hint))

    def say_at_key(self, message: str, container: Any, key: Key, hint: str | None = None) -> None:
        """A problem with a key itself, or with a container as a whole."""
        self.problems.append(DocumentError(message, at=self.tree.key_span_of(container, key), hint=hint))

    def field(self, field: Property, value: Any, container: Any, key: Key) -> None:
        """Check a property's value."""
        if value is None:
            if not field.nullable:
                hint = "leave the value out if it is not known"
                self.say(f"expected {expected(field)}, found null", container, key, hint)
            return
        self._nullable = field.nullable
        self.value(field.shape, value, container, key)

    def value(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        """Check a value that is not null."""
        check = getattr(self, f"_{shape.form}")
        check(shape, value, container, key)

    def _mistyped(self, shape: Shape, value: Any, container: Any, key: Key, hint: str | None = None) -> None:
        self.say(f"expected {_NOUNS[shape.form]}, found {found(value)}", container, key, hint)

    def _object(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, dict):
            known = ", ".join(list(shape.fields)[:4])
            self._mistyped(shape, value, container, key, f"it has keys such as {known}")
            return
        for name, inner in value.items():
            field = shape.fields.get(name)
            if field is not None:
                self.field(field, inner, value, name)
            elif not name.startswith(FREE):
                self._unknown_key(shape, value, name)
        blank = self.tree.blanks.get(id(value), ())
        for name in blank:
            if name not in shape.fields and not name.startswith(FREE):
                self._unknown_key(shape, value, name)
        for name in shape.required:
            if name not in value:
                self._required(shape, value, name, blank=name in blank)

    def _unknown_key(self, shape: Shape, value: Any, name: str) -> None:
        hint = (
            self.guess(name, shape.fields) or f"known keys: {_listed(shape.fields)}; your own begin with x-"
        )
        self.say_at_key(
            f"the key {clip(name)} is not known in {shape.name or 'this mapping'}", value, name, hint
        )

    def _required(self, shape: Shape, value: Any, name: str, *, blank: bool) -> None:
        question = shape.fields[name].question or shape.fields[name].description
        if blank:
            self.say_at_key(f"{name} is blank, and nothing works without it", value, name, question or None)
        else:
            self.say_at_key(
                f"{name} is missing in {shape.name or 'this mapping'}", value, None, question or None
            )

    def _list(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, list):
            self._mistyped(shape, value, container, key, "start each item with '- ', or write [a, b]")
            return
        for index, item in enumerate(value):
            self.field(_items(shape), item, value, index)
        self._size(shape, len(value), "items", container, key)
        if shape.key:
            self._identities(shape, value)
        if shape.unique and has_repeats(value):
            self.say("has the same item twice", container, key, "delete one of them")

    def _identities(self, shape: Shape, items: list[Any]) -> None:
        seen: dict[Any, int] = {}
        for index, item in enumerate(items):
            ident = item_key(item, shape.key)
            try:
                first = seen.setdefault(ident, index)
            except TypeError:  # a list or mapping, which is a problem of its own
                continue
            if ident is not None and first != index:
                message = f"stands twice in this list: first on line {self._line(shape, items[first])}"
                self._identity(shape, item, message, "each needs its own: results and waivers refer to it")
        seen.pop(None, None)
        for ident, other in alike(seen):
            line = self._line(shape, items[seen[other]])
            message = f"looks like {_shown(other)} on line {line} of this list"
            self._identity(shape, items[seen[ident]], message, ALIKE)

    def _line(self, shape: Shape, item: Any) -> int:
        return self.tree.span_of(item, shape.key[0]).line

    def _identity(self, shape: Shape, item: Any, message: str, hint: str) -> None:
        """A problem with what identifies an item of a list."""
        name, shown = "/".join(shape.key), _shown(item_key(item, shape.key))
        place = _one_line(self.tree.span_of(item, shape.key[0]))
        self.problems.append(DocumentError(f"the {name} {shown} {message}", at=place, hint=hint))

    def _map(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, dict):
            self._mistyped(shape, value, container, key)
            return
        matches = compile_pattern(shape.pattern) if shape.pattern else None
        for name, inner in value.items():
            if matches is not None and not matches(name):
                self.say_at_key(f"the key {name} does not look like {shape.pattern}", value, name)
            self.field(_items(shape), inner, value, name)
        self._size(shape, len(value), "entries", container, key)

    def _size(self, shape: Shape, size: int, unit: str, container: Any, key: Key) -> None:
        if shape.size is None:
            return
        least, most = shape.size
        if size < least:
            message = "is empty" if size == 0 else f"has {size} {unit}; at least {least} are needed"
            self.say(message, container, key, "leave the key out if it is not known" if size == 0 else None)
        elif most is not None and size > most:
            self.say(f"has {size} {unit}; at most {most} are possible", container, key)

    def _string(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, str):
            scalar = isinstance(value, int | float)
            self._mistyped(shape, value, container, key, "put it in quotes" if scalar else None)
            return
        if shape.values and value not in shape.values:
            self._not_listed(shape, value, container, key)
        self._size(shape, len(value), "characters", container, key)
        if shape.pattern and not compile_pattern(shape.pattern)(value):
            hint = PATTERNS.get(shape.pattern)
            self.say(f"{clip(value)} does not look like {shape.pattern}", container, key, hint)

    def _enum(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if isinstance(value, str) and value in shape.values:
            return
        self._not_listed(shape, value, container, key)

    def _not_listed(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        listed = ", ".join(str(one) for one in shape.values)
        hint = self.guess(value, map(str, shape.values))
        if value is False and {"no", "none"} & set(shape.values):
            hint = f"write {'none' if 'none' in shape.values else 'no'}"
        if len(shape.values) == 1:
            self.say(f"expected {listed}, found {found(value)}", container, key, hint)
        else:
            self.say(f"expected one of {listed}; found {found(value)}", container, key, hint)

    def _boolean(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if isinstance(value, bool):
            if shape.values and value not in shape.values:
                self._not_listed(shape, value, container, key)
            return
        hint = None
        if isinstance(value, str) and value.lower() in {"yes", "y", "on", "no", "n", "off", "true", "false"}:
            hint = (
                f"write {'true' if value.lower() in {'yes', 'y', 'on', 'true'} else 'false'}, without quotes"
            )
        self._mistyped(shape, value, container, key, hint)

    def _integer(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        whole = isinstance(value, float) and value.is_integer()
        if isinstance(value, bool) or not (isinstance(value, int) or whole):
            self._mistyped(shape, value, container, key, _unquote(value))
            return
        if shape.values and value not in shape.values:
            self._not_listed(shape, value, container, key)
        self._bounds(shape, value, container, key)

    def _number(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._mistyped(shape, value, container, key, _unquote(value))
            return
        if shape.values and value not in shape.values:
            self._not_listed(shape, value, container, key)
        self._bounds(shape, value, container, key)

    def _bounds(self, shape: Shape, value: float, container: Any, key: Key) -> None:
        if shape.bounds is None or within(value, shape.bounds):
            return
        low, open_low, high, open_high = shape.bounds
        least = "" if low is None else f"more than {low}" if open_low else f"at least {low}"
        most = "" if high is None else f"less than {high}" if open_high else f"at most {high}"
        limits = " and ".join(limit for limit in (least, most) if limit)
        self.say(f"must be {limits}, found {value}", container, key)

    def _date(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, str):
            self._mistyped(shape, value, container, key, _DATE_HINT)
            return
        try:
            day = Date.parse(value)
        except ValueError:
            self.say(_bad_date(value), container, key, _DATE_HINT)
            return
        if not FIRST_DATE <= day <= LAST_DATE:
            self._out_of_range(value, container, key, "years 1900 to 2199 are accepted")

    def _instant(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        if not isinstance(value, str):
            hint = _INSTANT_HINT
            if isinstance(value, int | float) and not isinstance(value, bool):
                hint = f"if it counts seconds since 1970, convert it; {_INSTANT_HINT}"
            self._mistyped(shape, value, container, key, hint)
            return
        try:
            instant = Timestamp.parse(value)
        except ValueError:
            self.say(_bad_instant(value), container, key, _with_t(value) or _INSTANT_HINT)
            return
        if not FIRST_INSTANT <= instant <= LAST_INSTANT:
            self._out_of_range(value, container, key, "years 1980 to 2199 are accepted")

    def _out_of_range(self, value: str, container: Any, key: Key, hint: str) -> None:
        """Of a day that nobody means; the last ones that there are stand for never in other programs."""
        if value[:4] >= "2200":
            never = "write null" if self._nullable else "leave the key out"
            hint = f"if it stands for never, or for no end, {never}; {hint}"
        self.say(f"the year of {value} cannot be right", container, key, hint)

    def _money(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        hint = "write a number in the document's currency, or {amount: 1000, currency: EUR}"
        amount = value
        if isinstance(value, dict):
            amount = value.get("amount")
            if not is_currency(value.get("currency")):
                self.say("needs a currency of three capital letters", container, key, hint)
                return
            for name in value:
                if name not in {"amount", "currency"} and not name.startswith(FREE):
                    self.say_at_key(f"the key {name} is not known in an amount of money", value, name, hint)
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            self._mistyped(shape, amount, container, key, _unquote(amount) or hint)
            return
        self._bounds(shape, amount, container, key)

    def _plain(self, shape: Shape, value: Any, container: Any, key: Key) -> None:
        inner = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in inner):
            self._mistyped(
                shape, value, container, key, "write it as the fact has it: false, null, 0, low, []"
            )


def _shown(ident: Any) -> str:
    """What identifies an item, in words."""
    return clip("/".join(map(str, ident)) if isinstance(ident, tuple) else str(ident))


def _items(shape: Shape) -> Property:
    """What a list or map holds."""
    if shape.items is None:
        raise LookupError(shape.name)
    return shape.items


def expected(field: Property) -> str:
    """What a field's value should be, in words."""
    if field.shape.form == "enum":
        return f"one of {', '.join(field.shape.values)}"
    return _NOUNS[field.shape.form]


def found(value: Any) -> str:
    """A wrong value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return f'the text "{clip(value)}"'


def _name(container: Any, key: Key) -> str:
    return f"{key}: " if isinstance(container, dict) and isinstance(key, str) else ""


def _listed(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _one_line(span: Span) -> Span:
    """The first line's part of a place: a whole mapping underlined helps nobody."""
    if span.line == span.end_line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + 1)


def _unquote(value: Any) -> str | None:
    """A hint for a number that was written as a text."""
    if not isinstance(value, str):
        return None
    plain = value.replace(",", "").replace("_", "").replace(" ", "").rstrip("%")
    try:
        float(plain)
    except ValueError:
        return None
    return f"write {plain}, without quotes, separators or units"


def _bad_date(value: str) -> str:
    shown = clip(value)
    if "/" in value and not any(char.isdigit() for char in value):
        return f'expected a date like 2026-10-31, found the time zone "{shown}"'
    if len(value) > 10 and value[10] in "Tt " and value[:4].isdigit():
        return f'expected a day without a time, found "{shown}"'
    if len(value) == 10 and (value[:4] + value[5:7] + value[8:]).isdigit() and value[4] == value[7] == "-":
        return f"{shown} is not a day of the calendar"
    return f'expected a date like 2026-10-31, found the text "{shown}"'


def _bad_instant(value: str) -> str:
    shown = clip(value)
    if len(value) == 10 and value[4:5] == "-":
        return f'expected a date and time, found only the day "{shown}"'
    if len(value) >= 16 and value[10] in "Tt " and not _has_offset(value):
        return f'the time "{shown}" has no offset from UTC, so it could be any of 26 hours'
    return f'expected {_NOUNS["instant"]}, found the text "{shown}"'


def _with_t(value: str) -> str | None:
    """The hint for an instant that only has a space where a T belongs, as PyYAML writes it."""
    right = f"{value[:10]}T{value[11:].replace(' ', '')}"
    try:
        Timestamp.parse(right)
    except ValueError:
        return None
    return f"write a T and no space between day and time: {right}"


def _has_offset(value: str) -> bool:
    return value[-1] in "Zz" or "+" in value[10:] or "-" in value[10:]


def unknown_word(word: Any, words: list[str], what: str) -> tuple[str, str]:
    """Message and hint for a word that names nothing known."""
    guess = nearest(word, words) if isinstance(word, str) else None
    hint = f"did you mean {guess}?" if guess else f"known: {', '.join(words)}"
    return f"{found(word)} is no {what}", hint
