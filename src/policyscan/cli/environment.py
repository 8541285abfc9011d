"""Options from the environment: `POLICYSCAN_SCAN_FAIL_ON=high` is `policyscan scan --fail-on high`.

In: a command and the environment. Out: the variables that its options take, and notes. A variable that looks
like an option of the command and is none is an error: passed over, it would let a scan ask for less than was
meant.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from policyscan.errors import UsageError

_PREFIX = "POLICYSCAN_"
_NO_OPTIONS = {"POLICYSCAN_CACHE_DIR"}  # where things are kept, which no option of `policyscan cache` is


def heed(name: str, command: click.Command) -> list[str]:
    """What is to be told of the variables that a command meets, after naming each as its option is named.

    UsageError for a variable that begins like one of the command's, and is none.
    """
    given = [variable for variable, value in os.environ.items() if variable.startswith(_PREFIX) and value]
    if not given:
        return []
    lead = f"{_PREFIX}{name.upper()}_"
    known = {lead + option: option for option in _options(command, lead)}
    for variable in sorted(given):
        if variable.startswith(lead) and variable not in known and variable not in _NO_OPTIONS:
            _refuse(variable, name, lead, known.values())
    used = [variable for variable in sorted(given) if variable in known]
    notes = [f"note: the environment decides, too: {', '.join(used)}"] if used else []
    return notes + [
        f"note: {variable} is set, and is no option; did you mean {lead + option}?"
        for variable in sorted(given)
        if (option := variable.removeprefix(_PREFIX)) in known.values()
    ]


def _options(command: click.Command, lead: str) -> Iterable[str]:
    """What variables call the options of a command: the names of its long options, and click's own."""
    for param in command.params:
        if isinstance(param, click.Option) and param.name:
            option = max(param.opts, key=len).lstrip("-").replace("-", "_").upper()
            param.envvar = lead + option
            yield option
            yield param.name.upper()


def _refuse(variable: str, name: str, lead: str, options: Iterable[str]) -> None:
    from policyscan.cel.spelling import nearest

    near = nearest(variable.removeprefix(lead), options)
    hint = f"did you mean {lead + near}?" if near else f"see `policyscan {name} --help`, or unset it"
    raise UsageError(f"{variable} is set, and `policyscan {name}` has no such option", hint=hint)
