"""The expression language: CEL with types, a clock, two kinds of nothing, and a trace.

In: the source of an expression and the types of what it may name. Out: a checked expression, which can be
compiled to a function, traced and kept; every mistake with its offset and a hint.

    env = Env(variables={"client": client_type}, constants={"limit": (DURATION, Duration.parse("14d"))})
    checked = env.check('today - client.patched_on <= limit')
    program = checked.compile(("client",))
    program(clock, client)          # True, False, or raises Missing, Absent or Fault
    checked.trace(clock, {"client": client}, locate).root

This package imports nothing of policyscan's other parts.
"""

from policyscan.cel import types, values
from policyscan.cel.clock import Activation, Clock
from policyscan.cel.environment import CORE, POLICY, Absence, Definition, Dialect, FieldRead, HostFunction
from policyscan.cel.errors import Absent, CelError, CelErrors, EvalError, Fault, Missing
from policyscan.cel.program import Checked, Env
from policyscan.cel.values import (
    Dangling,
    Date,
    Duration,
    Money,
    Timestamp,
    UInt,
    Unresolved,
    render,
    to_json,
)

__all__ = [
    "CORE",
    "POLICY",
    "Absence",
    "Absent",
    "Activation",
    "CelError",
    "CelErrors",
    "Checked",
    "Clock",
    "Dangling",
    "Date",
    "Definition",
    "Dialect",
    "Duration",
    "Env",
    "EvalError",
    "Fault",
    "FieldRead",
    "HostFunction",
    "Missing",
    "Money",
    "Timestamp",
    "UInt",
    "Unresolved",
    "render",
    "to_json",
    "types",
    "values",
]
