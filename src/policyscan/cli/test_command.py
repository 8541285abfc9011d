"""`policyscan test`: in, folders of packs; out, the cases that do not hold and what no case shows.

What is run, and what counts, stands in `policytest/suite.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.main import show_problems
from policyscan.cli.options import ids_in
from policyscan.cli.terminal import plural
from policyscan.output import show
from policyscan.policytest.suite import PolicyRun, Tally, run_tests

_EVERY_SIDE = (
    "Every policy was seen passing, failing and unknown, and not applicable and due where it can be."
)


@click.command("test")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option("--select", multiple=True, metavar="ID", help="Only the tests of these controls. Repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Show each case.")
def command(folders: Sequence[Path], config: Path | None, select: Sequence[str], verbose: bool) -> int:
    """Run the tests of policies: ID.test.yaml beside each ID.yaml.

    FOLDERS are packs; by default the built-in one and those of the configuration. A case gives an
    inventory and the complete list of its results: a result that it does not name fails it.

    The cases of a control should show it passing, failing and unknown, and not applicable and due where it
    can be: what they do not show is noted, and -v says for each control what they do.

    Exit codes: 0 all cases hold, 1 one does not, 2 a policy or a test file is broken.
    """
    tally = Tally()
    for tested in run_tests(folders, config, ids_in(select)):
        tally.add(tested)
        _show_run(tested, verbose=verbose)
    for one in tally.unseen:
        show(f"note: {one.policy} was never seen as {_listed(one.lacking)}")
    for id_ in tally.untested:
        show(f"note: {id_} has no tests")
    tally.raise_for_nothing()
    policies, cases = plural(tally.policies, "policy", "policies"), plural(tally.cases, "case")
    show(f"{policies}, {cases}: {tally.cases - tally.failed} passed, {tally.failed} failed")
    if tally.complete:
        show(_EVERY_SIDE)
    return tally.exit_code


def _show_run(tested: PolicyRun, *, verbose: bool) -> None:
    """The cases of one policy that do not hold, and with `verbose` the others too."""
    show_problems(tested.problems)
    for outcome in tested.outcomes:
        if outcome.differences:
            show(f"FAIL {tested.policy}: {outcome.case}")
            for difference in outcome.differences:
                place = f"{difference.at}: " if difference.at else ""
                show(f"  {place}{difference.message}")
        elif verbose:
            show(f"ok   {tested.policy}: {outcome.case}")
    if verbose and not tested.untested and not tested.problems:
        seen = _listed(tested.seen) or "nothing"
        show(f"     {tested.policy}: {plural(len(tested.outcomes), 'case')}, seen as {seen}")


def _listed(statuses: Sequence[str]) -> str:
    return ", ".join(statuses).replace("_", " ")
