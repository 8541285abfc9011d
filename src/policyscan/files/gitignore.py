"""What `.gitignore` files exclude, as git reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

_WILD = re.compile(r"[*?\[\\]")
# One piece of a pattern at a time: any number of folders, wildcards, a set of characters, an escape, text.
_PIECE = re.compile(
    r"(^\*\*/)|(/\*\*/)|(/\*\*$)|(\*+)|(\?)|(\[[!^]?+\]?+(?:[^\]\\]|\\.)*\])|\\(.)|(.)", re.DOTALL
)
_MEMBER = re.compile(r"(\\.|.)(?:-(\\.|.))?", re.DOTALL)


class Rule(NamedTuple):
    """One line of a `.gitignore`: `matches` takes a path relative to that file, and its last name."""

    excludes: bool
    only_folders: bool
    matches: Callable[[str, str], bool]


class Ignore:
    """The rules that apply in a folder: those of its own `.gitignore` and of the folders above it."""

    __slots__ = ("_files",)

    def __init__(self, files: tuple[tuple[str, tuple[Rule, ...]], ...] = ()) -> None:
        self._files = files

    def __bool__(self) -> bool:
        return bool(self._files)

    @classmethod
    def above(cls, folder: str) -> Ignore:
        """The rules from the repository's top down to the folder above this one."""
        folders = []
        current = folder
        while not os.path.lexists(os.path.join(current, ".git")):
            above = os.path.dirname(current)
            if above == current:
                return cls()  # not in a repository: only what lies below counts
            folders.append(above)
            current = above
        rules = cls()
        for one in reversed(folders):
            if os.path.isfile(os.path.join(one, ".gitignore")):
                rules = rules.with_file(one)
        return rules

    def with_file(self, folder: str) -> Ignore:
        """These rules and those of the folder's own `.gitignore`, which win."""
        try:
            with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
                rules = parse(file.read())
        except OSError:
            return self
        return Ignore(((os.path.join(folder, ""), rules), *self._files)) if rules else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path is excluded by itself; that no folder above it is, is the caller's to know."""
        name = os.path.basename(path)
        for folder, rules in self._files:
            if not path.startswith(folder):
                continue
            relative = path[len(folder) :].replace(os.sep, "/")
            for rule in reversed(rules):
                if (is_folder or not rule.only_folders) and rule.matches(relative, name):
                    return rule.excludes
        return False

    def covers(self, folder: str) -> bool:
        """Whether a folder is excluded, by itself or because one above it is."""
        while len(folder) > len(os.path.dirname(folder)):
            if self.ignores(folder, is_folder=True):
                return True
            folder = os.path.dirname(folder)
        return False


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a `.gitignore` file, in its order: the last that matches decides."""
    return tuple(rule for line in text.split("\n") if (rule := _rule(line.rstrip("\r"))) is not None)


def _rule(line: str) -> Rule | None:
    """The rule of one line; None for a comment, an empty line or a pattern that can match nothing."""
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#"):
        return None
    excludes = not line.startswith("!")
    pattern = line if excludes else line[1:]
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    matches = _matcher(pattern, anchored=anchored)
    return Rule(excludes, only_folders, matches) if matches is not None else None


def _matcher(pattern: str, *, anchored: bool) -> Callable[[str, str], bool] | None:
    """A test of a path, or of its last name where the pattern has no slash but at its end."""
    if not _WILD.search(pattern):
        if anchored:
            return lambda path, _name: path == pattern
        return lambda _path, name: name == pattern
    if not anchored and pattern[0] == "*" and not _WILD.search(pattern, 1):
        ending = pattern[1:]
        return lambda _path, name: name.endswith(ending)
    try:
        match = re.compile("".join(map(_translated, _PIECE.finditer(pattern))) + r"\Z", re.DOTALL).match
    except re.error:
        return None
    if anchored:
        return lambda path, _name: match(path) is not None
    return lambda _path, name: match(name) is not None


def _translated(piece: re.Match[str]) -> str:
    """One piece of a pattern as a regular expression."""
    leading, middle, trailing, stars, one, among, escaped, text = piece.groups()
    if leading:
        return "(?:.*/)?"
    if middle:
        return "/(?:.*/)?"
    if trailing:
        return "/.+"
    if stars:
        return "[^/]*"
    if one:
        return "[^/]"
    if among:
        return _set_of_characters(among)
    if text in {"[", "\\"}:
        return "(?!)"  # a set without an end, an escape of nothing: git lets such a pattern match nothing
    return re.escape(escaped or text)


def _set_of_characters(among: str) -> str:
    """`[abc]`, `[a-z]`, `[!abc]`: never a slash."""
    inner = among[1:-1]
    negated = inner[:1] in {"!", "^"}
    members = "".join(map(_member, _MEMBER.finditer(inner[negated:])))
    return f"(?!/)[{'^' if negated else ''}{members}]"


def _member(found: re.Match[str]) -> str:
    """A character or a range of them; a range that runs backwards holds its first character alone."""
    low, high = (part and part[-1] for part in found.groups())
    if high and low <= high:
        return f"{re.escape(low)}-{re.escape(high)}"
    return re.escape(low)
