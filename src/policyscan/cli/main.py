"""The `policyscan` command: finds its commands, and turns what users can mend into messages and exit 2.

In: the arguments of a process. Out: its exit code; every error that has a place is shown with its line. A
new command is a module `NAME_command.py` and a line in `COMMANDS`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from policyscan.errors import PolicyscanError, Problems
from policyscan.output import close, flush, prepare_streams, show, speller
from policyscan.version import __version__

if TYPE_CHECKING:
    from policyscan.source import Source, Span

_COLLECT_AFTER = 50_000  # objects

# name: what `--help` says. A command is imported only when it runs, so that each start is quick.
COMMANDS = {
    "scan": "Check inventories against controls, and report what must be acted on.",
    "waivers": "List exceptions, and how each of them stands.",
    "waive": "Write an approved exception into an inventory or a file of waivers.",
    "diff": "Tell what changed since a report or a revision, and why.",
    "due": "List every result that will change in the days ahead, and when.",
    "history": "Tell since when each finding is one, and which commit made it so.",
    "validate": "Check that inventories are valid: keys, types, dates, references.",
    "init": "Write a short commented inventory to fill in.",
    "ask": "Say what to find out next, and who can tell.",
    "set": "Record one fact in an inventory; everything else in its file stays.",
    "import": "Bring an inventory up to date from what another tool exported.",
    "fill": "Put answers that came back into an inventory.",
    "report": "Show a saved report in another format.",
    "bundle": "Scan, and write everything that the report stands on into one file.",
    "sign": "Sign a bundle, so that others can tell whose it is.",
    "verify": "Scan again what is in a bundle, and say whether its report follows from it.",
    "merge": "Make one report of the parts of a scan that several machines shared.",
    "list": "List controls, with their profiles and framework ids.",
    "explain": "Explain a control, or how a result came about.",
    "test": "Run the tests of policies.",
    "schema": "Print the JSON Schema of a kind of inventory, for editors.",
    "config": "Show the settings that are in force, and where each comes from.",
    "cache": "Show what is kept between runs, or delete it.",
    "eval": "Evaluate an expression on an inventory.",
}


class _Commands(click.Group):
    """A group whose commands are modules of this package, imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module = import_module(f"policyscan.cli.{cmd_name.replace('-', '_')}_command")
        return module.command  # type: ignore[no-any-return]

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """As click does it, with the environment's options, and a suggestion for a misspelt command."""
        try:
            name, command, rest = super().resolve_command(ctx, args)
        except click.UsageError as error:
            from policyscan.cel.spelling import nearest

            close = nearest(args[0] if args else "", COMMANDS)
            if close is None:
                raise
            message = f"{error.message.rstrip('.')}. Did you mean {close!r}?"
            raise click.UsageError(message, ctx) from None
        if name is not None and command is not None and not ctx.resilient_parsing:
            from policyscan.cli.environment import heed

            show(*heed(name, command), err=True)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """What the command returns. A file that ends too early is no answer that does, as click has it."""
        try:
            return super().invoke(ctx)
        except EOFError as error:
            show(*_unforeseen(error), err=True)
            return 2

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option, which click 8.1 would take from POLICYSCAN_HELP: help exits 0 with nothing checked."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.allow_from_autoenv = False
        return option

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The commands with their one-line help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "POLICYSCAN"},
)
@click.version_option(  # POLICYSCAN_VERSION is what others call the release that they install
    __version__, "--version", message="policyscan %(version)s", allow_from_autoenv=False
)
def cli() -> None:
    """Check inventories of IT clients and their providers against controls.

    Exit codes: 0 nothing to act on, 1 a control fails, 3 a control lacks evidence, 2 something could not
    be evaluated. Each command explains itself: policyscan COMMAND --help.
    """


def main(args: list[str] | None = None) -> NoReturn:
    """Runs the command line and exits with its code."""
    # Next to nothing here is freed but by counting references, and a start makes many objects that stay:
    # looking through them for circles, again and again and once more at the end, took a fifth of a short run.
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
    prepare_streams()
    code = run(lambda: cli.main(args=args, prog_name="policyscan", standalone_mode=False))
    gc.freeze()
    sys.exit(code)


def run(command: Callable[[], Any]) -> int:
    """The exit code of a command: what it returns, or 2 with a message for what its user can mend."""
    try:
        code = command()
        flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        show(*_usage(error), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        show("stopped; no output was written half", err=True)
        return 130
    except Problems as problems:
        show_problems(problems.problems)
        return 2
    except PolicyscanError as error:
        show_problems([error])
        return 2
    except (BrokenPipeError, SystemExit):
        # The reader of our output has gone, as with `| head`: nothing more to say. Click makes that an exit
        # with 1, which here would mean that a control fails.
        close(sys.stdout)
        return 2
    except Exception as error:
        # Python's own exit code for this would be 1, which says that a control fails.
        show(*_unforeseen(error), err=True)
        return 2
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> list[str]:
    """What click would show."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    lines = []
    if context is not None:
        lines += context.get_usage().splitlines()
        if context.command.get_help_option(context) is not None:
            lines += [f"Try '{context.command_path} {context.help_option_names[0]}' for help.", ""]
    if isinstance(error, click.NoSuchOption):
        from policyscan.cli.misnamed import meant

        if (hint := meant(error, cli)) is not None:  # which knows better than click's "did you mean"
            return [*lines, f"Error: {error.message}", f"  hint: {hint}"]
    return [*lines, *f"Error: {error.format_message()}".splitlines()]


def _unforeseen(error: Exception) -> list[str]:
    """What to say of an error that nobody foresaw; click's own output may have met a full disk."""
    if isinstance(error, OSError) and error.filename is None:
        close(sys.stdout)
        return [f"error: standard output cannot be written: {error.strerror or error}"]
    import traceback

    lines = "".join(traceback.format_exception(error)).splitlines()
    return [*lines, f"error: policyscan failed: {type(error).__name__}: {error}; this is a bug"]


def show_problems(problems: Iterable[PolicyscanError], source: Source | None = None) -> None:
    """Prints problems to standard error, each with its place, its line and what to do.

    `source` is a text that is in no file, such as an argument.
    """
    for problem in problems:
        place = f"{problem.at}: " if problem.at else ""
        show(f"error: {place}{problem.message}", err=True)
        if problem.at is not None:
            for line in _lines(problem.at, source):
                show(f"    {line}", err=True)
        if problem.hint:
            show(f"  hint: {problem.hint}", err=True)


def _lines(at: Span, given: Source | None) -> list[str]:
    """The line that a place is in, with carets below; nothing where a whole file or a sheet is meant."""
    from policyscan.cli.texts import source_of
    from policyscan.display import snippet

    if at.sheet or at[1:5] == (1, 1, 1, 1):
        return []
    source = given if given is not None and given.file == at.file else source_of(at.file)
    return snippet(source, at, speller(sys.stderr)).splitlines() if source is not None else []
