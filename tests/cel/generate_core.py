"""Random expressions of plain CEL, well-typed or not: what must agree with other implementations."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from policyscan.cel.types import BOOL, BYTES, DOUBLE, DYN, INT, STRING, List, Map, Type

VARIABLES: dict[str, Type] = {
    "n": INT,
    "d": DOUBLE,
    "s": STRING,
    "b": BOOL,
    "y": BYTES,
    "l": List(DYN),
    "m": Map(STRING, DYN),
    "x": DYN,
}
GOOGLE_VARIABLES = {
    "n": "INT", "d": "DOUBLE", "s": "STRING", "b": "BOOL", "y": "BYTES", "l": "LIST", "m": "MAP", "x": "DYN",
}  # fmt: skip

_INTS = ("0", "1", "2", "-1", "-7", "3", "64", "9223372036854775807", "-9223372036854775808", "0x1F")
_UINTS = ("0u", "1u", "2u", "3u", "18446744073709551615u")
_DOUBLES = (
    "0.0",
    "-0.0",
    "0.5",
    "1.0",
    "2.0",
    "-1.5",
    "1e19",
    "9007199254740993.0",
    "(0.0/0.0)",
    "(1.0/0.0)",
)
_STRINGS = ("''", "'a'", "'ab'", "'1'", "'true'", "'é😀'", "'a,b'", "'1.5'", "'-3'")
_BYTES = ("b''", "b'a'", "b'\\xff'", "b'ab'")

# A hole is a kind in braces; `{v}` is the variable that the macro around it binds, which holes before it and
# those marked `outer` do not see.
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "bool": (
        "true",
        "false",
        "b",
        "({bool} && {bool})",
        "({bool} || {bool})",
        "!{bool}",
        "({bool} ? {bool} : {bool})",
        "({any} == {any})",
        "({any} != {any})",
        "({num} == {num})",
        "({num} < {num})",
        "({num} <= {num})",
        "({num} > {num})",
        "({any} >= {any})",
        "({string} < {string})",
        "({bytes} <= {bytes})",
        "({duration} < {duration})",
        "({timestamp} > {timestamp})",
        "({any} in {list})",
        "({string} in {map})",
        "({num} in {map})",
        "({any} && {bool})",
        "({bool} || {any})",
        "{list}.all({v}, {bool})",
        "{list}.exists({v}, {bool})",
        "{list}.exists_one({v}, {bool})",
        "{map}.all({v}, {bool})",
        "{map}.exists({v}, {bool})",
        "{string}.contains({string})",
        "{string}.startsWith({string})",
        "{string}.endsWith({string})",
        "{string}.matches('^[a-z]+$')",
        "has({map}.a)",
        "has({map}.zz)",
        "(type({any}) == type({any}))",
        "bool({string})",
        "math.isNaN({double})",
        "math.isInf({double})",
        "{optional}.hasValue()",
    ),
    "int": (
        "n",
        "({int} + {int})",
        "({int} - {int})",
        "({int} * {int})",
        "({int} / {int})",
        "({int} % {int})",
        "-{int}",
        "size({string})",
        "size({list})",
        "{map}.size()",
        "size({bytes})",
        "int({uint})",
        "int({double})",
        "int({string})",
        "({bool} ? {int} : {int})",
        "{string}.indexOf({string})",
        "{string}.lastIndexOf({string})",
        "{list}[{int}]",
        "math.bitAnd({int}, {int})",
        "math.bitOr({int}, {int})",
        "math.bitXor({int}, {int})",
        "math.bitNot({int})",
        "math.bitShiftLeft({int}, {small})",
        "math.bitShiftRight({int}, {small})",
        "math.abs({int})",
        "math.sign({int})",
        "{duration}.getMinutes()",
        "{duration}.getSeconds()",
        "{duration}.getHours()",
        "{timestamp}.getFullYear()",
        "{timestamp}.getMonth()",
        "{timestamp}.getDayOfWeek()",
        "{timestamp}.getDayOfYear()",
        "{timestamp}.getHours('Europe/Berlin')",
        "{timestamp}.getDate('-03:30')",
        "{timestamp}.getMilliseconds()",
        "int({timestamp})",
    ),
    "small": ("0", "1", "3", "63", "64", "-1"),
    "uint": (
        "({uint} + {uint})",
        "({uint} - {uint})",
        "({uint} * {uint})",
        "({uint} / {uint})",
        "({uint} % {uint})",
        "uint({int})",
        "uint({double})",
        "uint({string})",
        "math.bitShiftLeft({uint}, {small})",
        "math.bitNot({uint})",
        "({bool} ? {uint} : {uint})",
    ),
    "double": (
        "d",
        "({double} + {double})",
        "({double} - {double})",
        "({double} * {double})",
        "({double} / {double})",
        "-{double}",
        "double({int})",
        "double({uint})",
        "double({string})",
        "math.ceil({double})",
        "math.floor({double})",
        "math.round({double})",
        "math.trunc({double})",
        "math.abs({double})",
        "math.sign({double})",
        "math.sqrt({double})",
    ),
    "num": (
        "{int}",
        "{uint}",
        "{double}",
        "dyn({int})",
        "math.greatest({int}, {int})",
        "math.least({double}, {int}, {uint})",
    ),
    "string": (
        "s",
        "({string} + {string})",
        "string({int})",
        "string({bool})",
        "string({bytes})",
        "string({uint})",
        "({bool} ? {string} : {string})",
        "{string}.upperAscii()",
        "{string}.lowerAscii()",
        "{string}.trim()",
        "{string}.charAt({small})",
        "{string}.substring({small})",
        "{string}.replace({string}, {string})",
        "{string}.replace({string}, {string}, {small})",
        "{string}.reverse()",
        "[{string}, {string}].join({string})",
        "strings.quote({string})",
        "'%s|%d'.format([{string}, {int}])",
        "'%x %X'.format([{int}, {string}])",
        "'%.2f'.format([{double}])",
        "'%e'.format([{double}])",
        "'%b %o'.format([{int}, {uint}])",
        "'%s'.format([{bool}])",
        "string({timestamp})",
        "string({duration})",
        "cel.bind({v}, {outer:string}, {v} + {string})",
    ),
    "bytes": ("y", "({bytes} + {bytes})", "bytes({string})"),
    "list": (
        "l",
        "[]",
        "[{any}]",
        "[{any}, {any}]",
        "[{int}, {int}, {int}]",
        "({list} + {list})",
        "{list}.map({v}, {any})",
        "{list}.filter({v}, {bool})",
        "{list}.map({v}, {bool}, {any})",
        "{string}.split(',')",
        "('x' + {string}).split('', {small})",
        "({bool} ? {list} : {list})",
        "[?{optional}, {any}]",
    ),
    "map": (
        "m",
        "{{}}",
        "{{'a': {any}}}",
        "{{'a': {any}, 'b': {any}}}",
        "{{{int}: {any}, 'k': {any}}}",
        "{{true: {any}, 'k': {any}}}",
        "({bool} ? {map} : {map})",
        "{{?'a': {optional}}}",
    ),
    "duration": (
        "duration('1h30m')",
        "duration('-1.5s')",
        "duration('0s')",
        "({duration} + {duration})",
        "({duration} - {duration})",
        "({timestamp} - {timestamp})",
    ),
    "timestamp": (
        "timestamp('2026-10-31T09:30:00.123Z')",
        "timestamp('1969-12-31T23:59:59-05:00')",
        "timestamp(0)",
        "({timestamp} + {duration})",
        "({timestamp} - {duration})",
        "timestamp('2026-02-30T00:00:00Z')",
    ),
    "optional": (
        "optional.of({any})",
        "optional.none()",
        "optional.ofNonZeroValue({any})",
        "{map}.?a",
        "{list}[?{small}]",
        "{optional}.or({optional})",
        "{map}.?a.?b",
        "{optional}.optMap({v}, {any})",
    ),
    "any": (
        "{bool}",
        "{int}",
        "{uint}",
        "{double}",
        "{string}",
        "{bytes}",
        "{list}",
        "{map}",
        "null",
        "x",
        "x.a",
        "x['b']",
        "{map}.a",
        "{map}['b']",
        "{map}[{any}]",
        "{list}[{any}]",
        "{optional}.orValue({any})",
        "{duration}",
        "{timestamp}",
        "({bool} ? {any} : {any})",
        "({any} + {any})",
        "dyn({any})",
        "type({any})",
        "cel.bind({v}, {outer:any}, [{v}, {any}])",
        "size({any})",
        "({any} - {any})",
    ),
}
_ATOMS = {
    "bool": ("true", "false", "b"),
    "int": (*_INTS, "n"),
    "small": ("0", "1", "2", "-1"),
    "uint": _UINTS,
    "double": (*_DOUBLES, "d"),
    "num": ("1", "2u", "1.0", "n", "d"),
    "string": (*_STRINGS, "s"),
    "bytes": (*_BYTES, "y"),
    "list": ("[]", "[1, 2, 3]", "['a', 'b']", "l"),
    "map": ("{}", "{'a': 1, 'b': 'c'}", "m"),
    "duration": ("duration('1s')",),
    "timestamp": ("timestamp(0)",),
    "optional": ("optional.none()", "optional.of(1)"),
    "any": ("1", "'a'", "null", "[1]", "x", "1.0", "true"),
}
_HOLE = re.compile(r"\{\{|\}\}|\{(outer:)?(\w+)\}")


class CoreGenerator:
    """Makes sources of expressions of a kind, whose parts nest at most so many levels."""

    def __init__(self, rnd: Random) -> None:
        self.rnd = rnd
        self.names = 0

    def expression(self, kind: str = "any", depth: int = 3, bound: tuple[str, ...] = ()) -> str:
        """A source; `bound` are the variables of the macros around it."""
        if bound and kind in {"any", "num", "int", "string", "bool"} and self.rnd.random() < 0.25:
            return self.rnd.choice(bound)
        if depth <= 0 or self.rnd.random() < 0.1:
            return self.rnd.choice(_ATOMS[kind])
        template = self.rnd.choice(_TEMPLATES[kind])
        inner = bound
        if "{v}" in template:
            self.names += 1
            inner = (*bound, f"v{self.names}")
        return _HOLE.sub(lambda hole: self._fill(hole, depth - 1, bound, inner), template)

    def _fill(self, hole: re.Match[str], depth: int, outer: tuple[str, ...], inner: tuple[str, ...]) -> str:
        if hole[0] in {"{{", "}}"}:
            return hole[0][0]
        if hole[2] == "v":
            return inner[-1]
        sees = not hole[1] and "{v}" in hole.string[: hole.start()]
        return self.expression(hole[2], depth, inner if sees else outer)


def values(rnd: Random) -> dict[str, Any]:
    """Values for the variables, some of them nested."""
    return {
        "n": rnd.choice((0, 1, -1, 7, 2**63 - 1)),
        "d": rnd.choice((0.0, 1.0, -2.5, 1e300)),
        "s": rnd.choice(("", "a", "ab,c", "é😀", "12")),
        "b": rnd.random() < 0.5,
        "y": rnd.choice((b"", b"a", b"\xff")),
        "l": [_nested(rnd, 1) for _ in range(rnd.randint(0, 3))],
        "m": {key: _nested(rnd, 1) for key in rnd.sample(("a", "b", "c"), rnd.randint(0, 3))},
        "x": _nested(rnd, 2),
    }


def _nested(rnd: Random, depth: int) -> Any:
    choice = rnd.randint(0, 7 if depth else 5)
    if choice == 6:
        return [_nested(rnd, depth - 1) for _ in range(rnd.randint(0, 2))]
    if choice == 7:
        return {key: _nested(rnd, depth - 1) for key in rnd.sample(("a", "b"), rnd.randint(0, 2))}
    return rnd.choice((None, True, False, 0, 1, -3, 1.0, 0.5, "", "a", "b"))
