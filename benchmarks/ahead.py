"""Whether `due` finds what a scan of each single day finds, over many days, and how much sooner.

    python benchmarks/ahead.py 400 full northgate-dental elm-vets

looks 400 days ahead with all controls for these inventories, or for all shipped ones if none is named: once
as `due` does, and once day by day. It says what differs, which is a bug, and the processor's time of both.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from policyscan.cel.values import Date
from policyscan.engine.ahead import Days, state_of
from policyscan.reporters import Needs
from policyscan.session.choice import choose_policies, last_kinds
from policyscan.session.options import Inputs
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[1]
FIRST = "2026-10-31"


def main(days: int, profile: str, wanted: list[str]) -> int:
    """Compares both ways for each inventory; 1 if they differ anywhere."""
    inputs = Inputs((str(ROOT / "inventories"),))
    workspace = open_workspace(inputs.paths)
    choice = choose_policies(workspace, profile, (), ())
    reader = Reader(
        workspace.kinds, find_files(inputs, workspace.config, workspace.kinds), wanted, last_kinds(choice)
    )
    plan = make_plan(choice, workspace, moment_of(FIRST), Needs(accounts=True), reader.waivers)
    ahead, wrong = Days(plan, reader), 0
    for document, context in reader.documents():
        today = ahead.today(document)
        begun = time.process_time()
        begin = ahead.reached(document, ahead.at(document, context, today))
        flips, _ = ahead.walk(document, context, begin, today + days)
        between = time.process_time()
        found = {(f.day, f.result.policy, f.result.requirement, f.result.subject, f.statuses) for f in flips}
        expected, before = set(), begin.state
        for day in range(today + 1, today + days + 1):
            after = state_of(ahead.at(document, context, day).results)
            for key in before.keys() | after.keys():
                one, other = (state[key].status if key in state else None for state in (before, after))
                if one is not other:
                    expected.add((str(Date(day)), *key, (one, other)))
            before = after
        done = time.process_time()
        wrong += len(found ^ expected)
        said = f"{len(found)} flips, {len(found ^ expected)} differ"
        print(
            f"{document.kind.name} {document.id}: {said}; "
            f"{between - begun:.1f} s, day by day {done - between:.1f} s",
            flush=True,
        )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
