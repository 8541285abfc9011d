"""`policyscan bundle`: in, the options of a scan; out, one file with everything that the scan stands on.

What is in it stands in `session/bundling.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import INPUT_OPTIONS, POLICY_OPTIONS, AnyPath, add_options
from policyscan.cli.terminal import plural
from policyscan.errors import UsageError
from policyscan.findings import Severity
from policyscan.output import check_writable, create_file, show
from policyscan.reporters.wording import inventories
from policyscan.session.bundling import bundle, statement
from policyscan.session.options import ScanOptions


@click.command("bundle")
@click.argument("output", metavar="BUNDLE.zip", type=AnyPath())
@add_options(INPUT_OPTIONS, POLICY_OPTIONS)
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Report on this inventory only. Repeatable."
)
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Lowest severity that makes the report's exit code 1 or 3.",
)
@click.option(
    "--rev", metavar="COMMIT", help="Bundle what this commit, branch or tag of the repository holds."
)
@click.option(
    "--statement", "about", type=AnyPath(), help="Write an in-toto statement about the bundle here."
)
def command(output: Path, about: Path | None, **given: Any) -> int:
    """Scan, and write what was read, the controls, the settings and the report into one file.

    BUNDLE.zip must not exist. PATHS and what is checked are as for `policyscan scan`; --as-of says which day.
    Whoever has the file can look into it, and policyscan verify scans again what is in it.

    Exit codes: 0 the bundle is written, whatever the report says; 2 it could not be made.
    """
    for path in filter(None, (output, about)):
        check_writable(path)
        if path.exists():
            raise UsageError(f"{path} exists already", hint="name a new file")
    asked = asked_of(given)._replace(outputs=tuple(filter(None, (output, about))))
    if given["rev"] is None:
        return _written(asked, output, about)
    from policyscan.cli.main import run
    from policyscan.session.past import scanning_at

    with scanning_at(given["rev"], asked) as then:
        output, *more = (Path(path) for path in then.outputs)
        return run(lambda: _written(then, output, more[0] if more else None))


def _written(asked: ScanOptions, output: Path, about: Path | None) -> int:
    """Makes the bundle, writes it, and says what is in it."""
    made = bundle(asked._replace(outputs=()))
    create_file(output, made.data)
    if about is not None:
        create_file(about, statement(output.name, made))
    scan, count = made.report.scan, len(made.report.documents)
    what = f"{inventories(count)} as of {scan.as_of}, {plural(scan.controls, 'control')}"
    show(f"{output.name}: {what}", f"sha256:{made.digest}")
    return 0
