"""What every command needs of what is shipped, made once in a process of tests.

A command reads and checks the shipped controls, or opens them as they were kept, and makes decoders of the
shipped kinds: longer than most of what tests run it for. A process of a user's runs one command; one of tests
runs thousands. So what depends on nothing but shipped files, which no test changes, is handed on from one
command to the next. All else, packs and kinds of a test's own among them, is made as ever, and what has a
folder of its own for what is kept (`POLICYSCAN_CACHE_DIR`) reads and writes it as ever.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import pytest

from policyscan import store
from policyscan.errors import PolicyscanError
from policyscan.kinds import kinds as kinds_module
from policyscan.kinds.kinds import BUILT_IN, Kind, Kinds
from policyscan.policies import loading
from policyscan.policies.pack import Pack, builtin_path
from policyscan.session import workspace
from policyscan.store import Store

Loaded = tuple[Pack | None, list[PolicyscanError]]
SHIPPED_KINDS = {f"{kinds_module._SCHEMAS}/{name}.schema.json" for name in BUILT_IN}

SHARED: set[str] = set()
"""The folder for what is kept that all tests share; one that a test has for itself is not among these."""


def install(patch: pytest.MonkeyPatch) -> None:
    """Put these in the place of what makes them each time."""
    _stamps(patch)
    _kinds(patch)
    _checked(patch)
    _kept(patch)


def _stamps(patch: pytest.MonkeyPatch) -> None:
    """The names, sizes and times of the files of the code."""
    original, package = store._stamps, store._PACKAGE
    made = original(package)
    patch.setattr(store, "_stamps", lambda folder: made if folder == package else original(folder))


def _kinds(patch: pytest.MonkeyPatch) -> None:
    """What follows from a shipped schema alone. Types refer to the other kinds of a workspace."""
    made: dict[tuple[str, str], Any] = {}
    for name in ("shape", "decoder", "members", "questions", "descriptions"):
        original = vars(Kind)[name].func

        def once(kind: Kind, name: str = name, original: Any = original) -> Any:
            if kind.file not in SHIPPED_KINDS:
                return original(kind)
            key = kind.file, name
            if key not in made:
                made[key] = original(kind)
            return made[key]

        shared = cached_property(once)
        shared.__set_name__(Kind, name)
        patch.setattr(Kind, name, shared)


def _checked(patch: pytest.MonkeyPatch) -> None:
    """The shipped pack, from its files."""
    original, made = loading.load_pack, dict[str, Loaded]()

    def once(folder: Any, kinds: Kinds, **about: Any) -> Loaded:
        if os.fspath(folder) != builtin_path():
            return original(folder, kinds, **about)
        files, key = about.pop("files", None), _about(kinds, about)
        if key not in made:
            made[key] = original(folder, kinds, **about, files=files)
        pack, problems = made[key]
        return pack, list(problems)

    patch.setattr(loading, "load_pack", once)


def _kept(patch: pytest.MonkeyPatch) -> None:
    """The shipped pack, as it was kept in the folder that tests share."""
    original, made = workspace.load_cached, dict[str, Loaded]()

    def once(folder: str, kinds: Kinds, *, store: Store | None, **about: Any) -> Loaded:
        if store is None or store.folder not in SHARED or folder != builtin_path():
            return original(folder, kinds, store=store, **about)
        key = _about(kinds, about)
        if key not in made:
            made[key] = original(folder, kinds, store=store, **about)
        pack, problems = made[key]
        return pack, list(problems)

    patch.setattr(workspace, "load_cached", once)


def _about(kinds: Kinds, about: dict[str, Any]) -> str:
    """All that a checked pack depends on beside its files: parameters, its name for people, and the kinds."""
    return repr((sorted(about.items()), [(name, kinds.version(name)) for name in kinds.names]))
