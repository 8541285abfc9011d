"""Which files a scan reports on, and where it may look for the documents that these refer to.

In: paths as people give them, and the folders that are configured. Out: a `Discovery`: the files, the
roots, what was passed over and why.
"""

# Walking a large tree with Path objects takes several times as long.

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Sequence

from policyscan.errors import DocumentError, UsageError
from policyscan.files.folders import (
    Home,
    Sections,
    glimpse,
    holds_controls,
    home_of,
    is_other_table,
    is_section,
    is_table,
    says_ours,
)
from policyscan.files.git import Repository
from policyscan.files.gitignore import Ignore
from policyscan.output import nameable
from policyscan.patterns import when_used
from policyscan.reading.glance import SUFFIXES, TABLES, is_workbook
from policyscan.reading.text import Content, cannot_read, decode, read_content, top
from policyscan.records import NamedTuple
from policyscan.source import Source

DEFAULT_FOLDER = "inventories"
_JUNK = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
# Names that mail programs, editors and fingers make of `oak.yaml`; backups beside the file itself are none.
_ALMOST = when_used(
    r"\.(?:(?:ya?ml|json)(?:\.\w{1,8}|5|c|l)|(?:yam|ymal|yaml[a-z]|yalm|yamll|jsn|josn|jso))$", re.IGNORECASE
)
_SCHEMA = ".schema.json"
_BACKUP = when_used(r"\.(?:bak|old|orig|rej|swp|tmp|save)$", re.IGNORECASE)
WAIVERS = "waivers"
"""The kind of files that hold exceptions for several inventories, and what these or their folder are called.
"""
STDIN = "-"
STDIN_SHOWN = "<stdin>"


class File(NamedTuple):
    """A file to read: `path` opens it, `shown` names it to people.

    `strict`: it was named itself or lies under a configured inventory path, so whatever in it is no
    inventory is an error. `text` is there if it came from standard input. `links` are what else leads to it.
    `parts` are the files beside it that hold more of the same inventory, which has a folder to itself. `root`
    is the folder that no file which it names may lie outside of.
    """

    path: str
    shown: str
    strict: bool
    text: str | None = None
    links: tuple[str, ...] = ()
    parts: tuple[File, ...] = ()
    root: str = ""

    @property
    def all(self) -> tuple[File, ...]:
        """The file and its parts."""
        return self, *self.parts

    @property
    def names(self) -> tuple[str, ...]:
        """All paths that it is found under."""
        return self.path, *self.links


class Discovery(NamedTuple):
    """The files to report on, in a fixed order, and what stood in the way of finding them.

    `roots` are the folders in which documents that these refer to are looked for, `homes` those of them that
    are known to hold inventories. `ignored` counts files and folders that git ignores and does not track,
    `left_out` names those of them that lie under configured inventory paths; `led_out` counts links to
    elsewhere that were not followed. `lost` are the files, links and folders that should have been read and
    could not be. `notes` tell of what looks like an inventory, or like rules, and was not used. `waivers` are
    the files of waivers for several inventories, which are not among `files`; `whole` says that all of them
    were asked for, and so the inventories that they are for; `everything` that all configured folders were.
    `in_turn` are all files of a scan in turn, where `files` are a part of them.
    """

    files: list[File]
    problems: list[DocumentError]
    roots: list[str]
    ignored: int
    homes: Sequence[str] = ()
    led_out: int = 0
    lost: Sequence[str] = ()
    left_out: Sequence[str] = ()
    notes: Sequence[str] = ()
    waivers: Sequence[File] = ()
    whole: bool = False
    in_turn: Sequence[File] = ()
    everything: bool = False


def discover(
    paths: Sequence[str | os.PathLike[str]] = (),
    *,
    base: str | os.PathLike[str] = ".",
    configured: Sequence[str] = (DEFAULT_FOLDER,),
    stdin: bytes | None = None,
    stdin_filename: str | None = None,
    kinds: Sections | None = None,
) -> Discovery:
    """Find inventory files below the named files and folders, by default in the configured folders.

    Paths are relative to `base`, and so are the names that people see. Raises UsageError if a named
    path does not exist, or if `-` is named and there is no standard input. Of which `kinds` there are has to
    be known to tell which folders are one inventory.
    """
    search = _Search(os.path.abspath(base), configured, kinds)
    names = [os.fspath(path) for path in paths]
    if not names:
        names = [name for name in configured if os.path.isdir(search.absolute(name))] or ["."]
    if not paths and names != ["."]:
        search.look_beside()
    for name in names:
        if name == STDIN:
            search.add_stdin(stdin, stdin_filename)
        else:
            search.add(name)
    if len(names) > 1:
        for name in names:
            search.expect_some(name)
    roots = [name for name in configured if os.path.isdir(search.absolute(name))] or ["."]
    asked = [os.path.realpath(search.absolute(name)) for name in names if name != STDIN]
    whole = all(any(lies_in(os.path.realpath(search.absolute(root)), one) for one in asked) for root in roots)
    return search.result()._replace(everything=whole)


def inventory_files(
    folder: str, base: str, within: str | None = None, kinds: Sections | None = None
) -> list[File]:
    """Every file under a folder that may hold an inventory, in a fixed order.

    With `within`, only those of them that lie under the folder of this name in it.
    """
    return look_through(folder, base, within, kinds).files


def look_through(
    folder: str, base: str, within: str | None = None, kinds: Sections | None = None
) -> Discovery:
    """The files of `inventory_files` and what could not be read."""
    search = _Search(base, (folder,), kinds)
    search.roots[folder] = None
    search.walk(folder, within)
    return search.result()


def waivers_apart(discovery: Discovery, base: str) -> Discovery:
    """The same with the files of waivers apart, also where only inventories were named.

    They are `waivers.yaml` or lie in the folder `waivers`, in the folder of inventories, so that a scan of
    one inventory need not look into every file. A part of an inventory that is a folder is none of them,
    whatever it is called.
    """
    parts = {part.path for file in discovery.files for part in file.parts}
    beside = (file for root in discovery.roots for file in _waivers_in(root, base))
    found = {file.path: file for file in beside if file.path not in parts}
    if not found:
        return discovery
    named = {file.path for file in discovery.files}
    return discovery._replace(
        files=[file for file in discovery.files if file.path not in found],
        waivers=sorted(found.values(), key=lambda file: file.shown),
        whole=named >= found.keys(),
    )


def _waivers_in(root: str, base: str) -> Iterator[File]:
    """The files of waivers in a folder of inventories."""
    search = _Search(base, (root,), None)
    for suffix in SUFFIXES:
        path = os.path.join(root, f"{WAIVERS}{suffix}")
        if os.path.isfile(path):
            yield File(path, search.shown(path), strict=True)
    if os.path.isdir(os.path.join(root, WAIVERS)):
        yield from inventory_files(root, base, WAIVERS)


class _Search:
    """Collects files; each is found once, however many paths and links lead to it."""

    def __init__(self, base: str, configured: Iterable[str], kinds: Sections | None) -> None:
        self.base = base
        self.kinds = kinds
        self.configured = {self.absolute(name) for name in configured}
        self.files: dict[str, File] = {}
        self.problems: list[DocumentError] = []
        self.roots: dict[str, None] = {}
        self.ignored = 0
        self.led_out = 0
        self.lost: list[str] = []
        self.left_out: list[str] = []
        self.notes: list[str] = []
        self._unread: list[DocumentError] = []  # files of ignore rules
        self._repository: Repository | None = None  # that of the folder that is walked
        self._links: dict[str, list[str]] = {}  # by the path that a file is known under
        self._folders: set[str] = set()
        self._wholes: dict[str, File | None] = {}  # by folder
        self._within_homes: set[str] = set()  # the folders below those that are one inventory

    def absolute(self, name: str) -> str:
        """A path in full, links left as they are."""
        return os.path.normpath(os.path.join(self.base, name))

    def shown(self, path: str) -> str:
        """A path as people see it: relative where it lies below the base, with forward slashes."""
        if path.startswith(self.base.rstrip(os.sep) + os.sep):
            path = path[len(self.base.rstrip(os.sep)) + 1 :]
        return path.replace(os.sep, "/") or "."

    def result(self) -> Discovery:
        """What was found, in the order of the names that people see."""
        found = (
            file._replace(links=tuple(self._links.get(file.path, ())), root=self.root_of(file.path))
            for file in self.files.values()
        )
        files = sorted(found, key=lambda file: file.shown)
        problems = sorted(self.problems, key=lambda problem: problem.at or ())
        homes = [root for root in self.roots if is_home(root, self.configured)]
        return Discovery(
            files, problems, list(self.roots), self.ignored, homes, self.led_out, self.lost,
            sorted(self.left_out), sorted({*self.notes, *self._about_rules()}),
        )  # fmt: skip

    def root_of(self, path: str) -> str:
        """The folder of inventories that a file lies in, else its own."""
        return max(
            (root for root in self.roots if lies_in(path, root)), key=len, default=os.path.dirname(path)
        )

    def _about_rules(self) -> Iterator[str]:
        """That rules of git could not be read, so that more is read, or less, than git would."""
        for problem in self._unread:
            if problem.at is not None and problem.message != "there is no such file":
                file = self.shown(problem.at.file)
                yield f"the ignore rules in {file} were not applied: {problem.message}"

    def add_stdin(self, data: bytes | None, filename: str | None) -> None:
        """Report on the text from standard input as if it stood in the named file."""
        if data is None:
            message = "there is nothing on standard input"
            raise UsageError(message, hint="pipe an inventory into the command")
        shown = (filename or STDIN_SHOWN).replace(os.sep, "/")
        path = self.absolute(filename or "stdin.yaml")
        self.roots.setdefault(inventory_root(path, self.base, self.configured))
        try:
            text = decode(data, shown)
        except DocumentError as problem:
            self.problems.append(problem)
            return
        whole = self.whole(path) if filename is not None else None
        if whole is None:
            self.files[path] = File(path, shown, strict=True, text=text)
        else:
            head, *parts = (one._replace(text=text) if one.path == path else one for one in whole.all)
            self.files[head.path] = head._replace(parts=tuple(parts), strict=True)

    def add(self, name: str) -> None:
        """Report on a named file, or on all inventories in a named folder."""
        path = self.absolute(name)
        if not os.path.lexists(path):
            message = f"there is no file or folder {name}"
            raise UsageError(message, hint="check the path; it is relative to the folder you are in")
        self.roots.setdefault(inventory_root(path, self.base, self.configured))
        if os.path.isdir(path):
            if path.lower().endswith(SUFFIXES):
                self.misnamed(path)
            else:
                self.walk(path)
        else:
            whole = self.whole(path) or File(path, self.shown(path), strict=True)
            self.files[whole.path] = whole._replace(strict=True)

    def whole(self, path: str) -> File | None:
        """The inventory in several files that a file is a part of; None if it stands for itself."""
        folder = os.path.dirname(path)
        if folder not in self._wholes:
            self._wholes[folder] = self._home_in(folder)
        whole = self._wholes[folder]
        return whole if whole is not None and path in (one.path for one in whole.all) else None

    def _home_in(self, folder: str) -> File | None:
        """The inventory in several files that a folder is, and what is wrong with others in it."""
        try:
            with os.scandir(folder) as found:
                home = home_of(found, self.kinds)
        except OSError:
            home = None
        if home is None:
            return None
        search = _Search(self.base, self.configured, self.kinds)
        search.walk(folder, deep=False)
        self.problems.extend(search.problems)
        self.notes.extend(search.notes)
        return search.files.get(os.path.join(folder, home.head))

    def expect_some(self, name: str) -> None:
        """Tell of a named folder in which nothing is, as of one that was never checked out; what else was
        named must not hide it."""
        path = self.absolute(name)
        if name == STDIN or not os.path.isdir(path) or path.endswith(SUFFIXES):
            return
        if os.path.realpath(path) in self._folders and not any(lies_in(one, path) for one in self.files):
            message = "there is no inventory in this folder"
            hint = "check the path, or leave the folder out"
            self.problems.append(DocumentError(message, at=top(self.shown(path)), hint=hint))

    def look_beside(self) -> None:
        """Tell of inventories in the folder itself that folders of inventories keep from being read: files,
        and a folder of its own where the settings, or the repository, are those of a folder above."""
        folders = ", ".join(sorted(map(self.shown, self.configured)))
        own = self.absolute(DEFAULT_FOLDER)
        if os.path.isdir(own) and not any(lies_in(own, one) or lies_in(one, own) for one in self.configured):
            self.notes.append(
                f"{DEFAULT_FOLDER} in this folder was not read: without a path only {folders} is; name it"
            )
        try:
            with os.scandir(self.base) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            if entry.name[0] == "." or not entry.name.lower().endswith(SUFFIXES) or _is_folder(entry):
                continue
            if entry.name.lower().endswith(_SCHEMA):  # of a kind: it speaks of what inventories say
                continue
            if says_ours(glimpse(entry)):
                self.notes.append(
                    f"{entry.name} was not read: without a path only {folders} is; name it, or move it there"
                )

    def misnamed(self, path: str) -> None:
        """Refuse a folder that is named like a file."""
        self.lost.append(path)
        message = "this is a folder, but its name is a file's"
        self.problems.append(DocumentError(message, at=top(self.shown(path)), hint="rename the folder"))

    def strict(self, folder: str) -> bool:
        """Whether a folder is a configured inventory path or lies under one; what lies below an inventory in
        its own folder may be anything."""
        return folder not in self._within_homes and any(lies_in(folder, one) for one in self.configured)

    def walk(self, folder: str, within: str | None = None, *, deep: bool = True) -> None:
        """Take in every inventory file below a folder, or below the one in it that is named `within`; those
        in its own folders only if `deep`."""
        self._repository = Repository.around(folder, SUFFIXES + TABLES)
        rules = Ignore.above(folder, self._repository, self._unread)
        if rules and rules.covers(folder):
            rules = Ignore(())  # named all the same, so what excludes it is not what is wanted
        top_folder = folder
        inside = (os.path.realpath(folder), os.path.realpath(self.base))
        stack = [(folder, rules)]
        links: list[tuple[str, Ignore]] = []  # last, so that a file is called by its own name
        while stack or links:
            folder, rules = stack.pop() if stack else links.pop()
            real = os.path.realpath(folder)
            if real in self._folders:  # links that lead in a circle, or here twice
                continue
            self._folders.add(real)
            below = list(self.enter(folder, rules, inside))
            if within is not None and folder == top_folder:
                below = [
                    (inner, its_rules) for inner, its_rules in below if os.path.basename(inner) == within
                ]
                self.files.clear()
            for inner, its_rules in below if deep else ():
                (links if os.path.islink(inner) else stack).append((inner, its_rules))

    def enter(self, folder: str, rules: Ignore, inside: tuple[str, str]) -> Iterator[tuple[str, Ignore]]:
        """Take in the files of one folder; its subfolders are still to be walked."""
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.problems.append(cannot_read(self.shown(folder), error, "folder"))
            self.lost.append(folder)
            return
        if any(entry.name == ".gitignore" for entry in entries):
            rules = rules.with_file(folder, self._unread)
        if self.strict(folder) and folder not in self.configured and holds_controls(entries):
            self._within_homes.add(folder)
            why = "its pack.yaml says that it holds controls"
            self.notes.append(f"{self.shown(folder)} was not read as inventories: {why}")
        strict = self.strict(folder)
        home = home_of(entries, self.kinds)
        endings = SUFFIXES if home is None else (*SUFFIXES, *TABLES)
        parts: list[File] = []
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            is_folder = _is_folder(entry)
            if not is_folder and not name.lower().endswith(endings):
                self.pass_over(entry, home, strict=strict)
                continue
            its_rules = rules
            if name in _JUNK or (rules and rules.ignores(entry.path, is_folder=is_folder)):
                if not self.tracked(entry.path, is_folder=is_folder):
                    self.leave_out(entry.path, strict=strict)
                    continue
                its_rules = Ignore(everything=True)
            if entry.is_symlink() and self.leads_out(entry, inside, strict=strict):
                continue
            elif not is_folder:
                self.sort_in(entry, home, parts, strict=strict)
            elif strict and name.lower().endswith(SUFFIXES):
                self.misnamed(entry.path)
            else:
                if home is not None or folder in self._within_homes:
                    self._within_homes.add(entry.path)
                yield entry.path, its_rules
        if home is not None and parts:
            self.put_together(os.path.join(folder, home.head), parts)

    def sort_in(self, entry: os.DirEntry[str], home: Home | None, parts: list[File], *, strict: bool) -> None:
        """Take in a file that is an inventory by itself, or one of the parts of one."""
        if home is not None and home.has(entry, strict=strict):
            parts.append(File(entry.path, self.shown(entry.path), strict))
            if is_workbook(entry.name):
                self.notes.extend(home.said_of(entry.path, self.shown(entry.path)))
        elif home is not None and is_table(entry.name):
            self.misname(entry, home)
        else:
            self.take(entry, strict=strict)

    def put_together(self, head: str, parts: Sequence[File]) -> None:
        """Remember that files are parts of an inventory in its own folder."""
        whole = self.files.get(head)
        if whole is not None:
            self.files[head] = whole._replace(parts=tuple(sorted(parts, key=lambda part: part.shown)))

    def misname(self, entry: os.DirEntry[str], home: Home) -> None:
        """Tell of a table that is none of the inventory in whose folder it lies."""
        why, hint = home.misnamed(entry.name) or ("", None)
        if hint is None:
            self.notes.append(f"{self.shown(entry.path)} was not used: {why}")
        else:
            self.lost.append(entry.path)
            self.problems.append(DocumentError(why, at=top(self.shown(entry.path)), hint=hint))

    def pass_over(self, entry: os.DirEntry[str], home: Home | None, *, strict: bool) -> None:
        """Tell of a file that is not read, if anybody may think that it is."""
        if _is_almost(entry) and (strict or says_ours(glimpse(entry))):
            why = f"its name does not end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
            self.notes.append(f"{self.shown(entry.path)} was not read: {why}")
        elif home is not None and is_other_table(entry.name):
            self.notes.append(f"{self.shown(entry.path)} was not used: save it as {' or '.join(TABLES)}")
        elif strict and is_table(entry.name) and is_section(entry.name, self.kinds):
            why = "tables count beside a file such as client.yaml that says schema_version: 1"
            self.notes.append(f"{self.shown(entry.path)} was not used: {why}")
        if strict and entry.is_symlink() and not os.path.exists(entry.path):
            self.lost.append(entry.path)
            message = "this link leads to nothing"  # perhaps to a folder that is not mounted
            self.problems.append(DocumentError(message, at=top(self.shown(entry.path)), hint="delete it"))

    def tracked(self, path: str, *, is_folder: bool) -> bool:
        """Whether git tracks something, whatever its rules say: then nothing ignores it."""
        repository = self._repository
        if repository is None or not repository.tracks(path, is_folder=is_folder):
            if repository is not None and repository.problem is not None:
                why = repository.problem.message
                self.notes.append(f"which ignored files git tracks is not known: {why}")
            return False
        return True

    def leave_out(self, path: str, *, strict: bool) -> None:
        """Count what is not read although its name is right; what people expect to be read is named."""
        if os.path.basename(path) in _JUNK:
            if strict:
                self.notes.append(f"{self.shown(path)} was not read: programs lie in folders of this name")
            return
        self.ignored += 1
        if strict:
            self.left_out.append(self.shown(path))

    def leads_out(self, entry: os.DirEntry[str], inside: tuple[str, str], *, strict: bool) -> bool:
        """Whether a link leads to something that nobody asked for; then it is not followed."""
        real = os.path.realpath(entry.path)
        if any(lies_in(real, folder) for folder in inside) or not os.path.exists(real):
            return False
        self.lost.append(entry.path)
        if strict:
            message = "this link leads out of the folder: it was not followed"
            hint = "name what it leads to on the command line, or put the file itself here"
            self.problems.append(DocumentError(message, at=top(self.shown(entry.path)), hint=hint))
        else:
            self.led_out += 1
        return True

    def take(self, entry: os.DirEntry[str], *, strict: bool) -> None:
        """Remember a file, unless it is a link to one that is found anyway."""
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if real != entry.path and os.path.isfile(real) and lies_in(real, os.path.realpath(self.base)):
                below = os.path.join(self.base, os.path.relpath(real, os.path.realpath(self.base)))
                if below not in self.files:
                    self.files[below] = File(below, self.shown(below), strict)
                self._links.setdefault(below, []).append(entry.path)
                return
        if entry.path not in self.files:
            self.files[entry.path] = File(entry.path, self.shown(entry.path), strict)


def _is_almost(entry: os.DirEntry[str]) -> bool:
    """Whether a file that is not read is named nearly as one that is; a backup beside its original is not."""
    if _ALMOST.search(entry.name) is None:
        return False
    return _BACKUP.search(entry.name) is None or not os.path.exists(os.path.splitext(entry.path)[0])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle: reading it will say so
        return False


def lies_in(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def inventory_root(path: str, base: str, configured: Iterable[str]) -> str:
    """The folder in which documents that a file refers to are looked for.

    The nearest folder above it that is a configured inventory path or contains `providers/`, not
    above `base` or the repository; else the file's own folder.
    """
    own = path if os.path.isdir(path) else os.path.dirname(path)
    folder = own
    configured = set(configured)
    while True:
        if is_home(folder, configured):
            return folder
        above = os.path.dirname(folder)
        if folder in {above, base} or os.path.lexists(os.path.join(folder, ".git")):
            return own
        folder = above


def is_home(folder: str, configured: Container[str]) -> bool:
    """Whether a folder holds inventories: the configuration names it, or it contains `providers/`."""
    return folder in configured or os.path.isdir(os.path.join(folder, "providers"))


def beside(file: File, written: str) -> File | None:
    """The file that another one names, relative to its own folder; None for one that lies outside of its
    root, be it by a link, and for what cannot be a name."""
    if not nameable(written):
        return None
    written = written.replace("\\", "/")
    path = os.path.normpath(os.path.join(os.path.dirname(file.path), written))
    real, root = os.path.realpath(path), os.path.realpath(file.root or os.path.dirname(file.path))
    if os.path.isabs(written) or ":" in written.partition("/")[0] or not lies_in(real, root):
        return None
    shown = os.path.normpath(os.path.join(os.path.dirname(file.shown), written)).replace(os.sep, "/")
    return File(path, shown, strict=True, root=file.root)


def as_content(file: File) -> Content:
    """The bytes of a file, of standard input those of its text; raises DocumentError."""
    if file.text is not None:
        return Content(file.shown, file.text.encode("utf-8", "surrogatepass"))
    return read_content(file.path, file.shown)


def as_source(file: File) -> Source:
    """The text of a file; raises DocumentError."""
    from policyscan.reading.text import read_source

    return Source(file.shown, file.text) if file.text is not None else read_source(file.path, file.shown)


def glance_at(file: File) -> str:
    """All that a file and its parts say as text, to look for a word in, but for workbooks, which hold tables;
    raises DocumentError."""
    return "\n".join(as_source(one).text for one in file.all if not is_workbook(one.path))
