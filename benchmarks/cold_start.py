"""Measure a cold `policyscan scan one.yaml` against importing click and PyYAML, in turns.

    python benchmarks/cold_start.py [INVENTORY]

Without an inventory, one is generated. The goal is at most 2.5 times. Bytecode, files and what is kept
between runs are warm, as on a user's second run; the commands take turns, so that both meet the same machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generate import generate

ROUNDS = 25


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """How long a command takes, in whatever way it ends."""
    start = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True, env=environment)
    return time.perf_counter() - start


def settled(cache: str) -> dict[str, str]:
    """The environment of a user: bytecode is written; what is kept between runs has a place of its own."""
    # Containers and test runs often turn bytecode off, which would measure Python's compiler.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "POLICYSCAN_CACHE_DIR": cache}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            inventory = Path(sys.argv[1])
        else:
            generate(1, Path(folder), seed=1)
            inventory = next(Path(folder).glob("clients/*.yaml"))
        scan = [str(Path(sys.executable).with_name("policyscan")), "scan", str(inventory)]
        user = settled(str(Path(folder) / "cache"))
        if subprocess.run(scan, check=False, capture_output=True, env=user).returncode == 2:
            sys.exit(f"this cannot be measured: {' '.join(scan)} exits 2")
        imports = [sys.executable, "-c", "import click, yaml"]
        seconds(imports, user)
        runs = [(seconds(scan, user), seconds(imports, user)) for _ in range(ROUNDS)]
    ours, theirs = zip(*runs, strict=True)
    print(f"{'':<22}{'median ms':>10}{'best ms':>10}")
    for name, times in (("policyscan scan", ours), ("import click, yaml", theirs)):
        print(f"{name:<22}{1000 * statistics.median(times):>10.1f}{1000 * min(times):>10.1f}")
    ratio, best = statistics.median(ours) / statistics.median(theirs), min(ours) / min(theirs)
    print(f"{'times':<22}{ratio:>10.2f}{best:>10.2f}")


if __name__ == "__main__":
    main()
