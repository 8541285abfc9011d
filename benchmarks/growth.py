"""How time grows with what is wrong in one file, with lists that refer to each other, and with the clients of
a portfolio: n, 2n and 4n of them, for each way to show it.

    python benchmarks/growth.py 2500

measures 2,500, 5,000 and 10,000. The last column is how many times longer the last step took than the one
before: 2 is linear, 4 is quadratic. Time is that of the processor in one process each, without what a scan
of one finding takes. Each is a fork of this one, which has imported what it needs: a start is not measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

from policyscan.cli.main import main as policyscan

NEEDED = ("cli.scan_command", "cli.validate_command", "session.run", "reporters.text", "reporters.sarif")
"""Modules that a run imports when it needs them."""
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


def programs(n: int) -> str:
    """An inventory with n devices, and n programs that are on one each."""
    device = "  - {{id: d{}, kind: laptop, os: {{name: Windows, version: '11', support_ends: 2030-10-14}}}}\n"
    program = "  - {{name: p{0}, version: '1', support_ends: 2030-01-01, installed_on: [d{0}]}}\n"
    devices, software = ("".join(map(one.format, range(n))) for one in (device, program))
    return f"{HEAD}devices:\n{devices}software:\n{software}"


def unknown(n: int) -> dict[str, str]:
    """A portfolio of n clients of whom nothing is known."""
    return _portfolio(["" for _ in range(n)])


def apart(n: int) -> dict[str, str]:
    """A portfolio of n clients, each on a server of its own."""
    return _portfolio([_placed(f"s{number}") for number in range(n)])


def together(n: int) -> dict[str, str]:
    """A portfolio of n clients, all on one server."""
    return _portfolio([_placed("s") for _ in range(n)])


def half(n: int) -> dict[str, str]:
    """A portfolio of n clients, every second on a server of its own, and nothing known of the others."""
    return _portfolio([_placed(f"s{number}") if number % 2 else "" for number in range(n)])


def _placed(server: str) -> str:
    return (
        "providers: [{id: p, name: P, kind: managed_services, profile: p}]\n"
        f"servers: [{{id: {server}, name: S, kind: physical, provider: p}}]\n"
        "information_assets: [{id: a, name: A, record_count: 10}]\nremote_access: []\ncritical_systems: []\n"
    )


def _portfolio(clients: list[str]) -> dict[str, str]:
    """The files of a portfolio, a provider and what each client says beside its name."""
    head = "schema_version: 1\nas_of: 2026-10-31\n"
    files = {
        "portfolios/big.yaml": f"{head}kind: portfolio\nowner: us\nname: Big\nmembers: [clients/*.yaml]\n"
        "providers: [providers/p.yaml]\n",
        "providers/p.yaml": f"{head}kind: provider\norganisation: {{id: p, name: P}}\n"
        "hosts: []\nshared_tools: []\n",
    }
    for number, body in enumerate(clients):
        about = f"kind: client\norganisation: {{id: c{number}, name: C}}\n"
        files[f"clients/c{number}.yaml"] = head + about + body
    return files


FILES: tuple[Callable[[int], str], ...] = (findings, returns, repeated, dangling, programs)
PORTFOLIOS: tuple[Callable[[int], dict[str, str]], ...] = (unknown, apart, together, half)
SELECTED = ("--select", "PORT-01", "--select", "PORT-02", "--select", "PORT-03", "--select", "PORT-04")
CLIENTS = ("scan", "--as-of", "2026-10-31", *SELECTED, "--exit-zero", "inventories/portfolios")
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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            run(folder, command, out, errors)
        _, status, used = os.wait4(child, 0)
        errors.seek(0)
        said = errors.read()
    if os.waitstatus_to_exitcode(status) not in {0, 1, 2, 3} or b"this is a bug" in said:
        raise SystemExit(f"{command} failed: {said[-500:].decode()}")
    return used.ru_utime + used.ru_stime


def run(folder: Path, command: tuple[str, ...], out: IO[bytes], errors: IO[bytes]) -> NoReturn:
    """One run in this process, and its end: nothing of what was here before is done again."""
    code = 70
    try:
        os.chdir(folder)
        os.dup2(out.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        policyscan(list(command))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Prints a row for each kind of file and each stage."""
    parser = argparse.ArgumentParser(description="How time grows with what is wrong in one file.")
    parser.add_argument("n", type=int, nargs="?", default=2500)
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this one; repeatable")
    names = [made.__name__ for made in (*FILES, *PORTFOLIOS)]
    parser.add_argument("--file", action="append", choices=names, help="only this one; repeatable")
    parser.add_argument("--clients", type=int, default=250, help="of the smallest portfolio")
    given = parser.parse_args()
    for name in NEEDED:
        import_module(f"policyscan.{name}")
    sizes = (given.n, 2 * given.n, 4 * given.n)
    print(f"{'file':<10} {'stage':<20}{''.join(f'{size:>9,}' for size in sizes)}   times")
    with tempfile.TemporaryDirectory() as top:
        for made in FILES:
            if given.file and made.__name__ not in given.file:
                continue
            folders = [written(Path(top), made, size) for size in (1, *sizes)]
            for stage in given.stage or STAGES:
                row(made.__name__, stage, folders, STAGES[stage])
        clients = [given.clients * times for times in (1, 2, 4, 8)]
        print(f"{'portfolio':<10} {'stage':<20}{''.join(f'{size:>9,}' for size in clients)}   times")
        for portfolio in PORTFOLIOS:
            if given.file and portfolio.__name__ not in given.file:
                continue
            folders = [written(Path(top), portfolio, size) for size in (1, *clients)]
            row(portfolio.__name__, "text", folders, CLIENTS)
            row(portfolio.__name__, "sarif", folders, (*CLIENTS, "-f", "sarif"))


def written(top: Path, made: Callable[[int], str | dict[str, str]], size: int) -> Path:
    """A folder with the inventories of one size."""
    files = made(size)
    folder = top / f"{made.__name__}-{size}"
    for name, text in ({"big.yaml": files} if isinstance(files, str) else files).items():
        path = folder / "inventories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def row(name: str, stage: str, folders: list[Path], command: tuple[str, ...]) -> None:
    """Measures one stage in a folder of each size, the first of which is taken off, and prints the times."""
    seconds(folders[0], command)  # what is kept between runs is kept by now
    least, *took = (seconds(folder, command) for folder in folders)
    more = [max(one - least, 0.001) for one in took]
    print(
        f"{name:<10} {stage:<20}{''.join(f'{one:>8.2f}s' for one in more)}   {more[-1] / more[-2]:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
