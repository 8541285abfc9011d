"""Microsoft Graph: the accounts, and with which second factors they are registered.

In: the answer of `/reports/authenticationMethods/userRegistrationDetails`, also by PowerShell. Out: accounts,
and whether they may administer. Registered is not enforced: only that nothing is registered tells of a
second factor, that there is none.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.graph import read_graph
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ColumnOf, ExportTable


def _left(row: RowDict, _: Setting) -> str:
    return "a guest from elsewhere" if str(row.get("userType")).lower() == "guest" else ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    registered = yes_no(row.get("isMfaRegistered"), setting)
    methods = row.get("methodsRegistered")
    found: dict[str, Any] = {"mfa": False} if registered is False else {}
    if methods.__class__ is list and methods:
        found["x-methods"] = [str(method) for method in methods]
    return found


TABLE = ExportTable(
    section="accounts",
    marker="x-entra",
    needs=("userPrincipalName", "isMfaRegistered", "methodsRegistered"),
    known_by=(
        ColumnOf("id", "x-entra"),
        ColumnOf("userPrincipalName", "x-login"),
        ColumnOf("userPrincipalName", "id"),
    ),
    columns=(ColumnOf("isAdmin", "admin", yes_no), ColumnOf("userPrincipalName", "x-login")),
    called=("userPrincipalName", "id"),
    address="userPrincipalName",
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="Microsoft Entra ID (Graph)",
    asks="JSON of /v1.0/reports/authenticationMethods/userRegistrationDetails, all pages",
    read=read_graph(TABLE, "list of registrations of Microsoft Graph"),
)
