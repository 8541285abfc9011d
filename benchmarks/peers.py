"""Measure policyscan and its peers on the same inventories, in turns, one process each.

    python benchmarks/generate.py 1000 /tmp/book
    python benchmarks/peers.py /tmp/book --tools benchmarks/.tools

policyscan checks the 14 controls of its essentials profile and writes SARIF, over the clients and
their providers. The peers check the clients with rules of the same meaning, as many as they can say
(benchmarks/rules/). A peer that is not installed is left out; `make bench` installs them all.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
RULES = HERE / "rules"
CFN_GUARD = "node_modules/@cdklabs/cdk-validator-cfnguard/bin/{system}/{machine}/cfn-guard"
# As on a user's machine: containers often turn bytecode off, which would measure Python's compiler.
SETTLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Tool:
    """A command that checks all the inventories in one process, and how long it took each time."""

    name: str
    rules: str
    command: list[str]
    findings: Callable[[Path], int]
    seconds: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    found: int = 0

    def run(self, output: Path) -> None:
        """Run once with standard output into a file, which must hold the findings: exit codes differ."""
        with output.open("wb") as out:
            start = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=out, stderr=subprocess.PIPE, env=SETTLED)
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds.append(time.perf_counter() - start)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        self.work.append(usage.ru_utime + usage.ru_stime)
        self.megabytes = max(self.megabytes, usage.ru_maxrss / 1024)
        try:
            self.found = self.findings(output)
        except ValueError:
            sys.exit(f"{self.name} failed with exit code {code}:\n{said.decode(errors='replace')[-2000:]}")


def sarif_results(output: Path) -> int:
    """How many results a SARIF file has."""
    return sum(len(run["results"]) for run in json.loads(output.read_bytes())["runs"])


def list_length(output: Path) -> int:
    """How many findings are in a JSON list, which spectral follows with its own closing words."""
    return len(json.JSONDecoder().raw_decode(output.read_text(encoding="utf-8"))[0])


def rego_results(output: Path) -> int:
    """How many findings the Rego driver printed."""
    return sum(len(found) for found in json.loads(output.read_bytes()).values())


def policyscan(book: Path) -> list[str]:
    """The command that scans a book's clients, as the peers do, with this checkout's policyscan."""
    scan = ["scan", str(book / "clients"), "--as-of", "2026-10-31", "-f", "sarif", "--exit-zero"]
    return [str(Path(sys.executable).with_name("policyscan")), *scan]


def tools(book: Path, folder: Path) -> list[Tool]:
    """policyscan, and those of the peers that are installed."""
    clients = book / "clients"
    machine = {"x86_64": "x86_64", "AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), "aarch64")
    system = "macos" if sys.platform == "darwin" else "ubuntu"
    found = [
        Tool("policyscan", "14 controls, SARIF", policyscan(book), sarif_results),
    ]
    guard = folder / CFN_GUARD.format(system=system, machine=machine)
    if guard.exists():
        rules = ["--rules", str(RULES / "essentials.guard"), "--data", str(clients)]
        options = ["--output-format", "sarif", "--structured", "--show-summary", "none"]
        command = [str(guard), "validate", *rules, *options]
        found.append(Tool("cfn-guard", "11 clauses, SARIF", command, sarif_results))
    if importlib.util.find_spec("opa_eval"):
        command = [sys.executable, str(HERE / "rego_driver.py"), str(RULES / "essentials.rego"), str(clients)]
        found.append(Tool("regorus", "11 clauses, JSON", command, rego_results))
    spectral = folder / "node_modules/.bin/spectral"
    if spectral.exists() and shutil.which("node"):
        rules = ["--ruleset", str(RULES / "essentials.spectral.yaml"), "--quiet", "--ignore-unknown-format"]
        # Its SARIF formatter stops at a finding on a blank value (column 0), its JSON does not.
        command = [str(spectral), "lint", *rules, "--format", "json", f"{clients}/*.yaml"]
        found.append(Tool("spectral", "3 rules, JSON", command, list_length))
    return found


def measure(measured: list[Tool], rounds: int) -> None:
    """Run the tools in turns, so that what else the machine does meets them all alike."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for tool in measured:
                tool.run(Path(folder) / tool.name)


def table(measured: list[Tool], files: int) -> str:
    """One line a tool: its median time and processor time a file, memory, findings, and ratios to ours."""
    head = f"{'tool':<12}{'checks':<20}{'ms a file':>10}{'of work':>9}{'MB':>6}{'findings':>10}"
    lines = [f"{head}{'times ours':>12}{'in work':>9}"]
    ours, our_work = statistics.median(measured[0].seconds), statistics.median(measured[0].work)
    for tool in measured:
        spent, work = statistics.median(tool.seconds), statistics.median(tool.work)
        lines.append(
            f"{tool.name:<12}{tool.rules:<20}{1000 * spent / files:>10.2f}{1000 * work / files:>9.2f}"
            f"{tool.megabytes:>6.0f}{tool.found:>10}{spent / ours:>12.2f}{work / our_work:>9.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("book", type=Path, help="a folder that generate.py wrote")
    parser.add_argument("--tools", type=Path, default=HERE / ".tools", help="where npm installed the peers")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    files = len(list((arguments.book / "clients").glob("*.yaml")))
    measured = tools(arguments.book, arguments.tools)
    measure(measured, arguments.rounds)
    print(f"{files} clients, {arguments.rounds} rounds in turns, Python {platform.python_version()}")
    print(table(measured, files))


if __name__ == "__main__":
    main()
