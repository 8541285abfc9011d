"""`policyscan waivers`: in, inventories; out, their exceptions with the state of each, and the code.

What they are is worked out in `session/exceptions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from policyscan.cli.options import INPUT_OPTIONS, AnyPath, add_options, format_option, ids_in
from policyscan.cli.terminal import width
from policyscan.names import name_of
from policyscan.output import put, show
from policyscan.reporters.layout import hanging
from policyscan.reporters.wording import place, plural
from policyscan.session.exceptions import ListedWaiver, list_waivers
from policyscan.session.options import Inputs, ScanOptions

_INDENT = "    "
_MOST = 6  # subjects of a waiver that are named


@click.command("waivers")
@add_options(INPUT_OPTIONS[:2], INPUT_OPTIONS[3:])
@click.option("--policies", "folders", type=AnyPath(), multiple=True, help="A folder of your own policies.")
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Tell of this inventory only. Repeatable."
)
@format_option(("text", "json"))
def command(**given: Any) -> int:
    """List the exceptions of inventories, with the state of each, its age, and what it covers.

    PATHS are inventories or folders of them; without any, `inventories/`, else the current folder. Patterns
    are shown as what they stand for.

    Exit codes: 2 something could not be read; 1 a waiver is expired, not needed, exceeded or has no effect
    for another reason; 0 otherwise.
    """
    inputs = Inputs(given["paths"], given["config"], as_of=given["as_of"])
    found = list_waivers(ScanOptions(inputs, folders=given["folders"], clients=ids_in(given["clients"])))
    if given["format_"] == "json":
        from policyscan.reporters.json_report import dumps, place_object

        shown = [
            {
                **{key: str(value) for key, value in _plain(one)},
                "state": one.state.value,
                "name": one.name,
                "documents": list(one.documents),
                "age_days": one.age_days,
                "days_left": one.days_left,
                "covers": list(one.covers),
                "message": one.message,
                **place_object(one.span),
            }
            for one in found.waivers
        ]
        put(dumps(shown) + "\n", exact=True)
    else:
        columns = width()
        show(*(line for one in found.waivers for line in _lines(one, columns)))
        show(f"{plural(len(found.waivers), 'waiver')}")
    if found.problems:
        from policyscan.cli.main import show_problems

        show_problems(found.problems)
    return found.exit_code


def _plain(one: ListedWaiver) -> Iterator[tuple[str, Any]]:
    for key in (
        "policy",
        "subject",
        "requirement",
        "reason",
        "ticket",
        "approved_on",
        "expires_on",
        "accept",
    ):
        if key in one.item:
            yield key, one.item[key]
    for key in ("requested_by", "approved_by"):
        who = one.item.get(key)
        if who is not None:
            yield key, who.get("id", "") if isinstance(who, dict) else who
            if name := name_of(who):
                yield f"{key}_name", name


def _lines(one: ListedWaiver, columns: int | None) -> Iterator[str]:
    """`active            PATCH-02/xr-01, until 2026-12-31 (61 days), approved 253 days ago by p-ames`, and
    what it covers, in lines of at most so many columns."""
    said = dict(_plain(one))
    about = [one.name]
    if one.days_left is not None:
        left = f"{plural(one.days_left, 'day')}" if one.days_left >= 0 else "over"
        about.append(f"until {said['expires_on']} ({left})")
    if one.age_days is not None and "approved_by" in said:
        who = said.get("approved_by_name", said["approved_by"])
        ago = f"{plural(one.age_days, 'day')} ago" if one.age_days >= 0 else f"from {said['approved_on']} on"
        about.append(f"approved {ago} by {who}")
    if "ticket" in said:
        about.append(f"ticket {said['ticket']}")
    yield from hanging(f"{one.state.value:<18}", ", ".join(about), columns)
    more = f" and {len(one.covers) - _MOST} more" if len(one.covers) > _MOST else ""
    if one.covers:
        yield from hanging(_INDENT, f"covers {', '.join(one.covers[:_MOST])}{more}", columns)
    if one.message:
        yield from hanging(_INDENT, one.message, columns)
    yield f"{_INDENT}{place(one.span)}"
