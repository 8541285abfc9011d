"""From a parsed expression to its checked form (`ir`), with every mistake found on the way.

In: a parsed expression or definition, and what it may name. Out: the checked form with its type, what it
reads and where something missing may turn into a verdict.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel.ast import (
    Bind,
    Call,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    MacroCall,
    MapExpr,
    Node,
    Select,
)
from policyscan.cel.checking import access, calls, collections, definitions, macros, names
from policyscan.cel.checking.state import Checker, Rule, too_deep
from policyscan.cel.environment import Definition, Scope
from policyscan.cel.errors import CelErrors
from policyscan.cel.ir import Out, depth
from policyscan.cel.types import Type

_RULES: Final[dict[type[Node], Rule]] = {
    Literal: names.literal,
    Ident: names.ident,
    Select: access.select,
    Has: access.has,
    Index: access.index,
    Call: calls.call,
    MacroCall: macros.macro,
    Bind: names.bind,
    ListExpr: collections.list_literal,
    MapExpr: collections.map_literal,
}
_MOST_LEVELS: Final = 150
"""Levels of a checked expression, definitions and bound expressions put in: Python's stack holds as many."""


def check(env: Scope, source: str, node: Node, expect: Type | None) -> tuple[Checker, Out]:
    """What checking a source of type `expect` gives and learns; CelErrors with everything that is wrong."""
    checker = Checker(env, source, _RULES)
    out: Out | None = None
    try:
        out = checker.check(node, expect)
        deep = depth(out.ir) > _MOST_LEVELS
    except RecursionError:
        deep = True
    if deep:
        checker.errors.append(too_deep(source))
    if out is None or checker.errors:
        raise CelErrors(checker.errors)
    return checker, out


def check_definition(env: Scope, definition: Definition) -> None:
    """CelErrors, at offsets in the definition's own source, where its body is wrong."""
    checker = Checker(env, definition.source, _RULES)
    body = definitions.body(checker, definition, ("",) * len(definition.params))
    if isinstance(body, CelErrors):
        raise body
