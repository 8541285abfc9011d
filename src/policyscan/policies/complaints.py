"""What is wrong with one policy file: in, a message and a path in it; out, problems with their places."""

from __future__ import annotations

from policyscan.errors import PolicyError, PolicyscanError, SettingError
from policyscan.policies.alignment import place_in_scalar
from policyscan.policies.files import Path, PolicyFile


class Complaints:
    """Collects the problems of one file in `problems`, in the order in which they are met."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        self.problems: list[PolicyscanError] = []

    def __bool__(self) -> bool:
        return bool(self.problems)

    def value(self, message: str, path: Path, hint: str | None = None) -> None:
        """Something is wrong with the value at a path."""
        self.problems.append(PolicyError(message, at=self.file.span(path), hint=hint))

    def key(self, message: str, path: Path, hint: str | None = None) -> None:
        """Something is wrong with the key that a path ends in."""
        self.problems.append(PolicyError(message, at=self.file.key_span(path), hint=hint))

    def text(self, message: str, path: Path, start: int, end: int, hint: str | None = None) -> None:
        """Something is wrong with the characters from `start` to `end` of the text at a path."""
        file = self.file
        at = place_in_scalar(file.source, file.span(path), file.at(path), start, end)
        self.problems.append(PolicyError(message, at=at, hint=hint))

    def setting(self, name: str, message: str, *, misnamed: bool = False, hint: str | None = None) -> None:
        """Something is wrong with a parameter as configured: its place is not in this file."""
        id_ = self.file.value["id"]
        text, setting = f"{id_}, parameter {name!r}: {message}", ("parameters", id_, name)
        self.problems.append(SettingError(text, setting, misnamed=misnamed, hint=hint))
