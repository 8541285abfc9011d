"""`policyscan diff`: in, two states of inventories; out, what changed from one to the other, and the code.

How states are evaluated and compared stands in `session/comparing.py`.
"""

from __future__ import annotations

from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import AS_OF, POLICY_OPTIONS, AnyPath, add_options, format_option, ids_in
from policyscan.errors import UsageError
from policyscan.findings import Severity
from policyscan.output import put, show
from policyscan.session.comparing import compared


@click.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@add_options(POLICY_OPTIONS)
@click.option("--config", type=AnyPath(), help="Settings file instead of the nearest policyscan.yaml.")
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Tell of this inventory only. Repeatable."
)
@click.option(
    "--allow-silent",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Let this control, inventory or INVENTORY/CONTROL be evaluated no more. Repeatable.",
)
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Lowest severity that makes the exit code 1 or 3.  [default: that of policyscan.yaml, else low]",
)
@click.option(
    "--exit-zero", is_flag=True, help="Exit 0 whatever changed; still 2 if something could not be evaluated."
)
@format_option(("text", "json"))
def command(**given: Any) -> int:
    """Tell what changed from OLD to NEW, and whether the inventory, the controls or time alone changed it.

    Each of them is a report that was saved as JSON, a folder of inventories, or a revision of git; without
    NEW, it is the inventories as they are. What is no saved report is evaluated as of the same moment.

    policyscan diff main; policyscan diff v1 v2 --as-of 2026-10-31; policyscan diff before.json after.json

    Exit codes: 2 something could not be evaluated; 1 a fail is new; 3 something became unknown, or what was
    evaluated is silent now; 0 otherwise.
    """
    report = compared(given["old"], given["new"], asked_of(given), ids_in(given["allowed"]))
    since = report.comparison
    if since is None:
        raise UsageError("nothing was compared")
    if given["format_"] == "json":
        from policyscan.reporters.json_report import comparison_object, dumps, problem_object

        problems = [problem_object(problem) for problem in report.problems]
        told = {**comparison_object(since), "problems": problems, "exit_code": report.exit_code}
        put(f"{dumps(told)}\n", exact=True)
    else:
        from policyscan.cli.main import show_problems
        from policyscan.errors import PolicyscanError
        from policyscan.reporters.since import in_full
        from policyscan.reporters.wording import stops

        show_problems(PolicyscanError(one.message, at=one.span, hint=one.hint) for one in stops(report))
        show(*in_full(since))
    return report.exit_code
