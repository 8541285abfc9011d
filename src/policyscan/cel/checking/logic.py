"""`&&`, `||`, `!` and the conditional.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from policyscan.cel import ir
from policyscan.cel.ast import Call
from policyscan.cel.checking import comparison
from policyscan.cel.checking.messages import an
from policyscan.cel.checking.state import Checker
from policyscan.cel.ir import Out
from policyscan.cel.relations import join
from policyscan.cel.types import BOOL, DYN, Nullable


def logic(c: Checker, node: Call) -> Out:
    """`&&` and `||`; the right side knows what the left one says about nulls."""
    conjunction = node.function == "_&&_"
    left = c.expr(node.args[0])
    right = c.with_facts(c.facts(node.args[0], conjunction), node.args[1])
    first, second = c.condition(node.args[0], left), c.condition(node.args[1], right)
    kind = ir.And if conjunction else ir.Or
    return Out(kind(node.start, node.end, first, second), BOOL)


def negation(c: Checker, node: Call) -> Out:
    """`!x`."""
    arg = node.args[0]
    if c.strict and isinstance(arg, Call):
        _negated_equality(c, arg)
    out = c.expr(arg)
    return Out(ir.Not(node.start, node.end, c.condition(arg, out)), BOOL)


def _negated_equality(c: Checker, node: Call) -> None:
    """`!(x == 1)` says as much about a null as `x != 1`."""
    if node.function in {"_==_", "@in"} and node.target is None:
        left, right = c.quiet(node.args[0]), c.quiet(node.args[1])
        if node.function == "_==_":
            comparison.guard_nullable(c, node, left, right)
        elif isinstance(left.type, Nullable):
            c.null_problem(node, node.args[0])


def conditional(c: Checker, node: Call) -> Out:
    """`condition ? yes : no`; each side knows what the condition says about nulls."""
    test, yes_node, no_node = node.args
    condition = c.condition(test, c.expr(test))
    yes = c.with_facts(c.facts(test, True), yes_node)
    no = c.with_facts(c.facts(test, False), no_node)
    moves = yes.moves
    if yes.moves != no.moves:
        moves = ""
        c.error(node, "one side follows the clock and the other does not", "compare on each side instead")
    t = join(yes.type, no.type)
    if c.strict and t == DYN and DYN not in (yes.type, no.type):
        return c.error(node, f"the two sides are {an(yes.type)} and {an(no.type)}")
    return Out(ir.Cond(node.start, node.end, condition, yes.ir, no.ir), t, moves)
