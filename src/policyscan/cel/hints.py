"""What people write who come from other languages, and what to write instead: tables, and nothing else.

In: nothing. Out: tables in which the lexer, the parser and the checker look up what they do not know.
"""

from __future__ import annotations

from typing import Final

_CONDITIONAL: Final = "write condition ? a : b"
_SIZE: Final = "write size(x)"
_MACRO: Final = "a macro names its variable first: items.all(x, x > 1)"
_OR_VALUE: Final = "write a.?b.orValue(x) for a field that may be missing, a == null ? x : a for a null"

FOREIGN_NAMES: Final = {
    "None": "write null",
    "nil": "write null",
    "NULL": "write null",
    "Null": "write null",
    "undefined": "write null, or has(a.b) to ask whether a field is there",
    "True": "write true",
    "TRUE": "write true",
    "yes": "write true",
    "False": "write false",
    "FALSE": "write false",
    "no": "write false",
    "not": "write ! for not",
    "len": _SIZE,
    "length": _SIZE,
    "NaN": 'write double("NaN")',
    "Infinity": 'write double("Infinity")',
    "elif": _CONDITIONAL,
    "then": _CONDITIONAL,
}
"""Unknown variables."""

FOREIGN_FUNCTIONS: Final = {
    "not": "write ! for not: !(x)",
    "len": _SIZE,
    "length": _SIZE,
    "count": "write size(items.filter(x, …))",
    "isEmpty": "write size(x) == 0",
    "empty": "write size(x) == 0",
    "any": "write items.exists(x, …)",
    "some": "write items.exists(x, …)",
    "every": "write items.all(x, …)",
    "none": "write !items.exists(x, …)",
    "includes": "write x in items, or text.contains(part)",
    "has_key": "write key in map, or has(a.b)",
    "defined": "write has(a.b)",
    "isset": "write has(a.b)",
    "exists": "write has(a.b) for a field, items.exists(x, …) for an element",
    "isNull": "write x == null",
    "is_null": "write x == null",
    "coalesce": _OR_VALUE,
    "ifnull": _OR_VALUE,
    "nvl": _OR_VALUE,
    "default": _OR_VALUE,
    "iif": _CONDITIONAL,
    "now": "write now, without brackets",
    "today": "write today, without brackets",
    "datetime": 'write timestamp("2026-10-31T09:30:00Z") for an instant, date("2026-10-31") for a day',
    "timedelta": 'write days(14), or duration("36h")',
    "datediff": "write later - earlier",
    "days_between": "write later - earlier",
    "age": "write today - x",
    "toLower": "write text.lowerAscii()",
    "casefold": "write text.asName()",
    "equalsIgnoreCase": "write a.asName() == b.asName()",
    "toUpper": "write text.upperAscii()",
    "has": "write has(a.b)",
    "lower": "write text.lowerAscii()",
    "toLowerCase": "write text.lowerAscii()",
    "upper": "write text.upperAscii()",
    "toUpperCase": "write text.upperAscii()",
    "strip": "write text.trim()",
    "substr": "write text.substring(1, 3)",
    "concat": "write a + b",
    "match": "write text.matches(pattern)",
    "regex": "write text.matches(pattern)",
    "test": "write text.matches(pattern)",
    "str": "write string(x)",
    "float": "write double(x)",
    "number": "write double(x)",
    "parseInt": "write int(x)",
    "abs": "write math.abs(x)",
    "ceil": "write math.ceil(x)",
    "floor": "write math.floor(x)",
    "round": "write math.round(x)",
    "sqrt": "write math.sqrt(x)",
    "pow": "there is no power: multiply",
    "avg": "write median(items), or total(items) / double(size(items))",
    "average": "write median(items), or total(items) / double(size(items))",
    "mean": "write median(items), or total(items) / double(size(items))",
    "unique": "write items.distinct()",
    "sorted": "write items.sort(), or items.sortBy(x, …)",
    "order_by": "write items.sortBy(x, …)",
    "keys": "write map.map(key, key)",
    "values": "write map.transformList(key, value, value)",
    "append": "write items + [x]",
    "push": "write items + [x]",
    "select": "write items.map(x, …)",
    "where": "write items.filter(x, …)",
    "reduce": "write items.sum(), items.max() or another function of lists",
    "if": _CONDITIONAL,
}
"""Unknown functions."""

CALLED_ON_LISTS: Final = {
    "min": "write items.min(), or math.least(a, b)",
    "max": "write items.max(), or math.greatest(a, b)",
    "sum": "write items.sum()",
    "distinct": "write items.distinct()",
    "sort": "write items.sort()",
}
"""Functions of lists that were called as if they were functions of their arguments."""

FOREIGN_FIELDS: Final = {"length": _SIZE, "size": _SIZE, "count": _SIZE, "len": _SIZE}
"""Fields of what has no fields."""

INFIX: Final = {
    "and": "write && for and",
    "AND": "write && for and",
    "or": "write || for or",
    "OR": "write || for or",
    "xor": "write != between two bools",
    "not": "write !(x in list) for not in, and ! for not",
    "is": "write == to compare, or == null",
    "eq": "write ==",
    "ne": "write !=",
    "lt": "write <",
    "gt": "write >",
    "le": "write <=",
    "ge": "write >=",
    "mod": "write %",
    "div": "write /",
    "if": _CONDITIONAL,
    "else": _CONDITIONAL,
    "then": _CONDITIONAL,
    "elif": _CONDITIONAL,
    "unless": _CONDITIONAL,
    "for": "write items.map(x, …) or items.filter(x, …)",
    "between": "write low <= x && x <= high",
    "like": 'write text.contains("…") or text.matches("…")',
    "contains": 'write text.contains("…"), or x in list',
    "startsWith": 'write text.startsWith("…")',
    "endsWith": 'write text.endsWith("…")',
    "matches": 'write text.matches("…")',
    "days": "write days(14)",
    "day": "write days(14)",
}
"""A word where an operator was expected."""

BEFORE: Final = {
    "not": "write ! for not",
    "NOT": "write ! for not",
    "lambda": _MACRO,
    "when": _CONDITIONAL,
    "elif": _CONDITIONAL,
    "assert": "an expression is its value: leave assert out",
}
"""A word before a value, where no operator stands between them."""

PREFIX: Final = {
    "if": _CONDITIONAL,
    "else": _CONDITIONAL,
    "for": "write items.map(x, …) or items.filter(x, …)",
    "let": "write cel.bind(name, value, expression)",
    "var": "write cel.bind(name, value, expression)",
    "const": "write cel.bind(name, value, expression)",
    "return": "an expression is its value: leave return out",
    "function": _MACRO,
}
"""A reserved word where a value was expected."""

SYMBOLS: Final = (
    ("===", "write == to compare"),
    ("!==", "write != to compare"),
    ("=~", "write text.matches(pattern)"),
    ("=>", "a macro names its variable first: items.all(x, x > 1); at least is written >="),
    ("=<", "write <= for at most"),
    ("<>", "write != to compare"),
    ("=", "write == to compare; = assigns in other languages"),
    ("&amp;", "the text was HTML-escaped: write &"),
    ("&lt;", "the text was HTML-escaped: write <"),
    ("&", "write && for and"),
    ("|", "write || for or"),
    ("**", "there is no power operator: multiply"),
    ("#", "a comment starts with //; in YAML, write the expression after >- or in quotes"),
    (";", "an expression is one value: leave the semicolon out"),
    ("@", "names are letters, digits and _"),
    ("$", "write the name alone, without $ or braces"),
    ("^", "there is no ^ operator: math.bitXor(a, b) for bits"),
    ("~", "there is no ~ operator: math.bitNot(a) for bits, text.matches(pattern) for patterns"),
    ("\\", "an expression may go on over several lines without \\"),
    ("`", "a back-quoted field name ends with a back quote on the same line"),
    ("\u201c", 'use plain quotes: "'),
    ("\u201d", 'use plain quotes: "'),
    ("\u2018", "use plain quotes: '"),
    ("\u2019", "use plain quotes: '"),
    ("\u2264", "write <="),
    ("\u2265", "write >="),
    ("\u2260", "write !="),
    ("\u2212", "write a plain minus: -"),
    ("\u2013", "write a plain minus: -"),
    ("\u00d7", "write *"),
    ("\u00a0", "this is a no-break space: type a plain one"),
    ("\ufeff", "this is a byte order mark: delete it"),
)
"""Text that is no token, longest first."""
