"""The functions of policies that the language does not have: whoever evaluates a policy answers them.

In: nothing. Out: their declarations, for the environments of policies.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import HostFunction
from policyscan.cel.types import BOOL, STRING, Enum

_STATUS: Final = Enum("status", ("pass", "warning", "fail", "unknown", "not_applicable", "error"))
_GRADE: Final = Enum("evidence grade", ("declared", "document", "tool_export", "tested"), ordered=True)

FUNCTIONS: Final = (
    HostFunction(
        "passes",
        (STRING,),
        BOOL,
        "Whether another control, declared in `uses`, passes for the same inventory before waivers. What is"
        " unknown about it is unknown here.",
        ('true || passes("ACC-01")',),
    ),
    HostFunction(
        "status",
        (STRING,),
        _STATUS,
        "The status of another control, declared in `uses`, for the same inventory before waivers; what is"
        " due passes. `unknown` is a status like any other here.",
        ('true || status("ACC-01") == "pass"',),
        absence=True,
    ),
    HostFunction(
        "grade",
        (STRING,),
        _GRADE,
        "The grade of the evidence that another control, declared in `uses`, rests on: the weakest of what it"
        " reads. Missing where the control is unknown, absent where it does not apply.",
        ('true || grade("ACC-01") > "declared"',),
    ),
)
NAMES: Final = frozenset(function.name for function in FUNCTIONS)
