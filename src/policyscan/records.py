"""Named tuples that cost a tenth to define, because every start defines a hundred of them.

In: a class body as for `typing.NamedTuple`. Out: a class that does the same, made without compiling a
constructor and parsing the annotations of each. Type checkers see `typing.NamedTuple` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _collections import _tuplegetter
    from types import FunctionType

    _constructors: dict[int, Any] = {}

    def _constructor(fields: tuple[str, ...], qualname: str, defaults: tuple[Any, ...]) -> Any:
        """`__new__` for these fields: code is compiled once for a number of fields, and given their names."""
        code = _constructors.get(len(fields))
        if code is None:
            given = "".join(f", _{number}" for number in range(len(fields)))
            source = f"lambda _cls{given}: _new(_cls, ({given[2:]},))"
            code = _constructors[len(fields)] = eval(source, {}).__code__  # noqa: S307 - of numbers alone
        code = code.replace(
            co_varnames=("_cls", *fields), co_name="__new__", co_qualname=f"{qualname}.__new__"
        )
        return FunctionType(code, {"_new": tuple.__new__}, "__new__", defaults or None)

    class _Record(tuple):
        """What all named tuples can do."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values):
            """One made of as many values as there are fields."""
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, and was given {len(made)}")
            return made

        def _replace(self, /, **changes):
            """One with other values in these fields."""
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no fields {sorted(changes)}")
            return made

        def _asdict(self):
            """The values by the names of their fields."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(map("{}={!r}".format, self._fields, self))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            """What pickle and copy make one of."""
            return tuple(self)

    class _Definition(type):
        """Turns a class body with annotations into a class of tuples; it is not the class of any."""

        def __new__(cls, name, bases, body):  # noqa: ARG004 - its base is a record
            fields = tuple(body["__annotations__"])
            defaults = tuple([body[field] for field in fields if field in body])
            body["__slots__"] = ()
            body["_fields"] = body["__match_args__"] = fields
            body["__new__"] = _constructor(fields, body["__qualname__"], defaults)
            for number, field in enumerate(fields):
                body[field] = _tuplegetter(number, None)
            return type(name, (_Record,), body)

    NamedTuple = type.__new__(_Definition, "NamedTuple", (), {})
