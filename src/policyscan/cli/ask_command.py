"""`policyscan ask`: in, an inventory; out, what to find out next about it, from whom, as text or to send.

What is asked stands in `session/asking.py` and `questions/`; here it is printed and written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import AS_OF, POLICY_OPTIONS, AnyPath, OutputTarget, add_options, format_option
from policyscan.cli.outputs import check_outputs
from policyscan.cli.terminal import width
from policyscan.errors import UsageError
from policyscan.output import put, show, write_file
from policyscan.questions.sheet import Sheet
from policyscan.reporters.wording import stop_lines
from policyscan.session.asking import ask
from policyscan.session.options import ScanOptions, inventory_first

FORMATS = ("text", "markdown", "csv")
FILES = (*FORMATS, "xlsx")


@click.command("ask")
@click.argument("inventory", required=False)
@click.option("--all", "every_one", is_flag=True, help="Ask about every inventory.")
@click.option(
    "--file",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Where inventories lie, as for scan. Repeatable.",
)
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--config", type=AnyPath(), help="Settings file instead of the nearest policyscan.yaml.")
@add_options(POLICY_OPTIONS)
@click.option(
    "-n", "--most", type=click.IntRange(min=1), default=10, show_default=True, help="How many questions."
)
@click.option("--every", is_flag=True, help="All questions.")
@click.option("-i", "--interactive", is_flag=True, help="Ask here, and write the answers into the inventory.")
@format_option(FORMATS)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=OutputTarget(FILES),
    multiple=True,
    metavar="FORMAT:PATH",
    help="Write another format to a file, xlsx too. Repeatable.",
)
def command(**given: Any) -> int:
    """Say what to find out next about INVENTORY (an id or a file), and who can tell.

    The questions come in the order in which they decide controls: no other ten decide more than the first
    ten. They are put to those who can answer them, with what shows an answer better than somebody's word.

    To send them, write a table with a blank column for answers:

    \b
      policyscan ask acme -o csv:questions.csv
      policyscan ask --all -o xlsx:questions.xlsx

    With -i the questions are asked one by one, and the answers written once you have seen what they change.

    Exit codes: 0, or 2 if something could not be read or evaluated, so that questions may be missing.
    """
    check_outputs([path for _, path in given["outputs"]])
    _check_installed([format_ for format_, _ in given["outputs"]])
    asked = ask(_options(given))
    sheets = list(asked.sheets)
    if len(sheets) > 1 and not given["every_one"] and given["inventory"] is None:
        message = f"there are {len(sheets)} inventories, and none is named"
        raise UsageError(message, hint=f"name one, as in `ask {sheets[0].inventory}`, or ask about --all")
    most = None if given["every"] else given["most"]
    first = [sheet.first(most) for sheet in sheets]
    for format_, path in given["outputs"]:
        write_file(path, _written(format_, first, sheets))
    show(*stop_lines(asked.report), err=True)
    if given["interactive"]:
        return _interview(first, given)
    if sheets:
        put(_rendered(given["format_"], first, sheets, width()), exact=given["format_"] != "text")
    return 2 if asked.report.exit_code == 2 or not sheets else 0


def _interview(sheets: Sequence[Sheet], given: dict[str, Any]) -> int:
    """Asks about one inventory, and writes what was answered."""
    from policyscan.cli.interviewing import hold

    if len(sheets) != 1:
        raise UsageError(
            "questions are asked about one inventory at a time",
            hint="name it or its file, as in `ask acme -i`",
        )
    options = _options(given)
    return hold(sheets[0], options.inputs)


def _options(given: dict[str, Any]) -> ScanOptions:
    inventory: str | None = given["inventory"]
    if inventory is not None and given["every_one"]:
        raise UsageError("an inventory is named, and all are asked for", hint="leave one of the two out")
    paths: tuple[str, ...] = given["paths"]
    clients: tuple[str, ...] = ()
    if inventory is not None and not paths and Path(inventory).exists():
        paths = (inventory,)
    elif inventory is not None:
        clients = (inventory,)
    return asked_of({**given, "paths": paths})._replace(clients=clients, spelt=inventory_first)


def _check_installed(formats: Sequence[str]) -> None:
    """Refuses a format for which something has to be installed first."""
    from policyscan.reporters.xlsx import lacking

    hint = lacking() if "xlsx" in formats else None
    if hint is not None:
        raise UsageError("what writes workbooks is not installed", hint=hint)


def _written(format_: str, first: Sequence[Sheet], whole: Sequence[Sheet]) -> str | bytes:
    """What a file of a format holds."""
    if format_ != "xlsx":
        return _rendered(format_, first, whole, None)
    from policyscan.questions import in_xlsx

    return in_xlsx.render(first)


def _rendered(format_: str, first: Sequence[Sheet], whole: Sequence[Sheet], columns: int | None) -> str:
    if format_ == "text":
        from policyscan.questions import in_text

        return in_text.render(first, columns, whole)
    if format_ == "csv":
        from policyscan.questions import in_csv

        return in_csv.render(first)
    from policyscan.questions import in_markdown

    return in_markdown.render(first)
