"""KnowBe4: who took which course, as its API gives it.

In: the answer of `/v1/training/enrollments`. Out: training. That somebody acknowledged an uploaded policy is
no course, and whoever was exempted has not taken one. What a course is about it does not say.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import NOT_TOLD, Setting, UnclearCell, clear, day
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable, Person, value_at

_TAKEN = frozenset(("passed", "completed"))
_NOT_TAKEN = frozenset(("not started", "in progress", "past due"))


def _left(row: RowDict, _: Setting) -> str:
    if row.get("content_type") == "Uploaded Policy":
        return "it is the acknowledgement of a policy, and no course"
    if not isinstance(row.get("content_type"), str) or not row["content_type"]:
        return "it does not say whether it is a course, or the acknowledgement of a policy"
    if str(row.get("status")).lower() == "exempted":
        return "exempted from the course, which is not the same as having taken it"
    if not value_at(row, "user.email"):
        return "it does not say whose it is"
    return ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    user = row["user"]
    name = " ".join(str(part) for part in (user.get("first_name"), user.get("last_name")) if part)
    return {
        "person": Person(str(user["email"]), name),
        "completed_on": _completed(row, setting),
    }


def _completed(row: RowDict, setting: Setting) -> Any:
    status = str(row.get("status")).lower()
    if status in _NOT_TAKEN:
        return None
    if status not in _TAKEN:
        return UnclearCell(f"what the status {row.get('status')!r} means is not known")
    found = clear(lambda: day(row.get("completion_date"), setting))
    return NOT_TOLD if found is None else found


TABLE = ExportTable(
    section="training",
    marker="x-knowbe4",
    needs=("enrollment_id", "module_name", "user"),
    known_by=(ColumnOf("enrollment_id", "x-knowbe4"),),
    columns=(ColumnOf("module_name", "course"),),
    called=("user.email", "enrollment_id"),
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="KnowBe4",
    asks="JSON of /v1/training/enrollments",
    read=read_rows(TABLE, "list of enrollments of KnowBe4"),
)
