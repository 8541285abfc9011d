"""The functions of policies that the language does not have: whoever evaluates a policy answers them.

In: nothing. Out: their declarations, for the environments of policies.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import HostFunction
from policyscan.cel.types import BOOL, STRING, Enum, Field, List, ObjectType

_STATUS: Final = Enum("status", ("pass", "warning", "fail", "unknown", "not_applicable", "error"))
_GRADE: Final = Enum("evidence grade", ("declared", "document", "tool_export", "tested"), ordered=True)

_CLASH: Final = ObjectType(
    "contradiction",
    {
        "key": Field(STRING, "what names it among others", optional=False),
        "says": Field(STRING, "both sides in a sentence", optional=False),
        "holds": Field(BOOL, "false", optional=False),
        "dates": Field(List(STRING), "the paths of the dates that contradict something", optional=False),
    },
    key=("key",),
)

CONTROLS: Final = (
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
DATES: Final = (
    HostFunction(
        "disordered",
        (),
        List(_CLASH),
        "The pairs of dates of the inventory of which the one that comes second is earlier, as its kind's"
        " `x-orders` say. For rules of consistency: `disputes: [clash.dates]` puts both dates in dispute.",
        ("true || size(disordered()) > 0",),
    ),
    HostFunction(
        "unshown",
        (),
        List(_CLASH),
        "The items of evidence of the inventory that were collected before something that they are to show: a"
        " date marked `x-past`, on a later day than that of the newest evidence for its part or record."
        " For rules of consistency: `disputes: [clash.dates]` puts these dates in dispute.",
        ("true || size(unshown()) > 0",),
    ),
    HostFunction(
        "miscited",
        (),
        List(_CLASH),
        "The records of the inventory that name evidence which covers other parts only. For rules of"
        " consistency: `disputes: [clash.dates]` puts what they name in dispute.",
        ("true || size(miscited()) > 0",),
    ),
)
FUNCTIONS: Final = (*CONTROLS, *DATES)
NAMES: Final = frozenset(function.name for function in FUNCTIONS)
CLASHES: Final = frozenset(function.name for function in DATES)
