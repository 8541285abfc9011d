"""`policyscan merge`: in, the reports of all parts of a scan; out, one report in any format.

What makes parts one stands in `session/shards.py`.
"""

from __future__ import annotations

from typing import Any

import click

from policyscan.cli.options import add_options
from policyscan.cli.outputs import OUTPUT_OPTIONS, check_outputs, emit, shown_with
from policyscan.session.saved import Unchanged, keep, open_report
from policyscan.session.shards import merged


@click.command("merge")
@click.argument("parts", metavar="PART.json...", nargs=-1, required=True)
@add_options(OUTPUT_OPTIONS)
def command(**given: Any) -> int:
    """Make one report of the parts of a scan that several machines shared.

    Each PART.json is what `policyscan scan --shard 1/3 -o json:PART.json` wrote, and all of them are needed.
    The report is the one that a scan of everything gives, with lines of those files that are here as they
    were then.

    Exit codes: those of the scan of everything, and 2 if parts are missing or are not of one scan.
    """
    outputs = [path for _, path in given["outputs"]]
    check_outputs(outputs, given["split"])
    named = [(path, open_report(path)) for path in given["parts"]]
    report = merged(named)
    for path, part in named:
        keep(part, path, outputs)
    texts = Unchanged(report)
    emit(report, shown_with(given, texts.source, texts.content), given)
    return report.exit_code
