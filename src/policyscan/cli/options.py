"""Options that several commands share, and their types.

In: texts of the command line. Out: values for `ScanOptions`; a usage error for what is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from policyscan.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    OutputType = click.ParamType[tuple[str, Path]]
    ShardType = click.ParamType[tuple[int, int]]
else:
    OutputType = ShardType = click.ParamType  # older releases of click do not let it be told of what

Decorator = Callable[[Any], Any]
_DIGITS = 6  # of the number of a part


class OutputTarget(OutputType):
    """`FORMAT:PATH`."""

    name = "FORMAT:PATH"

    def __init__(self, formats: Sequence[str]) -> None:
        self.formats = formats

    def split_envvar_value(self, rv: str) -> list[str]:
        """The outputs of an environment variable; a blank within a path separates nothing."""
        import re

        return re.split(rf"\s+(?=(?:{'|'.join(self.formats)}):)", rv.strip()) if rv.strip() else []

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """The format and the path; a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        format_, colon, path = str(value).partition(":")
        if not colon or format_ not in self.formats or not path:
            self.fail(f"{value!r} is not FORMAT:PATH; formats are {', '.join(self.formats)}", param, ctx)
        from pathlib import Path

        return format_, self._at_home(Path(path), param, ctx)

    def _at_home(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """A path with `~` as the shell would have it, which leaves it alone after `FORMAT:`."""
        if path.exists():
            return path
        try:
            return path.expanduser()
        except RuntimeError:
            self.fail(f"{path}: there is no home folder that {path.parts[0]} could be", param, ctx)


class ShardNumber(ShardType):
    """`I/N`: one part of N."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The number of the part, and of how many; a usage error for what is no part of a whole."""
        if isinstance(value, tuple):
            return value
        number, _, of = str(value).partition("/")
        plain = all(one.isascii() and one.isdecimal() and len(one) <= _DIGITS for one in (number, of))
        if not plain or not 1 <= int(number) <= int(of):
            self.fail(f"{value!r} is not I/N, as 2/3 is the second part of three", param, ctx)
        return int(number), int(of)


class AnyPath(click.Path):
    """A path as a Path, which is imported only for those that are given."""

    def coerce_path_result(self, value: Any) -> Any:
        """The Path of a text."""
        from pathlib import Path

        return Path(value)


AS_OF = "Evaluate as of this day (2026-10-31) or instant (2026-10-31T12:00:00Z) instead of now."

INPUT_OPTIONS: tuple[Decorator, ...] = (
    click.argument("paths", nargs=-1),
    click.option(
        "--config",
        type=AnyPath(),
        help="Settings file instead of the nearest policyscan.yaml.",
    ),
    click.option(
        "--stdin-filename", metavar="PATH", help="The name that standard input (`-`) has in results."
    ),
    click.option("--as-of", metavar="DATE", help=AS_OF),
)

EDIT_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--file",
        "paths",
        type=click.Path(),
        metavar="PATH",
        multiple=True,
        help="Where inventories lie, as for scan. Repeatable.",
    ),
    click.option(
        "--config",
        type=AnyPath(),
        help="Settings file instead of the nearest policyscan.yaml.",
    ),
    click.option("--dry-run", is_flag=True, help="Show what would be changed, and write nothing."),
)

POLICY_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--policies",
        "folders",
        type=AnyPath(),
        multiple=True,
        help="A folder of your own policies. Repeatable.",
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="Which controls to check: essentials, insurer, full, or one of your own.",
    ),
    click.option(
        "--select",
        multiple=True,
        metavar="ID",
        help="Check these controls or families instead of a profile; also severity:high, kind:client, "
        "origin:stated, framework:cis-v8, framework:cis-v8/7.3 or tag:quick-win. Repeatable.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="ID",
        help="Leave these controls or families out; the same marks will do. Repeatable.",
    ),
    click.option(
        "--companions/--no-companions",
        default=None,
        help="Check built-in controls that the source texts do not name; one that --select names is checked "
        "anyway.  [default: on]",
    ),
    click.option(
        "--cache/--no-cache",
        default=True,
        help="Keep checked policies and results of scans between runs.  [default: on]",
    ),
)


def format_option(formats: Sequence[str], says: str = "What to print.") -> Decorator:
    """The option `--format` of a command that prints in one of some formats, text unless another is named."""
    return click.option(
        "-f", "--format", "format_", type=click.Choice(formats), default="text", show_default=True, help=says
    )


def add_options(*groups: Sequence[Decorator]) -> Decorator:
    """A decorator that adds groups of options to a command."""

    def decorate(function: Any) -> Any:
        for group in reversed(groups):
            for option in reversed(group):
                function = option(function)
        return function

    return decorate


BASELINE_SILENT = click.option(
    "--allow-silent",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="With --baseline: a control, inventory or INVENTORY/CONTROL that may be silent now. Repeatable.",
)


def allowed_silent(given: dict[str, Any]) -> tuple[str, ...]:
    """What may have fallen silent since the baseline; UsageError where there is none."""
    allowed = ids_in(given["allowed"])
    if allowed and given["baseline"] is None:
        message = "--allow-silent says what may have fallen silent since a baseline, and there is none"
        raise UsageError(message, hint="name one with --baseline")
    return allowed


def ids_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The ids of comma-separated options: `PATCH-01,AV-01`. Raises UsageError for an option without any: an
    empty variable in a script must not choose everything."""
    texts = tuple(texts)
    if any(not text.strip(", ") for text in texts):
        message = "an option that takes ids was given none"
        raise UsageError(message, hint="give --client, --select and --ignore an id, or leave them out")
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
