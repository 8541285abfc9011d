"""The compiler's macros: each becomes a Python loop, or two.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from policyscan.cel import ir
from policyscan.cel.budget import LONG_LIST
from policyscan.cel.compiling.writer import Write, Writer
from policyscan.cel.costs import Key, keys_of, test_of, weight_of
from policyscan.cel.lookup import FEW


def _macro(g: Writer, node: ir.Loop) -> str:
    return _MACROS[node.name](g, node)


@contextmanager
def _loop(g: Writer, node: ir.Loop, before: Sequence[str] = ()) -> Iterator[str]:
    """The head of the loop over a macro's target, with its names known within. Gives what holds the elements
    that are visited if some of these may stand for others, else nothing."""
    kind, slots = node.kind, node.slots
    items = g.gen(node.target)
    for line in before:
        g.emit(line)
    variables = [g.new("b") for _ in slots]
    weight = weight_of(node)
    keys = keys_of(node) if g.strict else ()
    if keys:
        items = _found(g, node, g.atom(items), keys)
    if g.loops or node.heavy:
        items = g.atom(_through(g, items, kind, len(slots), sized=True))
        times = f" * {weight}" if weight > 1 else ""
        g.emit(f"budget -= len({items}){times} + 1")
        g.emit("if budget < 0: over_budget()")
        g.budget = True
        head = items
    else:
        items = g.atom(items)
        head = _through(g, items, kind, len(slots), sized=False)
        if kind == "list" and g.strict:
            g.emit(f"if len({items}) > {LONG_LIST}: turns(len({items}), {weight})")
        else:
            head = g.atom(f"list({head})")
            g.emit(f"turns(len({head}), {weight})")
    g.emit(f"for {', '.join(variables)} in {head}:")
    names = g.names
    g.names = {**names, **dict(zip(slots, variables, strict=True))}
    g.loops += 1
    g.blocks += 1
    with g.block():
        yield items if keys and test_of(node) is not None else ""
    g.loops -= 1
    g.blocks -= 1
    g.names = names


def _found(g: Writer, node: ir.Loop, items: str, keys: Sequence[Key]) -> str:
    """The elements that a loop with keys has to visit: all of a short list."""
    found = g.new()
    g.emit(f"{found} = {items}")
    g.emit(f"if len({items}) >= {FEW}:")
    with g.block():
        sought = ", ".join(f"({key.field!r}, {key.how!r}, {_sought(g, key.value)})" for key in keys)
        test = test_of(node)
        if test is None:
            g.emit(f"{found} = keyed({items}, {sought})")
        else:
            searched = g.new()
            g.emit(f"{searched} = search({test!r}, {items}, {sought})")
            _learn(g, node, searched)
            g.emit(f"{found} = visits({searched}, {items})")
    return found


def _learn(g: Writer, node: ir.Loop, searched: str) -> None:
    """Tries the test of a loop once for each element that lacks a key."""
    number, variable, caught = g.new("n"), g.new("b"), g.new("x")
    g.emit(f"for {number}, {variable} in untried({searched}):")
    names = g.names
    g.names = {**names, node.slots[0]: variable}
    g.loops += 1
    g.blocks += 2
    with g.block():
        g.emit("try:")
        with g.block():
            g.emit(g.condition(node.parts[0], node.flag))
        g.emit(f"except ERRORS as {caught}: {searched}.lacking.learn({number}, rank_of({caught}))")
        g.emit(f"else: {searched}.lacking.learn({number}, 0)")
    g.blocks -= 2
    g.loops -= 1
    g.names = names


def _sought(g: Writer, node: ir.Node) -> str:
    """The value that elements are found by, which is no reason to fail."""
    holder = node.operand if isinstance(node, ir.Select) else node
    name, caught = g.new(), g.new("x")
    g.emit("try:")
    g.blocks += 1
    with g.block():
        g.emit(f"{name} = {g.gen(holder)}")
    g.blocks -= 1
    g.emit(f"except ERRORS as {caught}: {name} = untold({caught})")
    return f"peek({name}, {node.field!r})" if isinstance(node, ir.Select) else name


def _through(g: Writer, items: str, kind: str, count: int, *, sized: bool) -> str:
    if kind == "list" and g.strict:
        if count == 1:
            return items
        return f"list(enumerate({items}))" if sized else f"enumerate({items})"
    suffix = "" if g.strict else "_core"
    if count == 1:
        return f"entries{suffix}({items})"
    return f"list(pairs{suffix}({items}))" if sized else f"pairs{suffix}({items})"


def _all(g: Writer, node: ir.Loop) -> str:
    return _quantifier(g, node, stop="not ", found="False", otherwise="True")


def _exists(g: Writer, node: ir.Loop) -> str:
    return _quantifier(g, node, stop="", found="True", otherwise="False")


def _quantifier(g: Writer, node: ir.Loop, stop: str, found: str, otherwise: str) -> str:
    value = g.new("v")
    part, flag = node.parts[0], node.flag
    risky = bool(g.raises(part)) or bool(flag)
    error = g.new("e") if risky else ""
    before = [f"{value} = {otherwise}"]
    if risky:
        before.append(f"{error} = None")
    with _loop(g, node, before):
        if risky:
            g.emit("try:")
            g.blocks += 1
            g.indent += 1
            g.known.append({})
        test = g.condition(part, flag)
        g.emit(f"if {stop}{test}:")
        g.emit(f" {value} = {found}")
        g.emit(" break")
        if risky:
            g.known.pop()
            g.indent -= 1
            g.blocks -= 1
            caught = g.new("x")
            g.emit(f"except ERRORS as {caught}: {error} = worst({error}, {caught})")
    if risky:
        g.emit("else:")
        g.emit(f" if {error} is not None: raise {error}")
    return value


def _collecting(g: Writer, node: ir.Loop, made: str, result: str, body: Callable[[], None]) -> None:
    """A loop that visits every element, and then raises the worst of their errors."""
    risky = any(g.raises(part) for part in node.parts) or bool(node.flag)
    error = g.new("e")
    with _loop(g, node, [f"{result} = {made}", *([f"{error} = None"] if risky else [])]):
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


def _where(g: Writer, node: ir.Loop) -> str:
    """Emits the test of a macro with a filter as an `if`; what it prefixes the next line with."""
    if len(node.parts) == 1:
        return ""
    test = g.condition(node.parts[0], node.flag)
    return f"if {test}:"


def _element(g: Writer, node: ir.Loop) -> str:
    return g.names[node.slots[0]]


def _filter(g: Writer, node: ir.Loop) -> str:
    result = g.new("v")

    def body() -> None:
        test = g.condition(node.parts[0], node.flag)
        g.emit(f"if {test}: {result}.append({_element(g, node)})")

    _collecting(g, node, "[]", result, body)
    return result


def _made(g: Writer, node: ir.Loop, made: str, add: Callable[[str, str], str]) -> str:
    result = g.new("v")

    def body() -> None:
        where = _where(g, node)
        if where:
            g.emit(where)
        with g.block() if where else nullcontext():
            value = g.gen(node.parts[-1])
            if node.heavy:
                value = g.atom(value)
                g.emit(f"budget -= weight({value})")
                g.emit("if budget < 0: over_budget()")
                g.budget = True
            g.emit(add(result, value))

    _collecting(g, node, made, result, body)
    return result


def _map(g: Writer, node: ir.Loop) -> str:
    return _made(g, node, "[]", lambda result, value: f"{result}.append({value})")


def _tmap(g: Writer, node: ir.Loop) -> str:
    return _made(g, node, "{}", lambda result, value: f"put({result}, {_element(g, node)}, {value})")


def _tmapentry(g: Writer, node: ir.Loop) -> str:
    return _made(g, node, "{}", lambda result, value: f"merge({result}, {value})")


def _exists_one(g: Writer, node: ir.Loop) -> str:
    hits = g.new("n")

    def body() -> None:
        g.emit(f"if {g.condition(node.parts[0], node.flag)}: {hits} += 1")

    _collecting(g, node, "0", hits, body)
    return f"({hits} == 1)"


def _group_by(g: Writer, node: ir.Loop) -> str:
    return _made(
        g,
        node,
        "{}",
        lambda result, value: f"{result}.setdefault(map_key({value}), []).append({_element(g, node)})",
    )


def _sort_by(g: Writer, node: ir.Loop) -> str:
    elements = g.new("l")
    keys = _keyed(g, node, elements)
    return f"by_order({elements}, {keys})"


def _keyed(g: Writer, node: ir.Loop, elements: str) -> str:
    keys = g.new("v")

    def body() -> None:
        g.emit(f"{keys}.append(sort_key({_ranked(g, node)}))")
        g.emit(f"{elements}.append({_element(g, node)})")

    g.emit(f"{elements} = []")
    _collecting(g, node, "[]", keys, body)
    return keys


def _ranked(g: Writer, node: ir.Loop) -> str:
    return g.gen(node.parts[0])


def _max_by(g: Writer, node: ir.Loop) -> str:
    return _extreme(g, node, "max")


def _min_by(g: Writer, node: ir.Loop) -> str:
    return _extreme(g, node, "min")


def _extreme(g: Writer, node: ir.Loop, which: str) -> str:
    elements = g.new("l")
    keys = _keyed(g, node, elements)
    g.emit(f"if not {keys}: no_elements({node.name!r})")
    g.emit(f"check_comparable({keys})")
    return f"{elements}[{keys}.index({which}({keys}))]"


def _find(g: Writer, node: ir.Loop) -> str:
    result, error = g.new("v"), g.new("e")
    part, flag = node.parts[0], node.flag
    test = g.new()
    with _loop(g, node, [f"{error} = None"]):
        # The first match counts only if nothing before it is unknown.
        g.tried(part, test, error, otherwise="continue", flag=flag)
        g.emit(f"if {test}:")
        g.emit(f" {result} = {_element(g, node)}")
        g.emit(" break")
    g.emit("else:")
    g.emit(f" if {error} is None: no_elements('find')")
    g.emit(f"if {error} is not None: raise {error}")
    return result


def tally(g: Writer, node: ir.Loop) -> tuple[str, str, str, str]:
    """Counts hits and elements that cannot be told, and keeps their worst error and the size."""
    hits, unsure, error, size, test = (g.new("n") for _ in range(5))
    part, flag = node.parts[-1], node.flag
    before = [f"{hits} = {unsure} = {size} = 0", f"{error} = None"]
    with _loop(g, node, before) as items:
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
    if items:
        g.emit(f"{unsure} += unseen({items})")
    return hits, unsure, error, size


def _count(g: Writer, node: ir.Loop) -> str:
    hits, _, error, _ = tally(g, node)
    g.emit(f"if {error} is not None: raise {error}")
    return hits


def _at_least(g: Writer, node: ir.Loop) -> str:
    share = g.atom(g.gen(node.parts[0]))
    hits, unsure, error, size = tally(g, node)
    return f"at_least({share}, {hits}, {unsure}, {size}, {error})"


_MACROS: Final[dict[str, Write]] = {
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
WRITERS: Final[dict[type[ir.Node], Write]] = {ir.Loop: _macro}
