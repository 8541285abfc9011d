"""`policyscan init`: in, a name and a handful of facts; out, a commented inventory to fill in.

What is written stands in `session/starting.py` and `session/scaffolding.py`. In a terminal the facts are
asked for; in a script options give them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from policyscan.cli.prompting import NoMoreAnswers, at_terminal, put_question
from policyscan.errors import UsageError
from policyscan.output import show
from policyscan.session.scaffolding import write_pack, write_repository
from policyscan.session.starting import PACK, Starting, id_of

FACTS = {
    "--name": ("organisation.name", "What it is called."),
    "--trade": ("organisation.sector", "Its trade."),
    "--size": ("organisation.employees_count", "How many people work there."),
    "--country": ("organisation.country", "Its country, as two letters: US."),
    "--provider": ("providers", "Who looks after its computers, by name."),
    "--time-zone": ("time_zone", "The zone in which its days are meant: America/Chicago."),
    "--currency": ("currency", "Of its amounts: USD."),
}
"""The options that say a fact: the path of each, and what `--help` says."""


def _fact_options(function: Any) -> Any:
    for name, (_, text) in reversed(FACTS.items()):
        function = click.option(name, metavar="TEXT", help=text)(function)
    return function


@click.command("init")
@click.argument("id_", metavar="[ID]", required=False)
@click.option(
    "--kind",
    metavar="KIND",
    default="client",
    show_default=True,
    help=f"What to describe: client, provider, portfolio, a kind of your own, or {PACK}.",
)
@_fact_options
@click.option("--as-of", metavar="DATE", help="The day on which the facts are true.  [default: today]")
@click.option(
    "--repo", is_flag=True, help="Write settings, hooks, a workflow and the like around it as well."
)
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: what no option says stays blank.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it instead.")
def command(
    id_: str | None,
    kind: str,
    as_of: str | None,
    repo: bool,
    yes: bool,
    output: Path | None,
    **given: str | None,
) -> int:
    """Write a short commented inventory, to fill in.

    ID becomes its id and its file's name: inventories/clients/ID.yaml, or in the folder of inventories that
    policyscan.yaml names, or beside the inventories that are here already. In a terminal a handful of facts
    is asked for, and an ID made of the name; only what is answered is written. Nothing is overwritten.

    \b
      policyscan init                          # asks
      policyscan init acme --trade retail --size 12 --time-zone Europe/London
      policyscan init our-it --kind provider
      policyscan init our-controls --kind policy-pack
      policyscan init --repo                   # policyscan.yaml, hooks, workflow, schemas, …
    """
    asks = not yes and at_terminal()
    if kind == PACK:
        show(*_pack(id_, output, [name for name, text in given.items() if text is not None]))
        return 0
    starting = Starting(as_of=as_of)
    said = _said(starting, kind, given)
    if asks and (id_ is not None or not repo):
        with suppress(NoMoreAnswers):
            _ask(starting, kind, said)
    if id_ is None and said:
        id_ = id_of(said.get(_name_of(kind), "")) or None
    if id_ is None and not repo:
        raise UsageError(
            "there is no name for the inventory", hint="give it an id, as in policyscan init acme"
        )
    if repo:
        new, kept = write_repository(Path(starting.config.root), said.get("time_zone"))
        show(*(f"wrote {_shown(path)}" for path in new))
        show(*(f"left as it is: {_shown(path)}" for path in kept))
    if id_ is not None:
        path = starting.write_inventory(id_, kind, output, said)
        show(f"wrote {path}", f"Fill in what you know, then run: policyscan scan {path}")
        show(f"What to find out first, and from whom: policyscan ask {id_}")
    return 0


def _pack(name: str | None, output: Path | None, facts: Iterable[str]) -> list[str]:
    if name is None:
        raise UsageError(
            "there is no name for the pack", hint=f"as in `policyscan init our-controls --kind {PACK}`"
        )
    for fact in facts:
        raise UsageError(f"a pack of policies has no {fact.replace('_', ' ')}", hint="leave the option out")
    new = write_pack(name, output)
    folder = output or Path(name)
    return [
        *(f"wrote {path}" for path in new),
        f"Try it: policyscan test {folder}; to use it, say `policies: [{folder}]` in policyscan.yaml",
    ]


def _name_of(kind: str) -> str:
    return "name" if kind == "portfolio" else "organisation.name"


def _said(starting: Starting, kind: str, given: dict[str, str | None]) -> dict[str, str]:
    """What options say, by path; UsageError for a fact that the kind does not have, or cannot take."""
    known = {fact.path for fact in starting.facts(kind)}
    said = {}
    for name, (of_client, _) in FACTS.items():
        text = given[name.removeprefix("--").replace("-", "_")]
        path = _name_of(kind) if name == "--name" else of_client
        if text is None:
            continue
        if path not in known:
            raise UsageError(f"{name}: nobody asks that of a {kind}", hint="leave the option out")
        starting.check(kind, path, text)
        said[path] = text
    return said


def _ask(starting: Starting, kind: str, said: dict[str, str]) -> None:
    """Asks for what options have not said; nothing but Enter leaves a fact unknown."""
    facts = [fact for fact in starting.facts(kind) if fact.path not in said]
    if facts:
        show("Press Enter for what you do not know; it stays blank, and can be filled in later.")
    for fact in facts:

        def check(text: str, path: str = fact.path) -> None:
            starting.check(kind, path, text)

        answer = put_question(fact.question, fact.example, check)
        if answer:
            said[fact.path] = answer


def _shown(path: Path) -> str:
    import os

    return os.path.relpath(path)
