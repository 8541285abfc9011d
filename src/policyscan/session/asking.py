"""What `ask` does: scans, and turns what is unknown into questions, those first that decide most.

In: the options of a scan. Out: the report, and a `Sheet` for each inventory that leaves questions open.
"""

from __future__ import annotations

from policyscan.findings import Report, by_document
from policyscan.questions.gathering import Gathering
from policyscan.questions.sheet import Sheet
from policyscan.records import NamedTuple
from policyscan.reporters.options import Needs
from policyscan.session.options import ScanOptions
from policyscan.session.reader import Reader, find_files
from policyscan.session.run import scan
from policyscan.session.workspace import open_workspace

NEEDS = Needs(evidence=True, gaps=True)
"""What questions are made of."""


class OpenQuestions(NamedTuple):
    """The report of a scan, and what it leaves open, inventory by inventory in the order of their files."""

    report: Report
    sheets: tuple[Sheet, ...]


def ask(options: ScanOptions) -> OpenQuestions:
    """What to find out next about all inventories that the options name; nothing is printed or written."""
    report = scan(options._replace(needs=options.needs.with_those_of(NEEDS)))
    return OpenQuestions(report, tuple(_sheets(options, report)))


def _sheets(options: ScanOptions, report: Report) -> list[Sheet]:
    inputs = options.inputs
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    reads = {id_: policy.reads.names for pack in workspace.packs for id_, policy in pack.policies.items()}
    results = by_document(report)
    infos = {(info.kind, info.id): info for info in report.documents}
    files = find_files(inputs, workspace.config, workspace.kinds, options.spelt)
    sheets = []
    for document, context in Reader(workspace.kinds, files, options.clients).documents():
        of = document.kind.name, document.id
        info = infos.get(of)
        if info is not None:
            sheets.append(Gathering(document, context, reads).sheet(info, results.get(of, ())))
    return sheets
