"""Profiles that the settings assign to clients, checked: `assign:` of `policyscan.yaml`.

In: the settings, all packs as one with the profiles of the settings, and the kinds. Out: what the engine
needs to find each client's profile; Problems with all that is wrong in it, each at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from policyscan import cel
from policyscan.cel import types
from policyscan.cel.spelling import did_you_mean
from policyscan.config import Config, placed
from policyscan.engine.assigning import KIND
from policyscan.engine.plan import Assigning, Assignment, Demands
from policyscan.errors import PolicyError, PolicyscanError, Problems, SettingError
from policyscan.findings import Assigned
from policyscan.kinds.kinds import Kinds
from policyscan.policies.alignment import place_in_scalar
from policyscan.policies.asking import asked_controls
from policyscan.policies.files import PolicyFile, read
from policyscan.policies.loading import environment
from policyscan.policies.pack import Pack
from policyscan.policies.policy import Code, Policy

_NO_ABSENCE = "read the fact plainly: where it is missing, the stricter profile is asked"


def assigning(
    config: Config, pack: Pack, kinds: Kinds, default: str, asked: Callable[[tuple[str, ...]], Demands]
) -> Assigning:
    """All assignments of the settings; `default` is the profile of clients that none of them meets, and
    `asked` gives what profiles ask together."""
    file = None if config.file is None else read(config.file, config.file, "config")[0]
    assert file is not None  # or there were no assignments
    reading = _Reading(config, pack, kinds, file)
    made = [reading.made(number, asked) for number in range(len(config.assign))]
    if reading.problems:
        raise Problems(placed(config, reading.problems))
    assignments = tuple(one for one in made if one is not None)
    names = dict.fromkeys((default, *(one.said.profile for one in assignments)))
    return Assigning(assignments, default, asked, tuple(_all_of(names, default, asked)))


def _all_of(
    names: Sequence[str] | dict[str, None], default: str, asked: Callable[[tuple[str, ...]], Demands]
) -> Iterator[Policy]:
    """The controls of all profiles: of another than the default those that are about clients."""
    for name in names:
        policies = asked((name,)).policies
        yield from (one for one in policies if name == default or one.about(KIND) is not None)


class _Reading:
    """Reads the assignments of a settings file one by one, and keeps what is wrong with them."""

    def __init__(self, config: Config, pack: Pack, kinds: Kinds, file: PolicyFile) -> None:
        self.problems: list[PolicyscanError] = []
        self._written = config.assign
        self._pack = pack
        self._file = file
        self._kinds = kinds
        self._env: cel.Env | None = None

    def made(self, number: int, asked: Callable[[tuple[str, ...]], Demands]) -> Assignment | None:
        """One assignment; None where something is wrong with it."""
        written, profile = self._written[number], self._written[number]["profile"]
        span = self._file.span(("assign", number))
        if profile not in self._pack.profiles:
            names = sorted(self._pack.profiles)
            hint = did_you_mean(profile, names) or f"profiles are: {', '.join(names)}"
            self._wrong(f"there is no profile {profile!r} to assign", (number, "profile"), hint)
            return None
        if "clients" not in written and "when" not in written:
            message = f"profile {profile} is assigned to nobody"
            self._wrong(
                message, (number,), f"say to whom in `clients:` or `when:`, or `profile: {profile}` for all"
            )
            return None
        about = [policy for policy in asked((profile,)).policies if policy.about(KIND) is not None]
        if not about:
            message = f"profile {profile} has no control about clients"
            self._wrong(message, (number, "profile"), "assign one that has")
            return None
        when = self._condition(number, written["when"]) if "when" in written else None
        said = Assigned(
            profile,
            tuple(written.get("clients", ())),
            when.text if when is not None else "",
            len(asked((profile,)).policies),
            f"{span.file}:{span.line}",
            written.get("may_be_empty", False),
        )
        return Assignment(said, when, span)

    def _condition(self, number: int, text: str) -> Code | None:
        """A condition about a client, checked as `when` of a control is."""
        path = ("assign", number, "when")
        if self._env is None:
            self._env = environment(self._pack, self._kinds, KIND, {})
        env = self._env
        try:
            checked = env.check(text, expect=types.BOOL)
        except cel.CelErrors as errors:
            for error in errors.errors:
                self._at(error.message, path, text, error.start, error.end, error.hint)
            return None
        for one in asked_controls(checked.ast, env) if checked.ast is not None else ():
            message = "a profile cannot depend on what a control says: it decides which are asked"
            self._at(message, path, text, one.start, one.end, "decide it by facts of the client")
        for gap in checked.absence:
            message = "this can turn a missing fact into an answer"
            self._at(message, path, text, gap.start, gap.end, _NO_ABSENCE)
        span = self._file.span(path)
        return Code(" ".join(text.split()), checked, (KIND,), (span.file, span.line, span.column))

    def _at(
        self, message: str, path: tuple[str | int, ...], text: str, start: int, end: int, hint: str | None
    ) -> None:
        at = place_in_scalar(self._file.source, self._file.span(path), text, start, end)
        self.problems.append(PolicyError(message, at=at, hint=hint))

    def _wrong(self, message: str, place: tuple[str | int, ...], hint: str) -> None:
        self.problems.append(SettingError(message, ("assign", *place), hint=hint))
