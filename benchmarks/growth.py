"""How time grows with what is wrong in one file: n, 2n and 4n findings or errors, for each way to show them.

    python benchmarks/growth.py 2500

measures 2,500, 5,000 and 10,000. The last column is how many times longer the last step took than the one
before: 2 is linear, 4 is quadratic. Time is that of the processor in one process each, without what a scan
of one finding takes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HEAD = "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: big, name: Big}\n"
DEVICE = "  - {{id: d{}, kind: laptop, os: {{name: Windows 10, version: 22H2, support_ends: 2025-10-14}}}}\n"
SCAN = ("scan", "--as-of", "2026-10-31", "--select", "PATCH-02", "--exit-zero")


def findings(n: int) -> str:
    """An inventory with n devices whose operating system is out of support."""
    return f"{HEAD}devices:\n{''.join(map(DEVICE.format, range(n)))}"


def returns(n: int) -> str:
    """The same with one carriage return at the start, which makes lines harder to find."""
    return f"# from a Mac\r{findings(n)}"


def repeated(n: int) -> str:
    """A file with n repeated keys: as many errors."""
    return "a: 1\n" * n


def dangling(n: int) -> str:
    """An inventory with n references to nobody: as many findings about the document itself."""
    rows = "".join(f"  - {{person: p{i}, course: c, completed_on: 2026-01-01}}\n" for i in range(n))
    return f"{HEAD}people: [{{id: p-1}}]\ntraining:\n{rows}"


FILES: tuple[Callable[[int], str], ...] = (findings, returns, repeated, dangling)
STAGES: dict[str, tuple[str, ...]] = {
    "validate": ("validate",),
    "scan -q": (*SCAN, "-q"),
    "text": SCAN,
    "text --full": (*SCAN, "--full"),
    "json": (*SCAN, "-f", "json"),
    "json --all-results": (*SCAN, "-f", "json", "--all-results"),
    "sarif": (*SCAN, "-f", "sarif"),
    "github": (*SCAN, "-f", "github"),
    "markdown": (*SCAN, "-f", "markdown"),
}


def seconds(folder: Path, command: tuple[str, ...]) -> float:
    """Processor time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = [sys.executable, "-m", "policyscan", *command]
    done = subprocess.run(run, cwd=folder, check=False, capture_output=True)
    if done.returncode not in {0, 1, 2, 3} or b"this is a bug" in done.stderr:
        raise SystemExit(f"{command} failed: {done.stderr[-500:].decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Prints a row for each kind of file and each stage."""
    parser = argparse.ArgumentParser(description="How time grows with what is wrong in one file.")
    parser.add_argument("n", type=int, nargs="?", default=2500)
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this one; repeatable")
    given = parser.parse_args()
    sizes = (given.n, 2 * given.n, 4 * given.n)
    print(f"{'file':<10} {'stage':<20}{''.join(f'{size:>9,}' for size in sizes)}   times")
    with tempfile.TemporaryDirectory() as top:
        for made in FILES:
            folders = []
            for size in (1, *sizes):
                path = Path(top, f"{made.__name__}-{size}", "inventories", "big.yaml")
                path.parent.mkdir(parents=True)
                path.write_text(made(size), encoding="utf-8", newline="")
                folders.append(path.parent.parent)
            for stage in given.stage or STAGES:
                seconds(folders[0], STAGES[stage])  # what is kept between runs is kept by now
                least, *took = (seconds(folder, STAGES[stage]) for folder in folders)
                more = [max(one - least, 0.001) for one in took]
                cells = "".join(f"{one:>8.2f}s" for one in more)
                print(f"{made.__name__:<10} {stage:<20}{cells}   {more[2] / more[1]:.1f}", flush=True)


if __name__ == "__main__":
    main()
