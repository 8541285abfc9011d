"""`policyscan.yaml`: where inventories and policies lie, the profile, and other settings of a repository.

In: a path, or where to look for the file. Out: a `Config`, the defaults where there is no file; ConfigError
with its place for what is wrong in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policyscan.cel.clock import is_zone
from policyscan.errors import ConfigError, PolicyscanError, Problems, SettingError
from policyscan.patterns import when_used
from policyscan.policies.pack import asked_of_evidence
from policyscan.reading.text import read_content, top
from policyscan.records import NamedTuple
from policyscan.source import Span
from policyscan.store import Store

FILE_NAMES = ("policyscan.yaml", ".policyscan.yaml")
_ALIKE = when_used(  # Policyscan.YAML, policy-scan.yaml, "policyscan (1).yaml", policyscan.yml.txt
    r"""\.?policy[-_ ]?scan
        (?:\ ?\(\d+\)|[-_ ]+(?:copy|kopie|copie)(?:\ ?\(?\d+\)?)?)?
        \.(?:ya?ml|json[c5]?|toml|ini|cfg)(?:\.txt)?(?P<kept>~|\.(?:bak|backup|old|orig|save|disabled))?""",
    re.VERBOSE | re.IGNORECASE,
)


_START = 64  # bytes by which it is told what a file is
_WRITTEN = (
    b'{"version": 1,\n"scan": {',
    b'{"type": "scan", "version": 1',
    b'{"$schema":"https://json.schemastore.org/sarif',
)
"""How JSON begins that policyscan writes: reports, JSON Lines, SARIF."""


class ExchangeRates(NamedTuple):
    """At which rates amounts of different currencies are compared: of a day (ISO), as published by `source`.

    `worth` is what one unit of each currency is worth in `currency`, that one included.
    """

    as_of: str
    source: str
    currency: str
    worth: Mapping[str, float]


class Config(NamedTuple):
    """The settings of a repository. Paths are relative to `root`, the folder of the configuration file."""

    root: str
    file: str | None = None
    inventories: tuple[str, ...] = ("inventories",)
    policies: tuple[str, ...] = ()
    packs: tuple[Mapping[str, Any], ...] = ()
    builtin: bool = True
    kinds: tuple[str, ...] = ()
    profile: str | None = None
    profiles: Mapping[str, Mapping[str, Any]] = {}
    assign: tuple[Mapping[str, Any], ...] = ()
    time_zone: str = "UTC"
    fail_on: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    companions: bool = True
    evidence: tuple[str, int | None] | None = None
    max_taken_away: int | None = None
    max_waiver_days: int | None = None
    jobs: int | None = None
    parameters: Mapping[str, Mapping[str, Any]] = {}
    exchange_rates: ExchangeRates | None = None


def find_root(start: str) -> str:
    """The nearest folder, from `start` upwards, with a configuration file (or what looks like one) or a
    `.git`; else the one that the nearest `inventories` is in; else `start`."""
    folder = own = start if os.path.isdir(start) else os.path.dirname(start)
    while not _settings(folder) and not any(_misnamed(folder)):
        above = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        if above == folder:
            return _above_inventories(own) or own
        folder = above
    return folder


def _above_inventories(folder: str) -> str | None:
    above, name = os.path.split(folder)
    if not name:
        return None
    return above if name == "inventories" else _above_inventories(above)


def load(
    start: str | os.PathLike[str], explicit: str | os.PathLike[str] | None = None, store: Store | None = None
) -> Config:
    """The configuration that holds at a place: a file named on the command line, the nearest one, or none."""
    if explicit is not None:
        if not os.path.isfile(explicit):
            raise ConfigError(f"{explicit}: there is no such configuration file")
        return _load(os.fspath(explicit), os.path.dirname(os.path.realpath(explicit)), store)
    root = find_root(os.path.realpath(start))
    paths = _settings(root)
    if misnamed := sorted(_misnamed(root)):
        message = f"{' and '.join(shown(os.path.join(root, name)) for name in misnamed)} "
        message += (
            "looks like settings and is not read"
            if len(misnamed) == 1
            else "look like settings and are not read"
        )
        what = "it" if len(misnamed) == 1 else "one of them"
        raise ConfigError(message, hint=f"rename {what} to {FILE_NAMES[0]}, or name it with --config")
    if len(paths) > 1:
        message = f"{' and '.join(map(shown, paths))} are both configurations of this folder"
        raise ConfigError(message, hint="delete one of them, or name one with --config")
    if paths:
        _refuse_strangers(paths[0], start)
        _judge(paths[0], root)
    return _load(paths[0], root, store) if paths else Config(root)


def _settings(folder: str) -> list[str]:
    """The configuration files of a folder, of which there should be one."""
    return [path for name in FILE_NAMES if os.path.lexists(path := os.path.join(folder, name))]


def _misnamed(folder: str) -> Iterator[str]:
    """The names in a folder that look like settings and are none; what an editor keeps of settings counts
    where there are none beside it."""
    try:
        names = os.listdir(folder)
    except OSError:  # a folder above that may not be looked into has nothing for this one
        return
    for name in names:
        if name in FILE_NAMES or name.lstrip(".")[:6].lower() != "policy":
            continue
        found = _ALIKE.fullmatch(name)
        if found and not (found["kept"] and _settings(folder)) and not _is_output(folder, name):
            yield name


def _is_output(folder: str, name: str) -> bool:
    """Whether a file is what policyscan itself wrote: a report, an outlook or a log of results."""
    if not name.endswith(".json"):
        return False
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read(_START).startswith(_WRITTEN)
    except OSError:
        return False


def _refuse_strangers(path: str, start: str | os.PathLike[str]) -> None:
    """ConfigError for settings that somebody else put where they decide, such as a folder above that all may
    write to. Whoever owns what is scanned may decide, as in a checkout that a container sees."""
    if not hasattr(os, "geteuid"):
        return
    mine = {0, os.geteuid(), os.stat(start).st_uid, os.stat(os.curdir).st_uid}
    owner = os.lstat(path).st_uid
    if owner not in mine:
        message = f"{shown(path)} decides here, and it belongs to another user (number {owner})"
        raise ConfigError(message, hint="name it with --config if you trust it, or delete it")


def _judge(path: str, root: str) -> None:
    """Refuses settings that are a link out of the repository: messages show lines of them."""
    from policyscan.files.discovery import lies_in
    from policyscan.files.git import Repository

    if not os.path.islink(path):
        return
    real, repository = os.path.realpath(path), Repository.around(root, ())
    if os.path.exists(real) and not lies_in(real, repository.top if repository else root):
        message = f"{shown(path)} is a link that leads out of the repository: it was not followed"
        raise ConfigError(message, hint="put the file itself here, or name it with --config")


def _load(path: str, root: str, store: Store | None) -> Config:
    name = shown(path)
    content = read_content(path, name)
    entry = store.name("config", content.data) if store is not None else None
    kept = store.get(entry) if store is not None and entry is not None else None
    if kept is not None and not any(_problems(root, kept, lambda _: top(name))):
        return _config(name, root, kept)
    from policyscan.policies.files import parse

    file, problems = parse(content, "config")
    if file is None:
        raise Problems(problems)
    errors = list(_problems(root, file.value, file.span))
    if errors:
        raise Problems(errors)
    if store is not None and entry is not None:
        store.put(entry, file.value)
    return _config(name, root, file.value)


def shown(path: str) -> str:
    """The path of a file from the current folder, with forward slashes."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # on another drive
        return path


def placed(config: Config, problems: Sequence[PolicyscanError]) -> list[PolicyscanError]:
    """The same problems, those with settings at their places in the configuration file."""
    wrong = [p for p in problems if isinstance(p, SettingError) and p.setting[0] in Config._fields]
    if wrong and config.file is not None:
        from policyscan.policies.files import read

        file, _ = read(config.file, config.file, "config")
        for problem in wrong:
            if file is not None:
                problem.at = (file.key_span if problem.misnamed else file.span)(problem.setting)
    return list(problems)


def _problems(
    root: str, content: Mapping[str, Any], span: Callable[[Sequence[str | int]], Span]
) -> Iterator[PolicyscanError]:
    """What is wrong although the file has the right shape."""
    zone = content.get("time_zone", "UTC")
    if not is_zone(zone):
        hint = "write a name such as Europe/Berlin"
        yield ConfigError(f"{zone!r} is not a time zone", at=span(("time_zone",)), hint=hint)
    yield from _rate_problems(content.get("exchange_rates"), span)
    for key in ("inventories", "policies", "kinds"):
        for i, written in enumerate(content.get(key, ())):
            yield from _path_problem(root, written, span((key, i)))
    for i, pin in enumerate(content.get("packs", ())):
        if ("path" in pin) == ("package" in pin):
            message = "a pack is named by its path or by its package, and this has both or neither"
            hint = "path is a folder below this file's, package the name of an installed one"
            yield ConfigError(message, at=span(("packs", i)), hint=hint)
        elif "path" in pin:
            yield from _path_problem(root, pin["path"], span(("packs", i, "path")))


def _rate_problems(
    rates: Mapping[str, Any] | None, span: Callable[[Sequence[str | int]], Span]
) -> Iterator[PolicyscanError]:
    if rates is None:
        return
    from policyscan.cel.values import Date

    try:
        Date.parse(rates["as_of"])
    except ValueError:
        message = f"{rates['as_of']} is no day of the calendar"
        yield ConfigError(message, at=span(("exchange_rates", "as_of")), hint="write 2026-10-31")
    if rates["rates"].get(rates["currency"], 1) != 1:
        message = f"one {rates['currency']} is worth 1 {rates['currency']}"
        at = span(("exchange_rates", "rates", rates["currency"]))
        yield ConfigError(message, at=at, hint="leave it out: all rates are in this currency")


def _config(name: str, root: str, content: Mapping[str, Any]) -> Config:
    return Config(
        root=root,
        file=name,
        inventories=tuple(content.get("inventories", ("inventories",))),
        policies=tuple(content.get("policies", ())),
        packs=tuple(content.get("packs", ())),
        builtin=content.get("builtin_policies", True),
        kinds=tuple(content.get("kinds", ())),
        profile=content.get("profile"),
        profiles=content.get("profiles", {}),
        assign=tuple(content.get("assign", ())),
        time_zone=content.get("time_zone", "UTC"),
        fail_on=content.get("fail_on"),
        select=tuple(content.get("select", ())),
        ignore=tuple(content.get("ignore", ())),
        companions=content.get("companions", True),
        evidence=asked_of_evidence(content.get("evidence")),
        max_taken_away=content.get("max_taken_away"),
        max_waiver_days=content.get("max_waiver_days"),
        jobs=content.get("jobs"),
        parameters=content.get("parameters", {}),
        exchange_rates=_rates(content.get("exchange_rates")),
    )


def _rates(written: Mapping[str, Any] | None) -> ExchangeRates | None:
    if written is None:
        return None
    currency = written["currency"]
    worth = {currency: 1.0, **{code: float(rate) for code, rate in written["rates"].items()}}
    return ExchangeRates(written["as_of"], written["source"], currency, worth)


def _path_problem(root: str, written: str, at: Span) -> list[PolicyscanError]:
    """A path of the configuration must exist below its folder."""
    if "\0" in written:  # YAML has an escape for it, and no system a file
        return [ConfigError(f"{written!r} is no path", at=at, hint="no name of a file has U+0000 in it")]
    path, folder = os.path.realpath(os.path.join(root, written)), os.path.realpath(root)
    if path != folder and not path.startswith(os.path.join(folder, "")):
        return [ConfigError(f"{written!r} lies outside the folder of the configuration", at=at)]
    if not os.path.exists(path):
        return [
            ConfigError(f"{written!r} does not exist", at=at, hint="paths are relative to this file's folder")
        ]
    return []
