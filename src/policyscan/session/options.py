"""What a caller asks of a command, as plain values: the command line fills it, and so does a Python caller.

In: nothing of policyscan but what a report needs. Out: `ScanOptions`, frozen and typed, which
`session.run.scan` takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from policyscan.findings import Severity
from policyscan.records import NamedTuple
from policyscan.reporters.options import Needs

if TYPE_CHECKING:
    from policyscan.files.revision import Revision

StrPath: TypeAlias = str | os.PathLike[str]
Spelling: TypeAlias = Callable[[str], str]
"""How a caller writes an option, for messages: `as_of` is `--as-of` on the command line."""

EVERYTHING = Needs(evidence=True, gaps=True, grades=True, identity=True)


def option(name: str) -> str:
    """An option as it is written on the command line."""
    return f"--{name.replace('_', '-')}"


def inventory_first(name: str) -> str:
    """An option of a command that is given its inventory without one: `policyscan ask ID`."""
    return "inventory" if name == "client" else option(name)


def argument(name: str) -> str:
    """An option as a Python caller gives it."""
    return f"argument {name}"


class Inputs(NamedTuple):
    """Where inventories and settings are: `paths` (none: where the settings say) may hold `-`, which stands
    for `stdin`, shown under the name `stdin_filename`. `revision` is what the current folder stands for,
    where that is not what is checked out; its entries are not told."""

    paths: tuple[str, ...] = ()
    config: StrPath | None = None
    stdin: bytes | None = None
    stdin_filename: str | None = None
    as_of: str | None = None  # a day or an instant, as ISO text; None: now
    revision: Revision | None = None


class ScanOptions(NamedTuple):
    """Everything that may be asked of a scan; what is not said follows from `policyscan.yaml`.

    `outputs` are files that the caller will write: a scan refuses to begin if one of them is an inventory.
    `needs` says what of the work will be shown. `jobs` processes share the files, None as many as the
    settings say, else as pay on this machine; what is found is the same for any number. After each file
    `progress` is told how many are done and how many there are. `changed` asks for what changed since a
    revision only, empty for since the one that a job's event began from, or else the one checked out.
    `shard` asks for one part of the files, and says of how many: (2, 3). `engine` has the files shared among
    machines: `dask`, or `dask:` and the address of a scheduler; what is found is the same.
    """

    inputs: Inputs = Inputs()
    folders: tuple[StrPath, ...] = ()
    cache: bool = True
    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    companions: bool | None = None
    clients: tuple[str, ...] = ()
    fail_on: Severity | None = None
    fail_on_due: bool = False
    exit_zero: bool = False
    allow_unknown: bool = False
    needs: Needs = EVERYTHING
    outputs: tuple[StrPath, ...] = ()
    spelt: Spelling = option
    jobs: int | None = 1
    progress: Callable[[int, int], None] | None = None
    changed: str | None = None
    shard: tuple[int, int] | None = None
    engine: str | None = None
