"""Packs that settings name one by one: where those lie that are Python packages, and whether each is the one
that was meant.

In: the settings, and packs as they were read. Out: folders; a problem, at its place in the settings, for each
that is not installed, or whose version or digest is another than the one that is written there.

A package says in the group `policyscan.packs` of its entry points where its pack lies: `ours = "acme_pack"`,
or `ours = "acme_pack.controls"` for a folder in it. Nothing of it is imported: a pack is data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyscan.config import Config, placed
from policyscan.errors import PolicyscanError, Problems, SettingError
from policyscan.policies.pack import Pack, builtin_path

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "policyscan.packs"
BUILT_IN = "policyscan"
"""The name of the package that the built-in pack comes with."""
_PACK = "pack.yaml"


def folders_of(config: Config) -> list[str]:
    """The folders of the packs that settings name one by one; raises Problems for one that is not there."""
    folders: list[str] = []
    problems: list[PolicyscanError] = []
    for number, pin in enumerate(config.packs):
        try:
            folders.append(_folder_of(config, pin, ("packs", number)))
        except SettingError as problem:
            problems.append(problem)
    if problems:
        raise Problems(placed(config, problems))
    return folders


def _folder_of(config: Config, pin: Mapping[str, Any], at: tuple[str | int, ...]) -> str:
    if "path" in pin:
        return os.path.join(config.root, pin["path"])
    name: str = pin["package"]
    if name == BUILT_IN:
        return builtin_path()
    places = _installed(name)
    if not places:
        message = f"no installed package has a pack with the name {name}"
        hint = f"pip install the package that has it; its entry point in {GROUP} has this name"
        raise SettingError(message, (*at, "package"), hint=hint)
    if len(places) > 1:
        message = f"several installed packages have a pack with the name {name}: {', '.join(places)}"
        raise SettingError(message, (*at, "package"), hint="pip uninstall those that are not meant")
    (found,) = places
    if not os.path.isfile(os.path.join(found, _PACK)):
        message = f"the package of {name} is installed, and there is no {_PACK} in {found}"
        raise SettingError(message, (*at, "package"), hint="install it anew, or ask who made it")
    return found


def _installed(name: str) -> list[str]:
    """The folders that entry points of a name name."""
    from importlib.metadata import entry_points

    return sorted({_named_by(entry) for entry in entry_points(group=GROUP, name=name)})


def _named_by(entry: EntryPoint) -> str:
    """The folder that an entry point names, whether it is there or not."""
    top, _, rest = entry.value.partition(":")[0].strip().partition(".")
    parts = rest.split(".") if rest else []
    places = [str(entry.dist.locate_file(top))] if entry.dist is not None else []
    found = (os.path.join(place, *parts) for place in (*places, *_elsewhere(top)))
    return next((one for one in found if os.path.isdir(one)), os.path.join("", *places, *parts))


def _elsewhere(top: str) -> Iterator[str]:
    """Where a package lies that is used from a checkout."""
    from importlib.util import find_spec

    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return
    yield from (spec.submodule_search_locations or ()) if spec is not None else ()


def unlike(config: Config, packs: Sequence[Pack]) -> Iterator[SettingError]:
    """What is wrong with packs that are not those that the settings pin."""
    known = {os.path.realpath(pack.folder): pack for pack in packs}
    for number, pin in enumerate(config.packs):
        pack = known.get(os.path.realpath(_folder_of(config, pin, ("packs", number))))
        if pack is None:
            continue
        for key in filter(pin.__contains__, _HINTS):
            is_now = pack.version if key == "version" else f"sha256:{pack.digest}"
            if pin[key] != is_now:
                message = f"the {key} of the pack {pack.name} is {is_now}, and {pin[key]} is asked for"
                yield SettingError(message, ("packs", number, key), hint=_HINTS[key])


_HINTS = {
    "version": "install or check out the version that is asked for; or look at what changed, and write "
    "the one that is there",
    "digest": "its files are others than when this was written: look at what changed, and if it is right, "
    "write the digest that is there",
}
