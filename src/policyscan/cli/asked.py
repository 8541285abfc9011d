"""What the options of a command line ask of a scan, for every command that scans.

In: the options by name, as click gives them. Out: `ScanOptions`; what a command has no option for is as if it
had not been said.
"""

from __future__ import annotations

from typing import Any

from policyscan.cli.options import ids_in
from policyscan.findings import Severity
from policyscan.session.options import Inputs, ScanOptions


def asked_of(given: dict[str, Any], stdin: bytes | None = None) -> ScanOptions:
    """What is asked for; `stdin` is what was read of standard input. Raises UsageError for empty ids."""
    get = given.get
    return ScanOptions(
        Inputs(get("paths", ()), given["config"], stdin, get("stdin_filename"), given["as_of"]),
        folders=given["folders"],
        cache=given["cache"],
        profile=given["profile"],
        select=ids_in(given["select"]),
        ignore=ids_in(given["ignore"]),
        companions=given["companions"],
        clients=ids_in(get("clients", ())),
        fail_on=Severity(given["fail_on"]) if get("fail_on") else None,
        fail_on_due=get("fail_on_due", False),
        exit_zero=get("exit_zero", False),
        allow_unknown=get("allow_unknown", False),
        outputs=tuple(path for _, path in get("outputs", ())),
    )
