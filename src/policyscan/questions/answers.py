"""How a fact is to be answered, in words for people, and which facts a whole section consists of.

In: what a kind says about a field. Out: texts such as `yes or no`, and the fields below a section that are
worth asking for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policyscan.kinds.shapes import Property, Shape

_SIMPLE = {
    "boolean": "yes or no",
    "date": "a day, as in 2026-10-31",
    "instant": "a day and a time with its offset, as in 2026-10-31T09:00:00+01:00",
    "integer": "a whole number",
    "number": "a number",
    "money": "an amount of money",
    "string": "a few words",
    "plain": "the value",
}
NONE_OR_ROWS = "none if there is none; else leave this blank and fill in the rows below"
"""How to answer for a section as a whole, whose facts have rows of their own."""
_MOST_CHOICES = 12
_SAID = frozenset(("date", "instant", "currency"))  # units that the form says already


def how_to_answer(field: Property) -> str:
    """What an answer looks like: `one of: low, medium, high; none if there is none`."""
    text = _form(field.shape, field.unit)
    said = not field.nullable or "none" in field.shape.values
    return text if said else f"{text}; none if there is none"


def _form(shape: Shape, unit: str) -> str:
    if shape.form == "enum":
        return _choices(shape, "one of")
    if shape.form == "list":
        return _list(shape)
    if shape.form == "map":
        return "each as name: value; several with ; between them; none if there are none"
    if shape.refs:
        return "a name or id that the file has"
    text = _SIMPLE.get(shape.form, "what there is")
    of = unit.removeprefix("currency ")
    return f"{text} ({of})" if of and of not in _SAID else text


def _choices(shape: Shape, lead: str) -> str:
    values = [str(value) for value in shape.values]
    more = f" and {len(values) - _MOST_CHOICES} more" if len(values) > _MOST_CHOICES else ""
    return f"{lead}: {', '.join(values[:_MOST_CHOICES])}{more}"


def _list(shape: Shape) -> str:
    items = shape.items.shape if shape.items is not None else None
    if items is None or items.form in {"object", "list", "map"}:
        return "none if there are none; else leave this blank, and it is asked next"
    inner = _choices(items, "any of") if items.form == "enum" else _form(items, "")
    return f"{inner}; several with ; between them; none if there are none"


def is_section(field: Property) -> bool:
    """Whether a field holds an object, or a list of objects, so that no one answer is enough."""
    inner = _items(field.shape)
    return (inner or field.shape).form == "object"


def is_list(field: Property) -> bool:
    """Whether a field holds a list of objects."""
    return _items(field.shape) is not None


def _items(shape: Shape) -> Shape | None:
    if shape.form != "list" or shape.items is None or shape.items.shape.form != "object":
        return None
    return shape.items.shape


def parts(field: Property, read: Collection[str]) -> Iterator[tuple[str, Property]]:
    """The facts of a section with their paths below it: those that it cannot be without, and those with a
    name that controls `read`. What has an honest meaning when it is left out is not asked for, and a list
    within it is asked for as a whole."""
    yield from _parts(_items(field.shape) or field.shape, field.shape.key, read, frozenset())


def _parts(
    shape: Shape, key: Collection[str], read: Collection[str], seen: frozenset[int]
) -> Iterator[tuple[str, Property]]:
    if id(shape) in seen:
        return
    needed = {*shape.required, *key, *({"name"} if key and "name" in shape.fields else ())}
    chosen = {name for name in shape.fields if name in read and shape.fields[name].when_absent is None}
    for name, field in shape.fields.items():
        if name not in (needed | chosen or shape.fields):
            continue
        if field.shape.form != "object":
            yield name, field
            continue
        for path, inner in _parts(field.shape, (), read, seen | {id(shape)}):
            yield f"{name}.{path}", inner
