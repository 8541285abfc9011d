"""What `due` does: a scan of now, and of every day ahead on which a result becomes another one.

In: `ScanOptions` and a number of days. Out: an `Outlook`; PolicyscanError for what keeps a scan from
beginning.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.ahead import Flip, Outlook, in_order
from policyscan.cel.values import LAST_DAY, Date
from policyscan.engine.ahead import Days, Reached
from policyscan.engine.moments import Moment, clock_at
from policyscan.engine.projection import projector_for
from policyscan.engine.scan import Scanned, report_of, scan_document
from policyscan.errors import UsageError
from policyscan.findings import FINDINGS, ScanInfo
from policyscan.session.choice import Choice, choose_policies, last_kinds
from policyscan.session.options import ScanOptions
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.run import check_clients, check_outputs, gate_of, scan_info
from policyscan.session.workspace import OLDEST_RATES, Workspace, open_workspace, use_rates

MOST_DAYS = 3653
"""Ten years: whatever is said of later days rests on facts that nobody will have left alone until then."""


def due(options: ScanOptions, days: int) -> Outlook:
    """What results are now, and which become others within so many days, if no fact changes before."""
    inputs = options.inputs
    moment = moment_of(inputs.as_of, options.spelt)
    if not 0 < days <= MOST_DAYS:
        message = f"{options.spelt('days')}: {days} is no number of days to look ahead"
        raise UsageError(message, hint=f"give 1 to {MOST_DAYS:,}")
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    first = int(clock_at(moment, workspace.config.time_zone).today)
    if first + days > LAST_DAY:
        raise UsageError(f"the calendar ends within {days} days of {Date(first)}", hint="look less far ahead")
    choice = choose_policies(
        workspace, options.profile, options.select, options.ignore, options.companions, options.spelt
    )
    return _Outlooks(workspace, choice, moment, options, days).outlook(first)


class _Outlooks:
    """The work of one call: all documents are read once, and again where rates no longer hold."""

    def __init__(
        self, workspace: Workspace, choice: Choice, moment: Moment, options: ScanOptions, days: int
    ) -> None:
        self.workspace, self.choice, self.moment = workspace, choice, moment
        self.options, self.days = options, days
        self.files = find_files(options.inputs, workspace.config, workspace.kinds, options.spelt)
        needs = options.needs._replace(accounts=True, gaps=True)
        reader = self._reader()
        self.plan = make_plan(choice, workspace, moment, needs, reader.waivers, whole=reader.whole)
        self.flips: list[Flip] = []
        self.reached: dict[tuple[str, str], Reached] = {}

    def outlook(self, first: int) -> Outlook:
        """The outlook of days that begin with `first` (an ordinal) where settings have their zone."""
        rates = use_rates(self.workspace, self.moment)
        ending = self._rates_end()
        reader = self._reader()
        check_outputs(self.options, reader, self.workspace)

        def about() -> ScanInfo:
            return scan_info(
                reader, self.workspace, self.choice, self.moment, self.options, filter(None, [rates])
            )

        report = report_of(
            map(_lean, self._begin(reader, ending)), self.plan._replace(full=False), about,
            reader.all_problems,
        )  # fmt: skip
        check_clients(self.options, reader)
        if ending is not None and first < ending <= first + self.days:
            self._go_on(ending)
        gate = gate_of(self.options, self.workspace.config)
        until = str(Date(first + self.days))
        return Outlook(report._replace(gate=gate), self.days, until, in_order(self.flips))

    def _reader(self) -> Reader:
        needs = self.options.needs
        return Reader(
            self.workspace.kinds, self.files, self.options.clients, last_kinds(self.choice),
            identity=needs.identity,
        )  # fmt: skip

    def _rates_end(self) -> int | None:
        """The first day (an ordinal) on which exchange rates are too old; None without any."""
        rates = self.workspace.config.exchange_rates
        return int(Date.parse(rates.as_of)) + OLDEST_RATES + 1 if rates is not None else None

    def _begin(self, reader: Reader, ending: int | None) -> Iterator[Scanned]:
        """What each document gives now; its flips are noted on the way, up to a day on which rates end."""
        projector = projector_for(self.plan, reader)
        ahead = Days(self.plan, reader)
        tell, files = self.options.progress, len(self.files.files)
        for done, (document, context) in enumerate(reader.documents(), 1):
            scanned = scan_document(document, self.plan, context, projector)
            today = ahead.today(document)
            last = today + self.days
            if ending is not None and today < ending:
                last = min(last, ending - 1)
            flips, reached = ahead.walk(document, context, ahead.reached(document, scanned), last)
            self.flips += flips
            self.reached[document.kind.name, document.id] = reached
            if tell is not None:
                tell(done, max(done, files))
            yield scanned

    def _go_on(self, ending: int) -> None:
        """The flips from the day on which rates are too old: amounts are read anew, without them."""
        use_rates(self.workspace, Moment(Date(ending), None))
        reader = self._reader()
        ahead = Days(self.plan, reader)
        for document, context in reader.documents():
            reached = self.reached.get((document.kind.name, document.id))
            today = ahead.today(document)
            if reached is not None and today < ending:
                reached = reached._replace(next_day=ending)
                self.flips += ahead.walk(document, context, reached, today + self.days)[0]


def _lean(scanned: Scanned) -> Scanned:
    """What a plain scan keeps of a document."""
    kept = [one for one in scanned.results if one.status in FINDINGS or one.waiver is not None]
    return scanned._replace(results=kept)
