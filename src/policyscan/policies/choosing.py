"""The choice of policies from a pack: in, a profile and names; out, policies, or what nobody has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from policyscan.errors import PolicyscanError, SettingError
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.findings import PolicyInfo
    from policyscan.policies.pack import Pack
    from policyscan.policies.policy import Policy


class Said(NamedTuple):
    """Where people chose policies: by an option, `--select`, or by a setting, `select`."""

    profile: str = "--profile"
    select: str = "--select"
    ignore: str = "--ignore"


def choose(
    pack: Pack,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    said: Said = Said(),  # noqa: B008 - immutable
) -> tuple[list[Policy], str, list[PolicyscanError]]:
    """The policies of a profile, or of `select`, less `ignore`; the profile's name; unknown names.

    `select` and `ignore` take ids, aliases and families (`PATCH`), and marks that several controls have in
    common: `severity:high`, `kind:client`, `origin:companion`, `framework:cis-v8`, `framework:cis-v8/7.3`,
    `tag:quick-win`; `said` is where people wrote them.
    """
    problems: list[PolicyscanError] = []
    name = profile or pack.default_profile
    if select:
        chosen = named(pack, select, said.select, problems)
    elif name:
        known = pack.profiles.get(name)
        if known is None:
            return [], name, [_unknown_profile(pack, name, said.profile)]
        chosen = _all(pack) if known.policies is None else [i for i in known.policies if i in pack.policies]
    else:
        chosen = _all(pack)
    ignored = set(named(pack, ignore, said.ignore, problems, rules=True))
    ids = sorted(set(chosen) - ignored)
    return [pack.policies[id_] for id_ in ids], name if not select else "", problems


def rules_of(pack: Pack, ignore: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids of the rules of consistency that hold, and of those that `ignore` leaves out.

    They are on in every profile and for every selection.
    """
    left_out = [id_ for id_ in pack.rules if id_ in ignore or _family(id_) in ignore]
    return [id_ for id_ in pack.rules if id_ not in left_out], left_out


def _all(pack: Pack) -> list[str]:
    return [id_ for id_ in pack.policies if id_ not in pack.previews]


def _family(id_: str) -> str:
    return id_.rpartition("-")[0]


def named(
    pack: Pack, names: Sequence[str], option: str, problems: list[PolicyscanError], *, rules: bool = False
) -> list[str]:
    """The ids of the controls that names fit; those of `rules` may be named too, and give none."""
    found: list[str] = []
    for i, name in enumerate(names):
        if ":" in name:
            ids, problem = _marked(pack, name, option, i)
            found.extend(ids if rules else (id_ for id_ in ids if id_ not in pack.previews))
            problems.extend(problem)
            continue
        if any(name in (id_, _family(id_)) for id_ in pack.rules):
            if not rules:
                problems.append(_is_rule(name, option, i))
            continue
        ids = [id_ for id_ in pack.policies if _family(id_) == name]
        one = pack.resolve(name)
        if one is not None:
            ids = [one]
        if not ids:
            problems.append(_unknown(pack, name, option, i))
        found.extend(ids)
    return found


def _marked(pack: Pack, name: str, option: str, index: int) -> tuple[list[str], list[SettingError]]:
    """The ids of the controls that have a mark such as `severity:high`; what is wrong if none has."""
    from policyscan.cel.spelling import did_you_mean

    sort, _, value = name.partition(":")
    if sort not in _MARKS:
        hint = did_you_mean(sort, _MARKS) or f"there are {', '.join(f'{mark}:…' for mark in _MARKS)}"
        return [], [SettingError(f"{option} {name}: there is no mark {sort!r}", (option, index), hint=hint)]
    marks = {id_: set(_MARKS[sort](policy.info)) for id_, policy in pack.policies.items()}
    ids = [id_ for id_, its in marks.items() if value in its]
    if ids:
        return ids, []
    known = sorted(set().union(*marks.values()))
    few = [f"{sort}:{mark}" for mark in known if "/" not in mark]
    hint = did_you_mean(value, known) or f"there are: {', '.join(few)}" if few else _without_marks(sort)
    return [], [SettingError(f"{option} {name}: no control has this mark", (option, index), hint=hint)]


def _without_marks(sort: str) -> str:
    """What to do where no control has any mark of a sort."""
    has = "tags" if sort == "tag" else sort
    return f"no control has any {has}; see `policyscan list` for their ids, and --help for other marks"


def _frameworks(info: PolicyInfo) -> Iterator[str]:
    for framework, ids in info.related.items():
        yield framework
        yield from (f"{framework}/{id_}" for id_ in ids)


_MARKS: dict[str, Callable[[PolicyInfo], Iterable[str]]] = {
    "severity": lambda info: [info.severity.value],
    "kind": lambda info: filter(None, [info.kind, info.also]),
    "origin": lambda info: [info.origin],
    "framework": _frameworks,
    "tag": lambda info: info.tags,
}


def _is_rule(name: str, option: str, index: int) -> SettingError:
    message = f"{option} {name}: rules of consistency are no controls: they hold whatever is chosen"
    return SettingError(message, (option, index), hint="choose controls by their ids; see `policyscan list`")


def _unknown(pack: Pack, name: str, option: str, index: int) -> SettingError:
    from policyscan.cel.spelling import did_you_mean

    ids = [*pack.policies, *pack.rules]
    hint = did_you_mean(name.upper(), [*ids, *map(_family, ids)]) or "see `policyscan list`"
    message = f"{option} {name}: there is no such control or family"
    return SettingError(message, (option, index), hint=hint)


def _unknown_profile(pack: Pack, name: str, said: str) -> SettingError:
    from policyscan.cel.spelling import did_you_mean

    known = f"profiles are: {', '.join(sorted(pack.profiles)) or 'none in this pack'}"
    near = did_you_mean(name, pack.profiles)
    hint = f"{near} {known}" if near else known
    return SettingError(f"there is no profile {name!r}", (said,), hint=hint)
