"""What `.gitignore` files exclude, as git reads them.

In: the lines of such a file and the path of a file or folder. Out: whether it is excluded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from policyscan.errors import DocumentError
from policyscan.files.git import Repository
from policyscan.patterns import when_used
from policyscan.reading.text import read_content
from policyscan.records import NamedTuple

_WILD = re.compile(r"[*?\[\\]")
_SET = when_used(r"\[[!^]?+\]?+(?:[^\]\\]|\\.)*+\]", re.DOTALL)
_MEMBER = when_used(r"(\\.|.)(?:-(\\.|.))?", re.DOTALL)
_MOST_BYTES = 256 * 1024
"""Of one file of rules; larger ones are told and not applied, as git does with those of over 100 MB."""
_LONGEST_PATH = 4096  # in characters; a pattern that needs more can match nothing
_BOM = b"\xef\xbb\xbf"


class Rule(NamedTuple):
    """One line of a `.gitignore`: `matches` takes a path relative to that file, and its last name."""

    excludes: bool
    only_folders: bool
    matches: Callable[[str, str], bool]


class Ignore:
    """The rules that apply in a folder: those of its own `.gitignore` and of the folders above it."""

    __slots__ = ("_everything", "_files")

    def __init__(
        self, files: tuple[tuple[str, tuple[Rule, ...]], ...] = (), *, everything: bool = False
    ) -> None:
        """With `everything` nothing is left: so it is below a folder that is excluded."""
        self._files = files
        self._everything = everything

    def __bool__(self) -> bool:
        return self._everything or bool(self._files)

    @classmethod
    def above(
        cls, folder: str, repository: Repository | None, unread: list[DocumentError] | None = None
    ) -> Ignore:
        """The rules from the repository's top down to the folder above this one."""
        if repository is None:
            return cls()  # only what lies below counts
        rules = cls()
        if os.path.lexists(repository.exclude):
            rules = rules.with_rules(repository.top, repository.exclude, unread)
        folders = []
        while folder != repository.top:
            folder = os.path.dirname(folder)
            folders.append(folder)
        for one in reversed(folders):
            if os.path.lexists(os.path.join(one, ".gitignore")):
                rules = rules.with_file(one, unread)
        return rules

    def with_file(self, folder: str, unread: list[DocumentError] | None = None) -> Ignore:
        """These rules and those of the folder's own `.gitignore`, which win.

        Why it cannot be read is added to `unread`. A link is one reason: git follows none here.
        """
        return self.with_rules(folder, os.path.join(folder, ".gitignore"), unread, links=False)

    def with_rules(
        self, folder: str, path: str, unread: list[DocumentError] | None = None, *, links: bool = True
    ) -> Ignore:
        """These rules and those of a file, relative to a folder; `unread` gets why it cannot be read."""
        try:
            data = read_content(path, path, most=_MOST_BYTES, links=links).data
        except DocumentError as problem:
            if unread is not None:
                unread.append(problem)
            return self
        rules = parse(data.removeprefix(_BOM).decode("utf-8", "replace"))
        return Ignore(((os.path.join(folder, ""), rules), *self._files)) if rules else self

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path is excluded by itself; that no folder above it is, is the caller's to know."""
        if self._everything:
            return True
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
    line = _without_end(line)
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


def _without_end(line: str) -> str:
    """A line without the spaces at its end; one after a backslash belongs to the pattern."""
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return kept + " " if len(kept) < len(line) and backslashes % 2 else kept


def _matcher(pattern: str, *, anchored: bool) -> Callable[[str, str], bool] | None:
    """A test of a path, or of its last name where the pattern has no slash but at its end."""
    if not _WILD.search(pattern):
        if anchored:
            return lambda path, _name: path == pattern
        return lambda _path, name: name == pattern
    if not anchored and pattern[0] == "*" and not _WILD.search(pattern, 1):
        ending = pattern[1:]
        return lambda _path, name: name.endswith(ending)
    written = expression(pattern)
    if written is None:
        return None
    match = re.compile(written, re.DOTALL).match
    if anchored:
        return lambda path, _name: match(path) is not None
    return lambda _path, name: match(name) is not None


_FOLDERS, _STAR, _REST = "**/", "*", "**"
"""Tokens for any number of folders, any characters of one name, and all that is below."""


def expression(pattern: str) -> str | None:
    """A regular expression that matches the same paths; None for a pattern that can match nothing.

    It never tries one place twice for a star: whatever stands between two stars of a name is taken where it
    first comes (an atomic group), and so is what stands between two `**`, for a later place could only leave
    less to what follows. So the time grows with pattern times path, however many stars there are.
    """
    tokens = _tokens(pattern)
    if tokens is None or len(tokens) > 2 * _LONGEST_PATH:
        return None
    blocks: list[list[str]] = [[]]
    for token in tokens:
        if token == _FOLDERS:
            blocks.append([])
        else:
            blocks[-1].append(token)
    *others, last = blocks
    parts = [f"(?>(?:[^/]*+/)*?{_names(block)})" if at else _names(block) for at, block in enumerate(others)]
    below = last[-1:] == [_REST]
    end = _names(last[:-1]) + ".+" if below else _names(last)
    return "".join(parts) + ("(?:[^/]*+/)*?" if others else "") + end + r"\Z"


def _tokens(pattern: str) -> list[str] | None:
    """The parts of a pattern: stars, and expressions for one character each; None if it matches nothing."""
    tokens: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            at = _stars(pattern, at, tokens)
        elif char == "[":
            found = _SET.match(pattern, at)
            if found is None:
                return None  # a set without an end: git lets such a pattern match nothing
            tokens.append(_set_of_characters(found.group()))
            at = found.end()
        elif char == "\\":
            if at + 1 == len(pattern):
                return None  # an escape of nothing
            tokens.append(re.escape(pattern[at + 1]))
            at += 2
        else:
            tokens.append("[^/]" if char == "?" else re.escape(char))
            at += 1
    return tokens


def _stars(pattern: str, at: int, tokens: list[str]) -> int:
    """Adds the token for a run of stars; the offset after it."""
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    if end - at > 1 and (at == 0 or pattern[at - 1] == "/"):
        if end == len(pattern):
            tokens.append(_REST)
            return end
        if pattern[end] == "/":
            tokens.append(_FOLDERS)
            return end + 1
        if pattern[end : end + 2] == "\\/":  # one folder at least: a quirk of git's
            tokens += _FOLDERS, _STAR, "/"
            return end + 2
    tokens.append(_STAR)
    return end


def _names(tokens: list[str]) -> str:
    """The expression for parts without `**`: each name's last star may try all places, the others one."""
    parts: list[str] = []
    name: list[list[str]] = [[]]
    for one in tokens:
        if one == "/":
            parts += _name(name), "/"
            name = [[]]
        elif one == _STAR:
            name.append([])
        else:
            name[-1].append(one)
    return "".join([*parts, _name(name)])


def _name(pieces: list[list[str]]) -> str:
    first, *others = map("".join, pieces)
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle) + f"[^/]*{last}"


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
