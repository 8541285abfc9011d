"""What functions and macros there are, and how a module declares them.

In: the name of a function or macro. Out: its declaration: what it takes and gives, documentation, examples.

A functions module has a tuple `FUNCTIONS` of `Function`s. It is imported only when an expression first
names one of its functions, which is why `INDEX` says in which module each name lives.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from policyscan.cel.types import Type
from policyscan.records import NamedTuple


class Overload(NamedTuple):
    """One signature of a function and the Python function behind it.

    `params` are the types of all arguments, the target first where `member`; a `TypeParam` stands for one
    type throughout the signature. `impl` is a module-level function that takes exactly these arguments
    (preceded by the Clock where `clock`), raises only EvalErrors, and never sees None unless the
    parameter is Nullable, NULL or DYN. `inline`, where given, is a Python expression used by compiled code
    when all types are known statically: `{0}`, `{1}` are the arguments (each evaluated once and used any
    number of times), `{f}` is `impl`; it may name Python's builtins and nothing else.
    `raw`, where given, is as `inline` for places where a plain int may stand for a date, timestamp or
    duration (between comparisons and further arithmetic). `total` says that it cannot raise for well-typed
    arguments, so that compiled code needs no guard. Where `variadic`, the last parameter may be repeated.
    `moving(clock, moves, *args)` stands in for `impl` where arguments move with the clock (`moves` has a bool
    for each): it tells the clock when its result turns; without it such arguments are refused.
    A `core` overload does not exist in policies.
    """

    params: tuple[Type, ...]
    result: Type
    impl: Callable[..., Any]
    member: bool = False
    inline: str | None = None
    clock: bool = False
    total: bool = False
    raw: str | None = None
    variadic: bool = False
    moving: Callable[..., Any] | None = None
    core: bool = False


class Function(NamedTuple):
    """A function: its overloads, one or two sentences of documentation, and examples run as tests.

    An example is an expression that is true. `policy` functions do not exist in the core dialect.
    `absence` marks those that can turn something missing into a verdict, `asks` those that can where their
    arguments are objects or documents' maps: "entries" those that ask which entries an argument has, "parts"
    those that ask so of everything within one too (they compare or print it).
    """

    name: str
    overloads: tuple[Overload, ...]
    doc: str
    examples: tuple[str, ...] = ()
    policy: bool = False
    absence: bool = False
    asks: str = ""


class Macro(NamedTuple):
    """A call whose arguments at `binders` are names that the other arguments may use.

    `target.name(args)` with exactly `arity` arguments is the macro; other arities are plain calls.
    `policy` macros do not exist in the core dialect.
    """

    name: str
    arity: int
    binders: tuple[int, ...]
    doc: str = ""
    examples: tuple[str, ...] = ()
    policy: bool = False


_MACROS: Final = (
    Macro(
        "all",
        2,
        (0,),
        "True where the predicate holds for every element.",
        examples=("[1, 2].all(x, x > 0)",),
    ),
    Macro(
        "all",
        3,
        (0, 1),
        "True where the predicate holds for every index and element, or key and value.",
        examples=("[5, 6].all(i, x, x == i + 5)",),
    ),
    Macro(
        "exists",
        2,
        (0,),
        "True where the predicate holds for at least one element.",
        examples=("[1, 2].exists(x, x > 1)",),
    ),
    Macro(
        "exists",
        3,
        (0, 1),
        "True where the predicate holds for one index and element, or key and value.",
        examples=('{"a": 1}.exists(k, v, k == "a" && v == 1)',),
    ),
    Macro(
        "exists_one",
        2,
        (0,),
        "True where the predicate holds for exactly one element.",
        examples=("[1, 2].exists_one(x, x > 1)",),
    ),
    Macro(
        "exists_one",
        3,
        (0, 1),
        "True where the predicate holds for exactly one index and element.",
        examples=("[5, 6].exists_one(i, x, i == 1)",),
    ),
    Macro(
        "existsOne",
        2,
        (0,),
        "True where the predicate holds for exactly one element.",
        examples=("[1, 2].existsOne(x, x > 1)",),
    ),
    Macro(
        "existsOne",
        3,
        (0, 1),
        "True where the predicate holds for exactly one index and element.",
        examples=("[5, 6].existsOne(i, x, x == 5)",),
    ),
    Macro(
        "map",
        2,
        (0,),
        "The list of the expression's values for every element.",
        examples=("[1, 2].map(x, x * 10) == [10, 20]",),
    ),
    Macro(
        "map",
        3,
        (0,),
        "The list of the expression's values for the elements that pass the predicate.",
        examples=("[1, 2].map(x, x > 1, x * 10) == [20]",),
    ),
    Macro(
        "filter",
        2,
        (0,),
        "The list of the elements for which the predicate holds.",
        examples=("[1, 2, 3].filter(x, x != 2) == [1, 3]",),
    ),
    Macro(
        "transformList",
        3,
        (0, 1),
        "A list made from every index and element, or key and value.",
        examples=("[5, 6].transformList(i, x, i + x) == [5, 7]",),
    ),
    Macro(
        "transformList",
        4,
        (0, 1),
        "As before, of those for which the predicate holds.",
        examples=("[5, 6].transformList(i, x, i > 0, x) == [6]",),
    ),
    Macro(
        "transformMap",
        3,
        (0, 1),
        "A map with the same keys (or indexes) and other values.",
        examples=('{"a": 1}.transformMap(k, v, v + 1) == {"a": 2}',),
    ),
    Macro(
        "transformMap",
        4,
        (0, 1),
        "As before, of those for which the predicate holds.",
        examples=('{"a": 1, "b": 2}.transformMap(k, v, v > 1, v) == {"b": 2}',),
    ),
    Macro(
        "transformMapEntry",
        3,
        (0, 1),
        "A map of the one-entry maps made from every key and value.",
        examples=('{"a": "b"}.transformMapEntry(k, v, {v: k}) == {"b": "a"}',),
    ),
    Macro(
        "transformMapEntry",
        4,
        (0, 1),
        "As before, of those for which the predicate holds.",
        examples=('{"a": "b"}.transformMapEntry(k, v, k != "a", {v: k}) == {}',),
    ),
    Macro(
        "sortBy",
        2,
        (0,),
        "The list ordered by the expression's values; equal ones keep their order.",
        examples=('["bb", "a"].sortBy(x, size(x)) == ["a", "bb"]',),
    ),
    Macro(
        "optMap",
        2,
        (0,),
        "The optional with the expression of its value, or nothing.",
        examples=("optional.of(1).optMap(x, x + 1).value() == 2",),
    ),
    Macro(
        "optFlatMap",
        2,
        (0,),
        "The optional that the expression makes of its value, or nothing.",
        examples=("optional.of([1]).optFlatMap(x, x[?0]).value() == 1",),
    ),
    Macro(
        "maxBy",
        2,
        (0,),
        "The first element with the largest value; absent for [].",
        examples=('["a", "ccc", "bb"].maxBy(x, size(x)) == "ccc"',),
        policy=True,
    ),
    Macro(
        "minBy",
        2,
        (0,),
        "The first element with the smallest value; absent for [].",
        examples=('["bb", "a", "c"].minBy(x, size(x)) == "a"',),
        policy=True,
    ),
    Macro(
        "find",
        2,
        (0,),
        "The first element for which the predicate holds; else absent.",
        examples=("[1, 2, 3].find(x, x > 1) == 2",),
        policy=True,
    ),
    Macro(
        "groupBy",
        2,
        (0,),
        "A map from each of the expression's values to its elements.",
        examples=('["a", "bb", "c"].groupBy(x, size(x))[1] == ["a", "c"]',),
        policy=True,
    ),
    Macro(
        "count",
        2,
        (0,),
        "How many elements the predicate holds for.",
        examples=("[1, 2, 3].count(x, x > 1) == 2",),
        policy=True,
    ),
    Macro(
        "atLeast",
        3,
        (1,),
        "True where the predicate holds for at least this share (0.0 to 1.0) of the elements. Elements for"
        " which it is missing count both ways: the answer is known only where both give the same one.",
        ("[1, 2, 3].atLeast(0.5, x, x > 1)",),
        policy=True,
    ),
)

MACROS: Final[dict[tuple[str, int], Macro]] = {(macro.name, macro.arity): macro for macro in _MACROS}
"""Every macro with binders, by name and number of arguments (the target not counted)."""


_BINDERS: dict[bool, dict[tuple[str, bool, int], tuple[int, ...]]] = {}


def binders(*, policy: bool) -> dict[tuple[str, bool, int], tuple[int, ...]]:
    """What a parser must know of macros: (name, called on a target, arguments) to those that are names."""
    table = _BINDERS.get(policy)
    if table is None:
        table = {(m.name, True, m.arity): m.binders for m in MACROS.values() if policy or not m.policy}
        table["has", False, 1] = ()
        table["bind", True, 3] = (0,)
        _BINDERS[policy] = table
    return table


def macro(name: str, arity: int) -> Macro | None:
    """The macro that `target.name(…)` with `arity` arguments is, if any."""
    return MACROS.get((name, arity))


_MODULES: Final[dict[str, str]] = {
    "operators": "_+_ _-_ _*_ _/_ _%_ -_",
    "standard": (
        "bool int uint double string bytes timestamp duration date dyn type size contains "
        "startsWith endsWith matches getFullYear getMonth getDate getDayOfMonth getDayOfWeek "
        "getDayOfYear getHours getMinutes getSeconds getMilliseconds"
    ),
    "strings": "charAt lowerAscii upperAscii replace split substring trim join format strings.quote",
    "math": (
        "math.greatest math.least math.ceil math.floor math.round math.trunc math.abs "
        "math.sign math.sqrt math.isNaN math.isInf math.isFinite math.bitAnd math.bitOr "
        "math.bitXor math.bitNot math.bitShiftLeft math.bitShiftRight"
    ),
    "lists": (
        "distinct sort flatten slice reverse first last lists.range sum min max isSorted indexOf lastIndexOf"
    ),
    "optionals": (
        "optional.of optional.none optional.ofNonZeroValue hasValue value or orValue "
        "optional.unwrap unwrapOpt"
    ),
    "policy": (
        "asName looksLike mentions tells days hours minutes within dayOf stated percent total median "
        "percentile money amount"
    ),
    "calendars": "interval isOpen closed uncovered elapsed withinWorkingDays",
}
"""Which functions each module under `functions/` declares; a test compares it with the modules."""

INDEX: Final[dict[str, str]] = {name: module for module, names in _MODULES.items() for name in names.split()}


def function(name: str) -> Function | None:
    """The function of this name (`size`, `math.least`, `_+_`), its module imported if need be."""
    module = INDEX.get(name)
    if module is None:
        return None
    found: dict[str, Function] = _loaded(module)
    return found.get(name)


def is_function(name: str) -> bool:
    """Whether a name is that of a function or macro of the language."""
    return name in INDEX or name == "has" or any(name == taken for taken, _ in MACROS)


_LOADED: dict[str, dict[str, Function]] = {}


def _loaded(module: str) -> dict[str, Function]:
    table = _LOADED.get(module)
    if table is None:
        functions: tuple[Function, ...] = import_module(f"policyscan.cel.functions.{module}").FUNCTIONS
        table = _LOADED[module] = {f.name: f for f in functions}
    return table


def functions() -> list[Function]:
    """Every function of every module, by module and in the module's order: for documentation."""
    return [f for module in _MODULES for f in _loaded(module).values()]
