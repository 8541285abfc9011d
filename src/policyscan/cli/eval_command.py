"""`policyscan eval`: in, an expression and an inventory; out, its value, or which fact it lacks.

How it is evaluated stands in `session/expression.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from policyscan import cel
from policyscan.cli.main import show_problems
from policyscan.cli.options import AS_OF, format_option
from policyscan.cli.traces import trace_lines
from policyscan.display import json_text
from policyscan.errors import PolicyError, Problems
from policyscan.output import put, show
from policyscan.session.expression import NAME, Answer, evaluate
from policyscan.source import Source


@click.command("eval")
@click.argument("expression")
@click.option("--file", "file", metavar="PATH", required=True, help="The inventory to evaluate it on.")
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--trace", is_flag=True, help="Show the value of every part, and where it was read.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@format_option(("text", "json"))
def command(
    expression: str, file: str, as_of: str | None, trace: bool, config: Path | None, format_: str
) -> int:
    """Evaluate a CEL EXPRESSION on an inventory, as a policy would.

    The inventory has the name of its kind: client, provider, portfolio.

    Exit codes: 0 it has a value, 3 a fact that it needs is missing, 2 it is wrong.
    """
    try:
        evaluated = evaluate(expression, file, as_of, config)
    except Problems as problems:
        show_problems(problems.problems, Source(NAME, expression))
        return 2
    if trace:
        show(*trace_lines(evaluated.trace))
    return _show(evaluated, format_)


def _show(evaluated: Answer, format_: str) -> int:
    trace = evaluated.trace
    if trace.error is None:
        if format_ == "json":
            put(json_text(json.dumps(cel.to_json(trace.value), ensure_ascii=False)) + "\n", exact=True)
        else:
            show(cel.render(trace.value))
        return 0
    where = f": {', '.join(evaluated.lacking)}" if evaluated.lacking else ""
    if isinstance(trace.error, cel.Missing):
        show(f"unknown{where} ({trace.error.message or 'not recorded'})")
        return 3
    if isinstance(trace.error, cel.Absent):
        show(f"absent{where} ({trace.error.message or 'known to be nothing'})")
        return 3
    raise PolicyError(f"{trace.error.message} (in an expression of type {evaluated.type})")
