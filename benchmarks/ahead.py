"""Whether `due` finds what a scan of each single day finds, over many days, and how much sooner.

    python benchmarks/ahead.py 400 full northgate-dental elm-vets

looks 400 days ahead with all controls for these inventories, or for all shipped ones if none is named: once
as `due` does, and once day by day. It says what differs, which is a bug, and the processor's time of both.

    python benchmarks/ahead.py 400 essentials --varied 200

does so for 200 clients made of the shipped ones, in which every third day is another by up to 300 days. The
same number gives the same clients; those that no longer are valid are left out, and counted.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
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

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fleet

ROOT = Path(__file__).resolve().parents[1]
FIRST = "2026-10-31"


_DAY = re.compile(r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9T])")
_SHARE, _FARTHEST = 3, 300


def varied(number: int, folder: Path) -> Path:
    """So many clients in a folder, in which some days are others."""
    fleet.write(number, folder)
    for n, file in enumerate(sorted((folder / "inventories" / "clients").rglob("*.yaml"))):
        chance = random.Random(n)

        def moved(match: re.Match[str], chance: random.Random = chance) -> str:
            if chance.randrange(_SHARE):
                return match[0]
            return str(Date(int(Date.parse(match[0])) + chance.randint(-_FARTHEST, _FARTHEST)))

        file.write_text(_DAY.sub(moved, file.read_text("utf-8")), "utf-8", newline="")
    return folder / "inventories"


def main(days: int, profile: str, wanted: list[str], inventories: Path = ROOT / "inventories") -> int:
    """Compares both ways for each inventory; 1 if they differ anywhere."""
    inputs = Inputs((str(inventories),))
    workspace = open_workspace(inputs.paths)
    choice = choose_policies(workspace, profile, (), ())
    reader = Reader(
        workspace.kinds, find_files(inputs, workspace.config, workspace.kinds), wanted, last_kinds(choice)
    )
    plan = make_plan(choice, workspace, moment_of(FIRST), Needs(accounts=True), reader.waivers)
    ahead, wrong, told, looked = Days(plan, reader), 0, 0, 0
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
        told += len(found)
        looked += 1
    print(f"{looked} inventories, {told} flips, {wrong} differ, {len(reader.problems)} problems in files")
    return int(wrong > 0)


if __name__ == "__main__":
    if sys.argv[3:4] == ["--varied"]:
        with tempfile.TemporaryDirectory() as folder:
            sys.exit(main(int(sys.argv[1]), sys.argv[2], [], varied(int(sys.argv[4]), Path(folder))))
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
