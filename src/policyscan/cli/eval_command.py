"""`policyscan eval`: an expression on an inventory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from policyscan import cel
from policyscan.cel import types
from policyscan.cel.tracing.tracer import Trace
from policyscan.cli.main import show_problems
from policyscan.cli.options import AS_OF
from policyscan.cli.traces import trace_lines
from policyscan.display import json_text
from policyscan.documents.document import Document
from policyscan.documents.seeing import seen
from policyscan.engine.moments import clock_at
from policyscan.errors import PolicyError, PolicyscanError, Problems, UsageError
from policyscan.output import put, show
from policyscan.policies.loading import environment
from policyscan.session.options import Inputs
from policyscan.session.plan import moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import Workspace, open_workspace
from policyscan.source import Source


@click.command("eval")
@click.argument("expression")
@click.option("--file", "file", metavar="PATH", required=True, help="The inventory to evaluate it on.")
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--trace", is_flag=True, help="Show the value of every part, and where it was read.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
def command(
    expression: str, file: str, as_of: str | None, trace: bool, config: Path | None, format_: str
) -> int:
    """Evaluate a CEL EXPRESSION on an inventory, as a policy would.

    The inventory has the name of its kind: client, provider, portfolio.

    Exit codes: 0 it has a value, 3 a fact that it needs is missing, 2 it is wrong.
    """
    workspace = open_workspace((file,), config=config)
    documents, reader = _documents(file, workspace)
    if reader.problems:
        raise Problems(reader.problems)
    if len(documents) != 1:
        raise UsageError(f"{file} holds {len(documents)} inventories", hint="name a file that holds one")
    document, _ = documents[0]
    clock = clock_at(moment_of(as_of), document.time_zone or workspace.config.time_zone)
    document = seen(document, clock)
    kind = document.kind
    env = environment(workspace.packs[0], workspace.kinds, kind.name, {})
    try:
        checked = env.check(expression, expect=None)
    except cel.CelErrors as errors:
        source = Source("EXPRESSION", expression)
        show_problems(_in_expression(source, errors), source)
        return 2
    traced = checked.trace(clock, {kind.name: document.value}, document.locate)
    if trace:
        show(*trace_lines(traced))
    return _show(traced, checked.type, format_)


def _documents(file: str, workspace: Workspace) -> tuple[list[tuple[Document, list[Document]]], Reader]:
    reader = Reader(workspace.kinds, find_files(Inputs((file,)), workspace.config))
    return list(reader.documents()), reader


def _show(traced: Trace, type_: types.Type, format_: str) -> int:
    if traced.error is None:
        value = cel.to_json(traced.value)
        if format_ == "json":
            put(json_text(json.dumps(value, ensure_ascii=False)) + "\n", exact=True)
        else:
            show(cel.render(traced.value))
        return 0
    paths = [path for path, *_ in traced.missing] or [path for path, *_ in traced.absent]
    where = f": {', '.join(paths)}" if paths else ""
    if isinstance(traced.error, cel.Missing):
        show(f"unknown{where} ({traced.error.message or 'not recorded'})")
        return 3
    if isinstance(traced.error, cel.Absent):
        show(f"absent{where} ({traced.error.message or 'known to be nothing'})")
        return 3
    raise PolicyError(f"{traced.error.message} (in an expression of type {type_})")


def _in_expression(source: Source, errors: cel.CelErrors) -> Sequence[PolicyscanError]:
    return [PolicyError(e.message, at=source.span(e.start, e.end), hint=e.hint) for e in errors.errors]
