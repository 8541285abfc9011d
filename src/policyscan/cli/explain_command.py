"""`policyscan explain`: in, ids; out, a control in words, or how its results for one inventory came about.

What is found and evaluated stands in `session/explaining.py`; here it becomes lines.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from policyscan import cel
from policyscan.cli.options import AS_OF, POLICY_OPTIONS, add_options
from policyscan.cli.terminal import wants_color, width
from policyscan.cli.texts import source_of
from policyscan.cli.traces import trace_lines
from policyscan.display import snippet
from policyscan.engine.accounts import Account
from policyscan.errors import UsageError
from policyscan.findings import PolicyInfo, Status
from policyscan.output import put, show, speller
from policyscan.policies.policy import Need, Policy, Requirement, Table
from policyscan.reporters import Options
from policyscan.reporters.answer import Told, add_answer
from policyscan.reporters.layout import NARROWEST, wrapped
from policyscan.reporters.text_page import Page
from policyscan.reporters.wording import moment, plural, related, rests_on, spoken
from policyscan.reporters.wording import place as place_of
from policyscan.reporters.wording import show as value_of
from policyscan.session.explaining import Explained, explain, find_policies
from policyscan.session.options import Inputs
from policyscan.session.workspace import Workspace, open_workspace

_WIDTH = 96


@click.command("explain")
@click.argument("id_", metavar="ID")
@click.argument("where", metavar="[INVENTORY[/SUBJECT]]", required=False)
@click.option(
    "--file",
    "paths",
    type=click.Path(),
    metavar="PATH",
    multiple=True,
    help="Where inventories lie, as for scan. Repeatable.",
)
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--trace", is_flag=True, help="Show every expression with the values that were read.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@add_options(POLICY_OPTIONS[:1])
def command(
    id_: str,
    where: str | None,
    paths: Sequence[str],
    as_of: str | None,
    trace: bool,
    config: Path | None,
    folders: Sequence[Path],
) -> int:
    """Explain a control; with an inventory, explain its results there.

    ID may be a family (PLAN) or have * and ? in it (PLAN-*). INVENTORY is an id, a name, a file, or ids with
    * and ?; SUBJECT is what stands before the message in a report.

    A result is explained in a few lines: what is asked, why it fails, what to change, until when. --trace
    shows how each value came about.
    """
    workspace = open_workspace(paths, config=config, folders=folders)
    policies = find_policies(workspace, id_)
    if where is None:
        show(*(_about(policies[0], trace=trace) if len(policies) == 1 else _overview(policies)))
        return 0
    inputs = Inputs(tuple(paths), as_of=as_of)
    if trace:
        for policy in policies:
            show(*_in_full(policy, explain(workspace, policy, where, inputs)))
        return 0
    text = _answers(workspace, policies, where, inputs)
    if not text:
        raise UsageError(f"no control of {id_} has a result for {where}", hint="see `policyscan list`")
    put(text)
    return 0


def _answers(workspace: Workspace, policies: Sequence[Policy], where: str, inputs: Inputs) -> str:
    """An answer of a few lines for each result of some controls; nothing if they have none."""
    color = wants_color("auto")
    page = Page(Options(width=width(), color=color, source=source_of, spell=speller(sys.stdout)))
    for policy in policies:
        try:
            found = explain(workspace, policy, where, inputs)
        except UsageError:
            if len(policies) == 1:
                raise
            continue  # of a family, controls about another kind of inventory have nothing to say
        for one in found:
            page.gap()
            add_answer(page, policy.info, one.name, [_told(account, policy) for account in _sorted(one)])
    return page.text() if page.lines else ""


def _in_full(policy: Policy, found: Sequence[Explained]) -> Iterator[str]:
    """Every result of a control with the trace of its expressions."""
    for one in found:
        for account in _sorted(one):
            yield from _account(account, policy)
    if also := related(policy.info):
        yield from _wrapped(f"{policy.id} is {also}", "  ", first="")


def _sorted(one: Explained) -> list[Account]:
    """What is worst first, then in the order of the control."""
    return sorted(one.accounts, key=lambda account: -account.result.status.rank)


def _told(account: Account, policy: Policy) -> Told:
    return Told(account.result, _meanings(policy).get(account.result.requirement))


def _overview(policies: Sequence[Policy]) -> Iterator[str]:
    """A line for each control of a family."""
    for policy in policies:
        yield f"{policy.id:<9} {policy.info.severity.value:<9} {policy.info.title}"
    yield ""
    yield f"{plural(len(policies), 'control')}. More about one: policyscan explain ID"


# --- a control in words


def _fixes(info: PolicyInfo) -> Iterator[str]:
    """What to do about a control, and about its requirements that say it themselves."""
    yield from _wrapped(f"Fix: {info.fix}", "")
    for name, fix in info.fixes.items():
        yield from _wrapped(f"{name}: {fix}", "  ")


def _about(policy: Policy, *, trace: bool) -> Iterator[str]:
    info = policy.info
    yield f"{info.id}  {info.title}"
    yield from wrapped(
        f"{info.severity.value} · {info.origin} · about each {info.kind} · {info.file}", width()
    )
    if policy.disputes:
        yield "a rule of consistency: always on; what it puts in dispute proves nothing to any control"
    if policy.status == "preview":
        yield "a preview: in no profile, and may still change"
    if policy.replaced_by:
        yield f"deprecated: use {policy.replaced_by} instead"
    yield ""
    for need in policy.needs:
        yield from _item(need, trace=trace)
    for requirement in policy.require:
        yield from _item(requirement, trace=trace)
    yield from _wrapped(f"Why: {info.why}", "")
    yield from _fixes(info)
    for parameter in policy.declared:
        value = cel.render(policy.parameters[parameter.name])
        yield from _wrapped(f"Limit {parameter.name} = {value}: {parameter.why}", "  ", first="")
    if policy.absence_ok:
        yield from _wrapped(f"A missing fact may decide: {policy.absence_ok}", "  ", first="")
    if policy.disputes:
        texts = ", ".join(dispute.text for dispute in policy.disputes)
        yield from _wrapped(f"Disputes: {texts}", "  ", first="")
    for quote in info.quotes:
        yield from _wrapped(f"“{quote.text}” ({quote.source})", "  ", first="")
    if also := related(info):
        yield from _wrapped(f"{also[0].upper()}{also[1:]}", "  ", first="")
    if trace:
        yield ""
        yield from _expressions(policy)


def _expressions(policy: Policy) -> Iterator[str]:
    """How the control is written down, but for what it needs and requires."""
    for table in policy.tables:
        yield from _table(table)
    if policy.applies is not None:
        yield f"applies   {policy.applies.text}"
    for binding in policy.for_each:
        yield f"for each  {binding.name} in {', '.join(binding.labels)}"
    if policy.when is not None:
        yield f"when      {policy.when.text}"


def _table(table: Table) -> Iterator[str]:
    where = f"each {table.kind}" if table.for_each is None else f"{table.label} of each {table.kind}"
    yield from _wrapped(f"table     {table.name}: a row for {where}", "            ")
    for name, code in table.columns:
        yield from _wrapped(f"            {name}: {code.text}", "              ")


def _item(item: Need | Requirement, *, trace: bool) -> Iterator[str]:
    word = "requires" if isinstance(item, Requirement) else "needs"
    each = ""
    if isinstance(item, Requirement) and item.each:
        each = "".join(f" each {b.name} in {', '.join(b.labels)}:" for b in item.each)
    when = f" when {item.when.text}:" if item.when is not None else ""
    if item.means is not None:
        yield from _wrapped(f"{word:<9} {item.id}: {item.means}", "            ")
        if trace:
            text = f"{when}{each} {item.that.text}".strip()
            yield from _wrapped(text, "            ", first="            ")
    else:
        yield from _wrapped(f"{word:<9} {item.id}:{when}{each} {item.that.text}", "            ")


def _meanings(policy: Policy) -> dict[str, str | None]:
    """What each need and requirement means, by its id."""
    items: list[Need | Requirement] = [*policy.needs, *policy.require]
    items += [need for requirement in policy.require for need in requirement.needs]
    return {item.id: item.means for item in items}


def _wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    if first is None:
        first = indent if len(indent) < 4 else ""
    columns = max(min(_WIDTH, width() or _WIDTH), NARROWEST + len(indent))
    return textwrap.wrap(text, columns, initial_indent=first, subsequent_indent=indent or "  ")


# --- a result in full


def _account(one: Account, policy: Policy) -> Iterator[str]:
    result = one.result
    subject = f"/{result.subject}" if result.subject else ""
    yield f"{result.status.value.upper()}  {result.policy} {result.document}{subject}  {result.requirement}"
    yield f"  {result.message or 'holds'}"
    if means := _meanings(policy).get(result.requirement):
        yield from _wrapped(f"Test: {means}", "  ")
    yield f"  {result.span}"
    source = source_of(result.span.file)
    if source is not None:
        yield from (f"    {line}" for line in snippet(source, result.span, speller(sys.stdout)).splitlines())
    for statement in result.statements:
        yield from _wrapped(f"Only so because {spoken(statement)}, until {statement.until}", "  ")
    if result.until:
        yield f"  nothing changes this before {moment(result.until)} but new facts"
    if result.waiver is not None:
        mark = result.waiver
        yield f"  {mark.covers}, waived until {mark.expires_on} by {mark.approver}: {mark.reason}"
    for gap in result.gaps:
        if gap.question:
            yield from _wrapped(f"Ask: {gap.question}", "  ")
    if result.status in (Status.FAIL, Status.DUE, Status.WARNING):
        yield from _wrapped(f"Fix: {policy.info.fix_of(result.requirement)}", "  ")
    for trace in one.traces:
        yield ""
        yield from (f"  {line}" for line in trace_lines(trace))
    if result.basis:
        yield f"  rests on {rests_on(result.basis)}"
    if result.disputed:
        yield ""
    for fact in result.disputed:
        place = f"  {place_of(fact.span)}" if fact.span else ""
        yield f"  in dispute: {fact.path} = {value_of(fact.value)}{place}"
    if result.evidence:
        yield ""
    for read in result.evidence:
        place = f"  {place_of(read.span)}" if read.span else ""
        yield f"  read {read.path}{place}"
    yield ""
