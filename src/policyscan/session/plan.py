"""What the engine is asked to do, and as of when.

In: chosen controls, settings and a moment as people write it. Out: the engine's `Plan`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policyscan.engine.moments import Moment, clock_at, parse_moment
from policyscan.engine.plan import Plan
from policyscan.reporters.options import Needs
from policyscan.session.choice import Choice, accepting_of
from policyscan.session.options import Spelling, option
from policyscan.session.workspace import Workspace

if TYPE_CHECKING:
    from policyscan.session.waiver_files import WaiverFiles


def moment_of(as_of: str | None, spelt: Spelling = option) -> Moment:
    """The moment that a caller names, else now; raises UsageError for what is none."""
    if as_of is not None:
        return parse_moment(as_of, spelt("as_of"))
    import time

    from policyscan.cel.values import Timestamp

    return Moment(None, Timestamp(time.time_ns() // 1_000_000_000 * 1_000_000_000))


def make_plan(
    choice: Choice, workspace: Workspace, moment: Moment, needs: Needs, waivers: WaiverFiles | None = None,
    *, whole: bool = False,
) -> Plan:  # fmt: skip
    """What the engine is asked to do; `needs` is what will be shown of it, `waivers` are those that stand in
    files of their own. `whole`: all clients are scanned that there are."""
    config, assigning = workspace.config, choice.assigning
    return Plan(
        policies=choice.policies,
        known=choice.known,
        aliases=choice.aliases,
        moment=moment,
        zone=config.time_zone,
        full=needs.accounts,
        evidence=needs.evidence,
        gaps=needs.gaps,
        grades=needs.grades,
        rule=choice.evidence,
        rules=choice.rules,
        max_taken_away=choice.max_taken_away,
        shared=waivers.waivers if waivers is not None else (),
        whole=waivers is not None and waivers.whole,
        max_waiver_days=config.max_waiver_days,
        accepting=partial(accepting_of, workspace, choice.written),
        assigning=assigning._replace(whole=whole) if assigning is not None else None,
    )


def day_of(moment: Moment, zone: str) -> str:
    """The day of a scan, as reports show it."""
    return str(clock_at(moment, zone).today)
