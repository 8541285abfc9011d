"""What somebody meant by an option that a command does not have: other commands, or other tools, do.

In: click's error about the option. Out: a sentence that says how the command is told the same, or which
command can be; nothing where nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_INVENTORIES = frozenset({"--client", "--clients", "--inventory"})
_PATHS = frozenset({"--file", "--path", "--paths", "--inventories"})
# What others call it, and what we do, where the command has that.
_OURS = {
    **dict.fromkeys(_INVENTORIES, "--client"),
    **dict.fromkeys(_PATHS, "--file"),
    **dict.fromkeys(("--control", "--controls", "--policy", "--check", "--id", "--include"), "--select"),
    **dict.fromkeys(("--exclude", "--skip", "--skip-check"), "--ignore"),
    **dict.fromkeys(("--date", "--day", "--today", "--now"), "--as-of"),
    **dict.fromkeys(("--output-format", "--json", "--csv"), "--format"),
    **dict.fromkeys(("--out", "--outfile", "--output-file"), "--output"),
    **dict.fromkeys(("--silent", "--quite"), "--quiet"),
    **dict.fromkeys(("--soft-fail", "--no-fail"), "--exit-zero"),
    **dict.fromkeys(("--policy-dir", "--policies-dir", "--pack"), "--policies"),
    "--no-color": "--color never",
    "--parallel": "--jobs",
}


def meant(error: click.NoSuchOption, commands: click.Group) -> str | None:
    """What to write instead of an option that there is not; the command is one of some, or all of them."""
    context, name = error.ctx, error.option_name
    if context is None:
        return None
    having = [one for one in commands.list_commands(context) if name in _names(commands, one)]
    if context.command is commands:
        return f"options follow the command, as in policyscan {having[0]} {name}" if having else None
    said = _said_otherwise(context.command, name, context.command_path)
    if said is None and having:
        said = f"{context.command_path} has no {name}; {_listed(having)}"
    return said


def _said_otherwise(command: click.Command, name: str, path: str) -> str | None:
    """How a command is told what an option of that name says elsewhere."""
    usage = f"{path} {' '.join(_arguments(command))}"
    if name in _INVENTORIES and any(_is_inventory(one) for one in _arguments(command)):
        return f"an inventory is named without an option: {usage}"
    if name in _PATHS and any("PATHS" in one for one in _arguments(command)):
        return f"paths are named without an option: {usage}"
    ours = _OURS.get(name, "")
    options = _options(command)
    if ours.partition(" ")[0] in options and ours != name:
        return f"{path} calls that {ours}"
    if name in _INVENTORIES and "--file" in options:
        return f"{path} takes the file of the inventory: --file PATH"
    return None


def _names(commands: click.Group, name: str) -> list[str]:
    found = commands.get_command(click.Context(commands), name)
    return _options(found) if found is not None else []


def _options(command: click.Command) -> list[str]:
    return [name for one in command.params if isinstance(one, click.Option) for name in _spellings(one)]


def _spellings(option: click.Option) -> Iterator[str]:
    yield from option.opts
    yield from option.secondary_opts


def _arguments(command: click.Command) -> list[str]:
    return command.collect_usage_pieces(click.Context(command))[1:]


def _is_inventory(argument: str) -> bool:
    return "INVENTORY" in argument or "CLIENTS" in argument


def _listed(commands: list[str]) -> str:
    """`scan and due have it`."""
    first, last = commands[:-1], commands[-1]
    return f"{', '.join(first)} and {last} have" if first else f"policyscan {last} has"
