"""The compiler's macros: each becomes a Python loop, or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policyscan.cel.compiling.compiler import Compiler
    from policyscan.cel.ir import Ir


def macro(g: Compiler, ir: Ir) -> str:
    """The Python expression for a macro, after the loop that it takes."""
    made: str = _MACROS[ir[3]](g, ir)
    return made


@contextmanager
def _loop(g: Compiler, ir: Ir, before: Sequence[str] = ()) -> Iterator[None]:
    """The head of the loop over a macro's target, with its names known within."""
    kind, slots, target = ir[4], ir[5], ir[6]
    items = g.gen(target)
    for line in before:
        g.emit(line)
    variables = [g.new("b") for _ in slots]
    if g.loops:
        items = g.atom(_through(g, items, kind, len(slots), sized=True))
        g.emit(f"budget -= len({items}) + 1")
        g.emit("if budget < 0: over_budget()")
        g.budget = True
    head = items if g.loops else _through(g, items, kind, len(slots), sized=False)
    g.emit(f"for {', '.join(variables)} in {head}:")
    names = g.names
    g.names = {**names, **dict(zip(slots, variables, strict=True))}
    g.loops += 1
    g.blocks += 1
    with g.block():
        yield
    g.loops -= 1
    g.blocks -= 1
    g.names = names


def _through(g: Compiler, items: str, kind: str, count: int, *, sized: bool) -> str:
    if kind == "list" and g.strict:
        if count == 1:
            return items
        return f"list(enumerate({items}))" if sized else f"enumerate({items})"
    suffix = "" if g.strict else "_core"
    if count == 1:
        return f"entries{suffix}({items})"
    return f"list(pairs{suffix}({items}))" if sized else f"pairs{suffix}({items})"


def _all(g: Compiler, ir: Ir) -> str:
    return _quantifier(g, ir, stop="not ", found="False", otherwise="True")


def _exists(g: Compiler, ir: Ir) -> str:
    return _quantifier(g, ir, stop="", found="True", otherwise="False")


def _quantifier(g: Compiler, ir: Ir, stop: str, found: str, otherwise: str) -> str:
    value, test = g.new("v"), g.new()
    part, flag = ir[7][0], ir[8]
    risky = bool(g.raises(part)) or bool(flag)
    error = g.new("e") if risky else ""
    before = [f"{value} = {otherwise}"]
    if risky:
        before.append(f"{error} = None")
    with _loop(g, ir, before):
        if risky:
            g.tried(part, test, error, otherwise="continue", flag=flag)
        else:
            test = g.condition(part, flag)
        g.emit(f"if {stop}{test}:")
        g.emit(f" {value} = {found}")
        g.emit(" break")
    if risky:
        g.emit("else:")
        g.emit(f" if {error} is not None: raise {error}")
    return value


def _collecting(g: Compiler, ir: Ir, made: str, result: str, body: Any) -> None:
    """A loop that visits every element, and then raises the worst of their errors."""
    risky = any(g.raises(part) for part in ir[7]) or bool(ir[8])
    error = g.new("e")
    with _loop(g, ir, [f"{result} = {made}", *([f"{error} = None"] if risky else [])]):
        if not risky:
            body()
            return
        g.emit("try:")
        g.blocks += 1
        with g.block():
            body()
        g.blocks -= 1
        caught = g.new("x")
        g.emit(f"except ERRORS as {caught}: {error} = worst({error}, {caught})")
    if risky:
        g.emit(f"if {error} is not None: raise {error}")


def _where(g: Compiler, ir: Ir) -> str:
    """Emits the test of a macro with a filter as an `if`; what it prefixes the next line with."""
    if len(ir[7]) == 1:
        return ""
    test = g.condition(ir[7][0], ir[8])
    return f"if {test}:"


def _element(g: Compiler, ir: Ir) -> str:
    return g.names[ir[5][0]]


def _filter(g: Compiler, ir: Ir) -> str:
    result = g.new("v")

    def body() -> None:
        test = g.condition(ir[7][0], ir[8])
        g.emit(f"if {test}: {result}.append({_element(g, ir)})")

    _collecting(g, ir, "[]", result, body)
    return result


def _made(g: Compiler, ir: Ir, made: str, add: Any) -> str:
    result = g.new("v")

    def body() -> None:
        where = _where(g, ir)
        if where:
            g.emit(where)
        with g.block() if where else nullcontext():
            value = g.gen(ir[7][-1])
            if ir[9]:
                value = g.atom(value)
                g.emit(f"budget -= weight({value})")
                g.emit("if budget < 0: over_budget()")
                g.budget = True
            g.emit(add(result, value))

    _collecting(g, ir, made, result, body)
    return result


def _map(g: Compiler, ir: Ir) -> str:
    return _made(g, ir, "[]", lambda result, value: f"{result}.append({value})")


def _tmap(g: Compiler, ir: Ir) -> str:
    return _made(g, ir, "{}", lambda result, value: f"put({result}, {_element(g, ir)}, {value})")


def _tmapentry(g: Compiler, ir: Ir) -> str:
    return _made(g, ir, "{}", lambda result, value: f"merge({result}, {value})")


def _exists_one(g: Compiler, ir: Ir) -> str:
    hits = g.new("n")

    def body() -> None:
        g.emit(f"if {g.condition(ir[7][0], ir[8])}: {hits} += 1")

    _collecting(g, ir, "0", hits, body)
    return f"({hits} == 1)"


def _group_by(g: Compiler, ir: Ir) -> str:
    return _made(
        g,
        ir,
        "{}",
        lambda result, value: f"{result}.setdefault(map_key({value}), []).append({_element(g, ir)})",
    )


def _sort_by(g: Compiler, ir: Ir) -> str:
    elements = g.new("l")
    keys = _keyed(g, ir, elements)
    return f"by_order({elements}, {keys})"


def _keyed(g: Compiler, ir: Ir, elements: str) -> str:
    keys = g.new("v")

    def body() -> None:
        g.emit(f"{keys}.append(sort_key({_ranked(g, ir)}))")
        g.emit(f"{elements}.append({_element(g, ir)})")

    g.emit(f"{elements} = []")
    _collecting(g, ir, "[]", keys, body)
    return keys


def _ranked(g: Compiler, ir: Ir) -> str:
    return g.gen(ir[7][0])


def _max_by(g: Compiler, ir: Ir) -> str:
    return _extreme(g, ir, "max")


def _min_by(g: Compiler, ir: Ir) -> str:
    return _extreme(g, ir, "min")


def _extreme(g: Compiler, ir: Ir, which: str) -> str:
    elements = g.new("l")
    keys = _keyed(g, ir, elements)
    g.emit(f"if not {keys}: no_elements({ir[3]!r})")
    g.emit(f"check_sortable({keys})")
    return f"{elements}[{keys}.index({which}({keys}))]"


def _find(g: Compiler, ir: Ir) -> str:
    result, error = g.new("v"), g.new("e")
    part, flag = ir[7][0], ir[8]
    test = g.new()
    with _loop(g, ir, [f"{error} = None"]):
        # The first match counts only if nothing before it is unknown.
        g.tried(part, test, error, otherwise="continue", flag=flag)
        g.emit(f"if {test}:")
        g.emit(f" {result} = {_element(g, ir)}")
        g.emit(" break")
    g.emit("else:")
    g.emit(f" if {error} is None: no_elements('find')")
    g.emit(f"if {error} is not None: raise {error}")
    return result


def tally(g: Compiler, ir: Ir) -> tuple[str, str, str, str]:
    """Counts hits and elements that cannot be told, and keeps their worst error and the size."""
    hits, unsure, error, size, test = (g.new("n") for _ in range(5))
    part, flag = ir[7][-1], ir[8]
    before = [f"{hits} = {unsure} = {size} = 0", f"{error} = None"]
    with _loop(g, ir, before):
        g.emit(f"{size} += 1")
        g.emit("try:")
        g.blocks += 1
        with g.block():
            g.emit(f"{test} = {g.condition(part, flag)}")
        g.blocks -= 1
        caught = g.new("x")
        g.emit(f"except ERRORS as {caught}:")
        # Absent is no hit: there is nothing that could pass the test.
        g.emit(f" if not is_absent({caught}):")
        g.emit(f"  {unsure} += 1")
        g.emit(f"  {error} = worst({error}, {caught})")
        g.emit(" continue")
        g.emit(f"if {test}: {hits} += 1")
    return hits, unsure, error, size


def _count(g: Compiler, ir: Ir) -> str:
    hits, _, error, _ = tally(g, ir)
    g.emit(f"if {error} is not None: raise {error}")
    return hits


def _at_least(g: Compiler, ir: Ir) -> str:
    share = g.atom(g.gen(ir[7][0]))
    hits, unsure, error, size = tally(g, ir)
    return f"at_least({share}, {hits}, {unsure}, {size}, {error})"


_MACROS: Final[dict[str, Any]] = {
    "all": _all,
    "exists": _exists,
    "exists_one": _exists_one,
    "filter": _filter,
    "find": _find,
    "count": _count,
    "atLeast": _at_least,
    "map": _map,
    "tlist": _map,
    "tmap": _tmap,
    "tmapentry": _tmapentry,
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "maxBy": _max_by,
    "minBy": _min_by,
}
