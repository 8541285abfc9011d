"""Count the instructions that each stage of a scan takes for a file of a realistic fleet.

    python benchmarks/stages.py

Counted by valgrind, so that what else the machine does decides nothing: two fleets are scanned as far as each
stage, and what the larger one takes more is divided by its additional files. Starting, and loading controls,
is not in it. Without valgrind there is nothing to count with, and it says so.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import fleet

SHIPPED_SIZES = 7
"""Clients of as many sizes are shipped; a fleet of a multiple of them holds as many of each."""
SCAN = ("scan", "--as-of", fleet.DAY, "--exit-zero", "--jobs", "1")
STAGES: dict[str, tuple[str, ...]] = {
    "reading and checking (validate)": ("validate",),
    "evaluating essentials (-q)": (*SCAN, "-q"),
    "and explaining it in SARIF": (*SCAN, "-f", "sarif"),
    "and in JSON, passes too": (*SCAN, "-f", "json", "--all-results"),
    "evaluating full (-q)": (*SCAN, "--profile", "full", "-q"),
    "and explaining it in SARIF, full": (*SCAN, "--profile", "full", "-f", "sarif"),
}
# Which dict is where, and so what a look-up takes, is the same in each run.
SETTLED = {**os.environ, "PYTHONHASHSEED": "0"}
SETTLED.pop("PYTHONDONTWRITEBYTECODE", None)


def instructions(folder: Path, command: tuple[str, ...]) -> int:
    """How many instructions policyscan takes for a command in a folder."""
    with tempfile.NamedTemporaryFile() as kept:
        counted = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={kept.name}"]
        run = [*counted, sys.executable, "-m", "policyscan", *command]
        done = subprocess.run(run, cwd=folder, env=SETTLED, check=False, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None or done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{command} could not be counted:\n{done.stderr[-1000:]}")
    return int(found[1])


def main() -> None:
    """Prints a row for each stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this one; repeatable")
    given = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("stages are counted where valgrind is installed")
        return
    with tempfile.TemporaryDirectory() as top:
        small, large = (Path(top) / size for size in ("small", "large"))
        fleet.write(SHIPPED_SIZES, small)
        fleet.write(2 * SHIPPED_SIZES, large)
        print(f"{'stage':<36}{'million instructions a file':>28}")
        for name in given.stage or STAGES:
            instructions(small, STAGES[name])  # what is kept between runs is kept by now
            more = instructions(large, STAGES[name]) - instructions(small, STAGES[name])
            print(f"{name:<36}{more / SHIPPED_SIZES / 1e6:>28.2f}", flush=True)


if __name__ == "__main__":
    main()
