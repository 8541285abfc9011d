"""What can go wrong in a way that a person can mend: a message, its place, and what to do.

In: what another module has found. Out: errors that `cli` prints and that end in exit 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyscan.source import Span


class PolicyscanError(Exception):
    """One problem. `at` is its place, `hint` what to do about it; both may be unknown."""

    def __init__(self, message: str, *, at: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint

    @property
    def problems(self) -> Sequence[PolicyscanError]:
        """All that is wrong, in the order of its places: this one, unless there are several."""
        return (self,)

    @property
    def file(self) -> str | None:
        """The file that it is in, as people see its name; None if it has no place."""
        return self.at.file if self.at is not None else None

    @property
    def line(self) -> int | None:
        """The line that it begins on, from 1; None if it has no place."""
        return self.at.line if self.at is not None else None

    @property
    def column(self) -> int | None:
        """The character of the line that it begins at, from 1; None if it has no place."""
        return self.at.column if self.at is not None else None

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


def _again(
    made: type[PolicyscanError], args: tuple[object, ...], state: dict[str, object]
) -> PolicyscanError:
    """An error as another process raised it."""
    error = made.__new__(made, *args)
    error.__dict__.update(state)
    return error


class UsageError(PolicyscanError):
    """The command line or the environment asks for something that cannot be done."""


class NothingChanged(UsageError):
    """Git was asked, and nothing that inventories rest on changed: there is nothing to report on."""


class ConfigError(PolicyscanError):
    """`policyscan.yaml`, a profile or a pack is wrong."""


class SettingError(ConfigError):
    """A setting that fits no control; `setting` is the way to it in `policyscan.yaml`, which knows the place.

    `misnamed`: it is the last key of the way that is wrong, not what it says.
    """

    def __init__(
        self, message: str, setting: tuple[str | int, ...], *, misnamed: bool = False, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        self.misnamed = misnamed


class DocumentError(PolicyscanError):
    """A file or document cannot be read, or is not what its kind's schema says."""


class PolicyError(PolicyscanError):
    """A policy, its definitions or its tests are wrong."""


class Problems(PolicyscanError):
    """Several problems found together, in the order of their places; what has no place may follow from the
    others, and comes last."""

    def __init__(self, problems: Iterable[PolicyscanError]) -> None:
        self._problems = sorted(problems, key=lambda p: (p.at is None, p.at or ("",), p.message))
        super().__init__("\n".join(str(p) for p in self._problems))

    @property
    def problems(self) -> Sequence[PolicyscanError]:
        """All that is wrong, in the order of its places."""
        return self._problems

    def __str__(self) -> str:
        return self.message
