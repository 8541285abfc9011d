"""`policyscan waive`: in, what an exception says; out, the file with it in it.

How it is written, and what is looked at before, stands in `session/exceptions.py`.
"""

from __future__ import annotations

from typing import Any

import click

from policyscan.cli.options import AnyPath
from policyscan.output import show
from policyscan.session.exceptions import waive, write_new
from policyscan.session.options import Inputs, ScanOptions


@click.command("waive")
@click.argument("control")
@click.argument("where", metavar="INVENTORY[/SUBJECT]")
@click.option("--reason", required=True, metavar="TEXT", help="Why the exception is sound.")
@click.option("--requested-by", required=True, metavar="ID", help="Who asked for it.")
@click.option("--approved-by", required=True, metavar="ID", help="Who approved it, and is somebody else.")
@click.option("--approved-on", metavar="DAY", help="The day it was approved.  [default: today]")
@click.option("--expires-on", required=True, metavar="DAY", help="The last day on which it holds.")
@click.option("--requirement", metavar="ID", help="Which part of the control it is for.")
@click.option("--ticket", metavar="TEXT", help="The ticket in which it was discussed.")
@click.option("--accept", metavar="EXPRESSION", help="What is accepted; what is worse fails again.")
@click.option(
    "--file", type=AnyPath(), help="A file of waivers to write to, instead of the inventory's own file."
)
@click.option("--config", type=AnyPath(), help="Settings file instead of the nearest policyscan.yaml.")
@click.option("--policies", "folders", type=AnyPath(), multiple=True, help="A folder of your own policies.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and write nothing.")
def command(**given: Any) -> int:
    """Write an approved exception for CONTROL into an inventory, or into a file of waivers.

    It is refused if it would have no effect: no such control, requirement or inventory, approved by whoever
    asked for it, too long. Comments, order and quoting of the file stay.

    policyscan waive PATCH-02 acme/xr-01 --requirement os --reason "the vendor certifies Windows 10 only"
    --requested-by bright-harbor --approved-by p-ames --expires-on 2026-12-31

    Exit codes: 0 it was written; 2 it was not.
    """
    import datetime as dt

    today = dt.datetime.now(dt.UTC).date().isoformat()
    keys = (
        "requirement", "reason", "requested_by", "approved_by", "approved_on", "expires_on", "ticket",
        "accept",
    )  # fmt: skip
    item = {key: given[key] for key in keys}
    item |= {"policy": given["control"], "approved_on": given["approved_on"] or today}
    options = ScanOptions(Inputs((), given["config"]), folders=given["folders"])
    change, text = waive(item, given["where"], options, given["file"])
    show(*(change.lines() if change is not None else [f"{given['file']}:", *text.splitlines()]))
    if given["dry_run"]:
        show("nothing was written: this is a dry run")
    elif change is None:
        write_new(given["file"], text)
    else:
        change.write()
    return 0
