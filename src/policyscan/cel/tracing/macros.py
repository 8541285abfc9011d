"""The tracer's macros: each goes through a list or map and keeps what decided it.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policyscan.cel import budget, ir, runtime
from policyscan.cel.costs import keys_of, stays, weight_of
from policyscan.cel.equality import map_key
from policyscan.cel.errors import Absent, EvalError, worse
from policyscan.cel.lookup import FEW, Element, KeyedList, ToVisit, find, peek
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame, Meta, present
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.tracing.script import Failures, Script

_MOST_KEPT: Final = 5000
"""Nodes in a trace; when there are as many, further turns of macros leave none."""


Visit: TypeAlias = Callable[[Frame, Any], bool]
"""Looks at one element, with the names set; true to go no further."""
Failing: TypeAlias = "Callable[[Failures], None]"
"""Takes elements that are not visited as the same ones have failed before."""
Turns: TypeAlias = "Callable[[Frame, Visit, Failing], ToVisit | None]"
"""Goes through a macro's target, and gives what told of elements that were passed over, if any were."""


class _Tally(NamedTuple):
    """The elements that pass a test, the others, for how many of these it cannot be told, and why."""

    hits: list[Any]
    others: list[Any]
    unsure: int
    error: EvalError | None


def _macro(t: Builder, node: ir.Loop) -> Run:
    return _LOOPS[node.name](t, node)


def _turns(t: Builder, node: ir.Loop) -> Turns:
    """Goes through a macro's target."""
    target, kind, slots = t.build(node.target), node.kind, node.slots
    numbers = [t.slot(slot) for slot in slots]
    through = _through(kind, len(slots), t.strict)
    meta = Meta(node.start, node.end, t.source, slots[-1].partition("#")[0])

    weight, charged, search = weight_of(node), node.heavy, _search(t, node)
    script_of = _script(t, node, numbers[-1]) if search is not None else None

    def run(frame: Frame, visit: Visit, failed: Failing) -> ToVisit | None:
        items = target(frame)
        items = through(present(frame, items) if t.strict else items)
        found = search(frame, items) if search is not None else None
        nested = frame.loops
        if found is not None:
            script = script_of(found) if script_of is not None else None
            visited = found.elements() if script is None else list(found.found.items())
            items = _seen(frame, found, visited) if script is None else script.seen(frame, found, failed)
            count = len(visited)
        else:
            items = list(items) if type(items) is not list else items
            count = len(items)
        if nested or charged or count > budget.LONG_LIST or not t.strict:
            budget.spend(count * weight + 1)
        frame.loops = nested + 1
        values, log = frame.slots, frame.log
        try:
            for element in items:
                if len(numbers) == 1:
                    values[numbers[0]] = element
                else:
                    values[numbers[0]], values[numbers[1]] = element
                start = len(log)
                done = visit(frame, element)
                if start > _MOST_KEPT:
                    del log[start:]
                else:
                    log.append((meta, values[numbers[-1]], start))
                if done:
                    break
        finally:
            frame.loops = nested
        return found

    return run


def _script(t: Builder, node: ir.Loop, number: int) -> Callable[[ToVisit], Script | None] | None:
    """What gives the script of a loop whose test stays the same for most elements, where it will be played
    often enough; a tree of every turn is made without."""
    if t.tree or not stays(node):
        return None
    test, kept = _part(t, node, 0, node.flag), object()

    def once(frame: Frame, element: Any) -> None:
        frame.slots[number] = element
        test(frame)

    def script_of(found: ToVisit) -> Script | None:
        if not budget.is_lasting():
            return None
        known = budget.indexes()
        key = id(found.items), kept
        if key not in known:
            known[key] = None  # a list that is gone through once needs none
            return None
        if known[key] is None:
            from policyscan.cel.tracing.script import Script  # most scans play none

            known[key] = Script(found, once)
        script: Script = known[key]
        return script

    return script_of


def _search(t: Builder, node: ir.Loop) -> Callable[[Frame, Any], ToVisit | None] | None:
    """What finds the elements of a loop with keys."""
    keys = keys_of(node) if t.strict else ()
    if not keys:
        return None
    sought = [(key.field, key.how, _sought(t, key.value)) for key in keys]

    def run(frame: Frame, items: Any) -> ToVisit | None:
        if type(items) is not list or len(items) < FEW:
            return None
        return find(items, [(field, how, value(frame)) for field, how, value in sought])

    return run


def _sought(t: Builder, node: ir.Node) -> Run:
    """The value that elements are found by, which is no reason to fail."""
    inner = t.silent(node.operand if isinstance(node, ir.Select) else node)
    field = node.field if isinstance(node, ir.Select) else None

    def run(frame: Frame) -> Any:
        try:
            value = inner(frame)
        except EvalError as error:
            return runtime.untold(error)
        return value if field is None else peek(value, field)

    return run


def _seen(frame: Frame, found: ToVisit, visited: list[Element]) -> Iterator[Any]:
    """The elements to visit; notes what those passed over would have been read for, once in a run."""
    tables = [table for field, table in found.tables if field is not None]
    size = len(tables[0].items) if tables else 0
    for number, element in visited:
        _pass_by(frame, tables, number, 1)
        yield element
    _pass_by(frame, tables, size, 0)


def _pass_by(frame: Frame, tables: list[KeyedList], number: int, visited: int) -> None:
    """Notes what the elements before a position would have been read for, unless it has been noted."""
    for table in tables:
        done = frame.passed.get(id(table), 0)
        if number > done:
            frame.reads += table.reads[done:number]
        if number + visited > done:
            frame.passed[id(table)] = number + visited


def _part(t: Builder, node: ir.Loop, number: int, flag: str = "") -> Run:
    """A macro's argument, evaluated for each element."""
    return t.condition(node.parts[number], flag)


def _quantifier(t: Builder, node: ir.Loop, *, decided: bool) -> Run:
    before = t.names
    turns = _turns(t, node)
    test = _part(t, node, 0, node.flag)
    t.names = before
    single = len(node.slots) == 1

    def run(frame: Frame) -> Any:
        error: EvalError | None = None
        unsure: list[Any] = []
        found: list[Any] = []

        def visit(frame: Frame, element: Any) -> bool:
            nonlocal error
            try:
                if test(frame) is not decided:
                    return False
            except EvalError as failed:
                error = worse(error, failed)
                unsure.append(element if single else element[1])
                return False
            found.append(element if single else element[1])
            return True

        def failing(failed: Failures) -> None:
            nonlocal error
            error = worse(error, failed.error)
            unsure.extend(failed.elements)

        turns(frame, visit, failing)
        if found:
            witness(frame, found)
            return decided
        if error is not None:
            witness(frame, unsure)
            raise error
        return not decided

    return run


def tally(t: Builder, node: ir.Loop) -> Callable[[Frame], _Tally]:
    """Counts the hits of a macro's test and the elements for which it cannot be told."""
    before = t.names
    turns = _turns(t, node)
    test = _part(t, node, -1, node.flag)
    t.names = before

    def run(frame: Frame) -> _Tally:
        hits: list[Any] = []
        others: list[Any] = []
        unsure = 0
        error: EvalError | None = None

        def visit(frame: Frame, element: Any) -> bool:
            nonlocal unsure, error
            try:
                (hits if test(frame) else others).append(element)
            except EvalError as failed:
                others.append(element)
                failed.__traceback__ = None
                if not isinstance(failed, Absent):
                    unsure += 1
                    error = worse(error, failed)
            return False

        def failing(failed: Failures) -> None:
            nonlocal unsure, error
            unsure += failed.unsure
            if failed.unsure:
                error = worse(error, failed.error)

        found = turns(frame, visit, failing)
        if found is not None:
            others = _others(found, hits)
        frame.hits, frame.n = len(hits), len(hits) + len(others)
        return _Tally(hits, others, unsure, error)

    return run


def _others(found: ToVisit, hits: list[Any]) -> list[Any]:
    """The elements of a list that are no hits, those that were passed over too."""
    known = set(map(id, hits))
    others, start = [], 0
    for number in sorted(number for number, one in found.found.items() if id(one) in known):
        others += found.items[start:number]
        start = number + 1
    return others + found.items[start:]


def _collecting(
    t: Builder, node: ir.Loop, start: Callable[[], Any], add: Callable[[Any, Any, Any], None]
) -> Run:
    """A macro that makes something of every element; the worst of their errors wins."""
    before = t.names
    turns = _turns(t, node)
    where = _part(t, node, 0, node.flag) if len(node.parts) > 1 else None
    value = _part(t, node, -1, node.flag if node.name in {"filter", "exists_one"} else "")
    t.names = before
    shown, heavy = node.name == "filter", node.heavy

    def run(frame: Frame) -> Any:
        made = start()
        error: EvalError | None = None

        def visit(frame: Frame, element: Any) -> bool:
            nonlocal error
            try:
                if where is None or where(frame):
                    found = value(frame)
                    if heavy:
                        budget.spend(runtime.weight(found))
                    add(made, element, found)
            except EvalError as failed:
                error = worse(error, failed)
                if shown:
                    witness(frame, [element])
            return False

        def failing(failed: Failures) -> None:
            nonlocal error
            error = worse(error, failed.error)

        turns(frame, visit, failing)
        if error is not None:
            raise error
        if shown:
            witness(frame, made)
        return made

    return run


def _all(t: Builder, node: ir.Loop) -> Run:
    return _quantifier(t, node, decided=False)


def _exists(t: Builder, node: ir.Loop) -> Run:
    return _quantifier(t, node, decided=True)


def _exists_one(t: Builder, node: ir.Loop) -> Run:
    run = _collecting(t, node, list, _add_element)
    return lambda frame: len(run(frame)) == 1


def _filter(t: Builder, node: ir.Loop) -> Run:
    return _collecting(t, node, list, _add_element)


def _made_list(t: Builder, node: ir.Loop) -> Run:
    return _collecting(t, node, list, lambda made, _element, value: made.append(value))


def _tmap(t: Builder, node: ir.Loop) -> Run:
    return _collecting(t, node, dict, lambda made, element, value: runtime.put(made, element[0], value))


def _tmapentry(t: Builder, node: ir.Loop) -> Run:
    return _collecting(t, node, dict, lambda made, _element, value: runtime.merge(made, value))


def _group(t: Builder, node: ir.Loop) -> Run:
    def add(made: Any, element: Any, value: Any) -> None:
        made.setdefault(map_key(value), []).append(element)

    return _collecting(t, node, dict, add)


def _keyed(t: Builder, node: ir.Loop) -> Run:
    def add(made: Any, element: Any, value: Any) -> None:
        made.append((element, runtime.sort_key(value)))

    return _collecting(t, node, list, add)


def _sort(t: Builder, node: ir.Loop) -> Run:
    run = _keyed(t, node)

    def sort(frame: Frame) -> Any:
        made = run(frame)
        return runtime.by_order([element for element, _ in made], [key for _, key in made])

    return sort


def _extreme(t: Builder, node: ir.Loop) -> Run:
    run, pick = _keyed(t, node), max if node.name == "maxBy" else min

    def choose(frame: Frame) -> Any:
        made = run(frame)
        if not made:
            runtime.no_elements(node.name)
        keys = [key for _, key in made]
        runtime.check_comparable(keys)
        return made[keys.index(pick(keys))][0]

    return choose


def _find(t: Builder, node: ir.Loop) -> Run:
    before = t.names
    turns = _turns(t, node)
    test = _part(t, node, 0, node.flag)
    t.names = before

    def run(frame: Frame) -> Any:
        error: EvalError | None = None
        found: list[Any] = []

        def visit(frame: Frame, element: Any) -> bool:
            nonlocal error
            try:
                if not test(frame):
                    return False
            except EvalError as failed:
                error = worse(error, failed)
                return False
            found.append(element)
            return True

        def failing(failed: Failures) -> None:
            nonlocal error
            error = worse(error, failed.error)

        turns(frame, visit, failing)
        if error is not None:
            raise error
        if not found:
            runtime.no_elements("find")
        return found[0]

    return run


def _count(t: Builder, node: ir.Loop) -> Run:
    count = tally(t, node)

    def run(frame: Frame) -> Any:
        hits, others, _, error = count(frame)
        witness(frame, others)
        if error is not None:
            raise error
        return len(hits)

    return run


def _at_least(t: Builder, node: ir.Loop) -> Run:
    share = t.build(node.parts[0])
    count = tally(t, node)

    def run(frame: Frame) -> Any:
        wanted = share(frame)
        hits, others, unsure, error = count(frame)
        witness(frame, others)
        return runtime.at_least(wanted, len(hits), unsure, len(hits) + len(others), error)

    return run


_LOOPS: Final[dict[str, Build]] = {
    "all": _all,
    "exists": _exists,
    "exists_one": _exists_one,
    "filter": _filter,
    "map": _made_list,
    "tlist": _made_list,
    "tmap": _tmap,
    "tmapentry": _tmapentry,
    "sortBy": _sort,
    "maxBy": _extreme,
    "minBy": _extreme,
    "groupBy": _group,
    "find": _find,
    "count": _count,
    "atLeast": _at_least,
}


def _add_element(made: list[Any], element: Any, value: Any) -> None:
    if value:
        made.append(element)


def witness(frame: Frame, elements: list[Any]) -> None:
    """Keeps what decided a macro, unless it is part of another one."""
    if not frame.loops:
        frame.witnesses.extend(elements)


def _through(kind: str, count: int, strict: bool) -> Callable[[Any], Any]:
    if kind == "list" and strict:
        return enumerate if count > 1 else _itself
    if strict:
        return runtime.entries if count == 1 else runtime.pairs
    return runtime.entries_core if count == 1 else runtime.pairs_core


def _itself(items: Any) -> Any:
    return items


BUILDERS: Final[dict[type[ir.Node], Build]] = {ir.Loop: _macro}
