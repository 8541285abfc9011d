"""What lies in a pack's folder: every file read once, and what looks like a control and is none.

In: the path of a folder. Out: `PackFiles` by their paths in it, and problems for names and places where no
policy is found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from policyscan.errors import DocumentError, PolicyError, PolicyscanError
from policyscan.files.discovery import lies_in
from policyscan.files.git import Repository
from policyscan.patterns import when_used
from policyscan.reading.text import Content, cannot_read, read_content, top
from policyscan.records import NamedTuple

ABOUT, DEFINITIONS = "pack.yaml", "definitions.yaml"
RULES = "consistency"
"""The folder of a pack's rules of consistency."""
FORMS = "questionnaires"
"""The folder of what insurers and schemes ask, and of which controls speak to it."""
_SUFFIXES = (".yaml", ".yml", ".json")
_DEPTH = 2  # of folders in a pack; what lies deeper than a family is only told to be misplaced

_REQUIRE = when_used(r"""^["']?require["']?[ \t]*:""", re.MULTILINE)
_BRACES = when_used(r"\s*\{")
_KEYS = [when_used(rf"""[{{,]\s*["']?{key}["']?\s*:""") for key in ("id", "require")]
# What editors and mail programs make of PATCH-01.yaml, and what people make of PATCH-01.test.yaml.
_RENAMED = when_used(
    r"([A-Z]+-[0-9]+)\.(?:ya?ml|json)?[.~].+|([A-Z]+-[0-9]+)\.(?:yam|ymal|yamll|yaml~|jsonc)"
)
_TESTS = ".test.yaml"
_TEST = when_used(r"(.+?)[._-]tests?\.(?:ya?ml|json)", re.IGNORECASE)


class PackFiles(NamedTuple):
    """The files of a pack as they were read: what is checked, and what a kept pack is found by, are the same
    bytes. Tests and hidden files are none of them.

    `contents` by path relative to the folder, in a fixed order; `odd` are paths of files that are named like
    a control and are not read; `problems` tell what could not be read.
    """

    folder: str
    shown: str
    contents: dict[str, Content]
    odd: list[str]
    problems: list[PolicyscanError]

    def named(self, relative: str) -> str:
        """A path in the pack as people see it."""
        return f"{self.shown}/{relative}" if self.shown else relative

    @property
    def policies(self) -> list[str]:
        """The paths of the files that are policies, in the order of their names."""
        return [path for path in self._in_folders() if not path.startswith((f"{RULES}/", f"{FORMS}/"))]

    @property
    def rules(self) -> list[str]:
        """The paths of the files that are rules of consistency, in the order of their names."""
        return [path for path in self._in_folders() if path.startswith(f"{RULES}/")]

    @property
    def questionnaires(self) -> list[str]:
        """The paths of the files that are questionnaires, in the order of their names."""
        return [path for path in self._in_folders() if path.startswith(f"{FORMS}/")]

    def _in_folders(self) -> Iterator[str]:
        return (path for path in self.contents if path.count("/") == 1 and path.endswith(".yaml"))

    def strangers(self) -> Iterator[PolicyError]:
        """What its author believes to be a control, or to hold for controls, and is not read."""
        for path in self.contents:
            stem, folder = path.rpartition("/")[2].partition(".")[0].lower(), path.rpartition("/")[0]
            rule = f"{stem}.yaml"
            if not folder and rule in {ABOUT, DEFINITIONS}:
                if path != rule:
                    yield self._told(
                        path, f"this is not read: its name is not {rule}", f"rename it to {rule}"
                    )
            elif not (path.count("/") == 1 and path.endswith(".yaml")) and _is_policy(self.contents[path]):
                message = "this is written like a policy, but lies where no policy is looked for"
                yield self._told(path, message, "policies are files like PATCH/PATCH-01.yaml")
        for path in self.odd:
            message = "this is named like a policy, but its name does not end in .yaml"
            yield self._told(path, message, "rename it, or delete it")

    def _told(self, path: str, message: str, hint: str) -> PolicyError:
        return PolicyError(message, at=top(self.named(path)), hint=hint)


def survey(folder: str, shown: str) -> PackFiles:
    """The files of a pack; raises OSError if its folder cannot be read."""
    found = PackFiles(folder, shown, {}, [], [])
    inside = _inside(folder)
    for relative, is_link in _walk(found, "", inside):
        full, name = os.path.join(folder, relative), relative.rpartition("/")[2]
        if not name.lower().endswith(_SUFFIXES):
            if is_link and "." not in name and not os.path.exists(full):
                found.problems.append(_nothing(found.named(relative)))
            elif (match := _RENAMED.fullmatch(name)) and not os.path.exists(_right_name(full, name, match)):
                found.odd.append(relative)
            continue
        if test_of(name) is not None:
            continue
        try:
            if is_link:
                _judge(full, found.named(relative), inside)
            found.contents[relative] = read_content(full, found.named(relative))
        except DocumentError as problem:
            if not name.lower().endswith(".json"):  # it would be no policy anyway
                found.problems.append(problem)
    return found


def test_of(name: str) -> str | None:
    """The id of the policy that a file's name says it tests; None if it is no test's."""
    if name.endswith(_TESTS) and name != _TESTS:  # as nearly all are called
        return name.removesuffix(_TESTS)
    match = _TEST.fullmatch(name) if "test" in name.lower() else None
    return match.group(1) if match else None


def tests_in(folder: str) -> list[str]:
    """The paths of the tests in a pack, relative to it, those with other endings than .test.yaml too."""
    found = PackFiles(folder, "", {}, [], [])
    walk = _walk(found, "", _inside(folder))
    return [path for path, _ in walk if test_of(path.rpartition("/")[2]) is not None]


def judge_test(folder: str, path: str, name: str) -> None:
    """DocumentError if a test of a pack, named `name` to people, is a link out of the repository."""
    if os.path.islink(path):
        _judge(path, name, _inside(folder))


def _inside(folder: str) -> list[str]:
    """The folders that what belongs to a pack may lie in, wherever links in it lead."""
    repository = Repository.around(os.path.realpath(folder), ())
    return [os.path.realpath(folder), os.getcwd(), *([repository.top] if repository else [])]


def _walk(found: PackFiles, above: str, inside: list[str]) -> Iterator[tuple[str, bool]]:
    """The paths of all files, and whether each is a link; hidden ones are left out."""
    with os.scandir(os.path.join(found.folder, above)) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        relative, is_link = above + entry.name, entry.is_symlink()
        if entry.name[0] == ".":
            continue
        if not _is_folder(entry):
            yield relative, is_link
        elif above.count("/") < _DEPTH:
            try:
                if is_link:
                    _judge(entry.path, found.named(relative), inside)
                yield from _walk(found, f"{relative}/", inside)
            except OSError as error:
                found.problems.append(cannot_read(found.named(relative), error, "folder"))
            except DocumentError as problem:
                found.problems.append(problem)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle: reading it will say so
        return False


def _judge(path: str, name: str, inside: list[str]) -> None:
    """Refuses a link to what is not the pack's: messages show lines of the files that they are about."""
    real = os.path.realpath(path)
    if os.path.lexists(real) and not any(lies_in(real, folder) for folder in inside):
        message = "this link leads out of the repository: it was not followed"
        hint = "put the file itself here, or name the folder that it is in with --policies"
        raise DocumentError(message, at=top(name), hint=hint)


def _nothing(name: str) -> DocumentError:
    return DocumentError(
        "this link leads to nothing", at=top(name), hint="delete it, or mend what it leads to"
    )


def _right_name(full: str, name: str, match: re.Match[str]) -> str:
    return f"{full.removesuffix(name)}{match.group(1) or match.group(2)}.yaml"


def _is_policy(content: Content) -> bool:
    """Whether a text looks like a policy, in blocks or in braces."""
    text = content.data.decode("utf-8", "replace")
    if _BRACES.match(text):
        return all(key.search(text) for key in _KEYS)
    return _REQUIRE.search(text) is not None
