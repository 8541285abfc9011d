"""A scan as one file that proves itself: what was read, with what, as of when, and what came of it.

In: what a scan is asked to do; later, the bytes of a bundle. Out: those bytes with the report; later, whether
the same scan of what is in them gives the same report. A bundle is a zip file: `bundle.json` says what was
asked and the SHA-256 of each other file, `report.json` is the report with every result, `files/` is what was
read, `pack/` the built-in controls as they were, for people to look up.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from policyscan.display import one_line
from policyscan.errors import PolicyscanError, UsageError
from policyscan.files.archive import is_plain, packed, unpacked
from policyscan.files.discovery import STDIN
from policyscan.files.git import Repository
from policyscan.findings import Json, Report, Severity
from policyscan.policies.pack import builtin_path
from policyscan.reading.text import decode, read_bytes
from policyscan.records import NamedTuple
from policyscan.reporters import REPORTERS, Options
from policyscan.session.options import EVERYTHING, Inputs, ScanOptions
from policyscan.session.plan import moment_of
from policyscan.session.reader import find_files
from policyscan.session.run import scan
from policyscan.session.workspace import open_workspace, pack_folders
from policyscan.version import __version__

VERSION = 1
_ABOUT, _REPORT, _FILES, _PACK = "bundle.json", "report.json", "files/", "pack/"
_MOST = 1 << 30  # bytes of a bundle


class Bundle(NamedTuple):
    """The bytes of a bundle, and the report that is in it."""

    data: bytes
    report: Report

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in 64 hex digits."""
        return sha256(self.data).hexdigest()


class Verified(NamedTuple):
    """Whether a bundle holds, and if not, why: a sentence each. `can_tell` unless this policyscan is not the
    one that can scan again as it was scanned. `files` is how many there are of what was read; `report` is the
    text of the report in it, `data` the bytes of the bundle."""

    reasons: tuple[str, ...]
    can_tell: bool
    files: int
    report: str
    data: bytes


def bundle(options: ScanOptions) -> Bundle:
    """A scan as a bundle. What was read lies in the repository of the current folder, or below the folder of
    the settings; UsageError for anything else, and PolicyscanError where the scan cannot begin."""
    inputs = options.inputs
    if inputs.stdin is not None or STDIN in inputs.paths:
        raise UsageError("standard input cannot be bundled", hint="name a file or folder instead of -")
    when = str(moment_of(inputs.as_of, options.spelt))
    options = options._replace(
        inputs=inputs._replace(as_of=when), needs=EVERYTHING._replace(accounts=True), jobs=1, progress=None
    )
    first = scan(options)
    here = os.path.realpath(os.getcwd())
    files, root = _files(options, first, here)
    asked = _asked(options, root, here)
    place = os.path.relpath(here, root).replace(os.sep, "/")
    again = _scanned(files, place, asked, first.scan.commit, dirty=first.scan.dirty)
    if (again.documents, again.results, again.problems) != (first.documents, first.results, first.problems):
        message = "what was read does not give the same results elsewhere"
        hint = "are there links, or files that git ignores, which results rest on?"
        for one in (*first.problems, *again.problems)[:1]:
            hint = f"mend this first: {f'{one.span}: ' if one.span else ''}{one.message}"
        raise UsageError(message, hint=hint)
    contents = {_REPORT: _as_json(again).encode("utf-8", "surrogatepass")}
    contents |= {_FILES + path: data for path, data in files.items()}
    contents |= {_PACK + path: data for path, data in _builtin()}
    about = {
        "version": VERSION,
        "policyscan": __version__,
        "builtin_pack": _digest_of_builtin(contents),
        "folder": place,
        "asked": asked,
        "git": {"commit": first.scan.commit, "dirty": first.scan.dirty},
        "files": {path: f"sha256:{sha256(data).hexdigest()}" for path, data in sorted(contents.items())},
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    return Bundle(packed(contents | {_ABOUT: text.encode("utf-8", "surrogatepass")}), again)


def verify(path: str) -> Verified:
    """Whether the files of a bundle are as they were, and give the report that is in it. UsageError for a
    file that is no bundle."""
    data = read_bytes(path, path, most=_MOST)
    contents = unpacked(data, path)
    about = _about(contents, path)
    listed = about["files"]
    there = {name: f"sha256:{sha256(data).hexdigest()}" for name, data in contents.items() if name != _ABOUT}
    reasons = [
        f"{name} is not as it was bundled" for name in listed if there.get(name) not in (None, listed[name])
    ]
    reasons += [f"{name} is missing" for name in listed if name not in there]
    reasons += [f"{name} was not bundled" for name in sorted(there) if name not in listed]
    if not reasons and packed(contents) != data:
        reasons = ["the file itself is not as it was written, though what is in it is"]
    files = {name.removeprefix(_FILES): data for name, data in contents.items() if name.startswith(_FILES)}
    text = contents.get(_REPORT, b"").decode("utf-8", "replace")
    if reasons:
        return Verified(tuple(reasons), True, len(files), text, data)
    if mismatch := _other_tool(about):
        return Verified((mismatch,), False, len(files), text, data)
    git = about["git"]
    try:
        again = _scanned(files, about["folder"], about["asked"], git["commit"], dirty=git["dirty"])
    except (PolicyscanError, LookupError, TypeError, ValueError, AttributeError, OSError) as error:
        return Verified((f"it cannot be scanned again: {error}",), True, len(files), text, data)
    same = _as_json(again).encode("utf-8", "surrogatepass") == contents[_REPORT]
    return Verified(() if same else tuple(_differences(text, again)), True, len(files), text, data)


def statement_of(path: str, found: Verified) -> str:
    """The statement about a bundle that holds, by the report that is in it."""
    from policyscan.session.report_reader import load

    return statement(os.path.basename(path), Bundle(found.data, load(found.report, f"{path}: {_REPORT}")))


def statement(name: str, made: Bundle) -> str:
    """An in-toto statement (version 1) about a bundle, as JSON, to be signed by whatever signs such."""
    scan_ = made.report.scan
    return (
        json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": one_line(name), "digest": {"sha256": made.digest}}],
                "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
                "predicate": {
                    "result": {0: "PASSED", 3: "WARNED"}.get(made.report.exit_code, "FAILED"),
                    "configuration": [
                        {"name": file, "digest": {"sha256": digest.removeprefix("sha256:")}}
                        for file, digest in scan_.digests.items()
                    ],
                    "policyscan": scan_.version,
                    "as_of": scan_.as_of,
                    "profile": scan_.profile,
                    "commit": scan_.commit,
                },
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


# --- what is put in


def _files(options: ScanOptions, report: Report, here: str) -> tuple[dict[str, bytes], str]:
    """What a scan stands on, by the path below the folder that all of it lies in, and that folder."""
    inputs = options.inputs
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    config = workspace.config
    found = find_files(inputs, config, workspace.kinds, options.spelt)
    paths = [os.path.join(here, name) for name in report.scan.digests]
    paths += [one.path for file in (*found.files, *found.waivers) for one in file.all]
    paths += [os.path.join(config.root, written) for written in config.kinds]
    paths += [config.file] if config.file is not None else []
    builtin = os.path.realpath(builtin_path())
    for folder in pack_folders(config, options.folders):
        if os.path.realpath(folder) != builtin:
            paths += (os.path.join(inner, name) for inner, _, names in os.walk(folder) for name in names)
    repository = Repository.around(here, ())
    root = os.path.realpath(repository.top if repository is not None else config.root)
    return {_below(path, root, here): read_bytes(os.path.join(here, path), path) for path in paths}, root


def _below(path: str, root: str, here: str) -> str:
    """A path from the folder that a bundle is of; UsageError for one that lies elsewhere."""
    full = os.path.normpath(os.path.join(here, path))
    folder = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
    below = os.path.relpath(folder, root).replace(os.sep, "/")
    if below.split("/")[0] == os.pardir:
        message = f"{path} does not lie in {root}, of which the bundle is"
        raise UsageError(message, hint="bundle in the repository, or folder, that holds everything")
    if not is_plain(below):
        message = f"{below} has a name that a bundle cannot hold, as not every system can have it"
        raise UsageError(message, hint="rename it")
    return below


def _asked(options: ScanOptions, root: str, here: str) -> dict[str, Json]:
    """What the scan was asked, with paths as they are written in the folder that it stood in."""
    inputs = options.inputs

    def written(path: str | os.PathLike[str]) -> str:
        _inside(path, root, here)
        return os.path.relpath(os.path.join(here, path), here).replace(os.sep, "/")

    return {
        "paths": [written(path) for path in inputs.paths],
        "config": written(inputs.config) if inputs.config is not None else None,
        "policies": [written(folder) for folder in options.folders],
        "as_of": inputs.as_of,
        "fail_on": options.fail_on.value if options.fail_on is not None else None,
        "profile": options.profile,
        "companions": options.companions,
        "select": list(options.select),
        "ignore": list(options.ignore),
        "clients": list(options.clients),
    }


def _inside(path: str | os.PathLike[str], root: str, here: str) -> None:
    full = os.path.realpath(os.path.join(here, path))
    if full != root and not full.startswith(os.path.join(root, "")):
        message = f"{os.fspath(path)} does not lie in {root}, of which the bundle is"
        raise UsageError(message, hint="bundle in the repository, or folder, that holds everything")


def _builtin() -> Iterator[tuple[str, bytes]]:
    folder = builtin_path()
    for inner, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inner, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), Path(path).read_bytes()


def _digest_of_builtin(contents: Mapping[str, bytes]) -> str:
    from policyscan.files.identity import digest_of

    own = [(path.removeprefix(_PACK), data) for path, data in contents.items() if path.startswith(_PACK)]
    return f"sha256:{digest_of(own)}"


# --- scanning what is in it


def _scanned(
    files: Mapping[str, bytes],
    place: str,
    asked: Mapping[str, Any],
    commit: str | None,
    *,
    dirty: bool | None,
) -> Report:
    """The report on files in a folder of their own; what git said of them is said again."""
    for path in (*asked["paths"], *asked["policies"], *filter(None, [asked["config"]])):
        _refuse_outside(place, path)
    options = ScanOptions(
        Inputs(tuple(asked["paths"]), asked["config"], as_of=asked["as_of"]),
        folders=tuple(asked["policies"]),
        fail_on=Severity(asked["fail_on"]) if asked["fail_on"] is not None else None,
        needs=EVERYTHING._replace(accounts=True),
        profile=asked["profile"],
        companions=asked["companions"],
        select=tuple(asked["select"]),
        ignore=tuple(asked["ignore"]),
        clients=tuple(asked["clients"]),
    )
    _refuse_outside(place, ".")
    with _laid_out(files, place):
        report = scan(options)
    return report._replace(scan=report.scan._replace(commit=commit, dirty=dirty))


def _refuse_outside(place: str, path: str) -> None:
    """UsageError for a path that leads out of the folder that files are laid out in."""
    from posixpath import isabs, join, normpath

    whole = normpath(join(place, path))
    if isabs(path) or isabs(place) or whole.split("/")[0] == ".." or set(path) & set("\\:\0"):
        raise UsageError(f"it asks for {path!r}, which is not in it")


@contextmanager
def _laid_out(files: Mapping[str, bytes], place: str) -> Iterator[None]:
    """While the block runs, the process stands in a folder that holds these files and nothing else."""
    import tempfile

    here = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="policyscan-", ignore_cleanup_errors=True) as made:
        folder = os.path.realpath(made)
        os.mkdir(os.path.join(folder, ".git"))  # nothing above is looked at
        for path, data in files.items():
            whole = Path(folder, *path.split("/"))
            whole.parent.mkdir(parents=True, exist_ok=True)
            whole.write_bytes(data)
        stand = os.path.normpath(os.path.join(folder, place))
        os.makedirs(stand, exist_ok=True)
        os.chdir(stand)
        try:
            yield
        finally:
            os.chdir(here)


def _as_json(report: Report) -> str:
    return REPORTERS["json"].render(report, Options())


# --- what is read back


def _about(contents: Mapping[str, bytes], path: str) -> dict[str, Any]:
    """What a bundle says of itself; UsageError where it says nothing that could be followed."""
    try:
        about = json.loads(decode(contents[_ABOUT], f"{path}: {_ABOUT}"))
        version = about["version"]
        shaped = all(isinstance(about[key], dict) for key in ("files", "asked", "git"))
        shaped = shaped and isinstance(about["folder"], str) and _REPORT in about["files"]
    except (KeyError, TypeError, ValueError, RecursionError):
        shaped, version = False, None
    if version != VERSION and version is not None:
        message = f"{path} is a bundle of version {version!r}, and this policyscan knows version {VERSION}"
        raise UsageError(message, hint="verify it with the policyscan that it names")
    if not shaped:
        raise UsageError(f"{path} is no bundle", hint="policyscan bundle makes one")
    result: dict[str, Any] = about
    return result


def _other_tool(about: Mapping[str, Any]) -> str:
    """Why this policyscan cannot scan as it was scanned then; empty if it can."""
    if about["policyscan"] != __version__:
        return (
            f"it was made by policyscan {about['policyscan']}, and this is {__version__}: "
            "install that version to scan again"
        )
    if about["builtin_pack"] != _digest_of_builtin({_PACK + path: data for path, data in _builtin()}):
        return (
            "it was made with other built-in controls than this policyscan has: install the one that made it"
        )
    return ""


def _differences(text: str, again: Report) -> Iterator[str]:
    """In which results a report differs from what the files give now."""
    yield "the report is not what the files in it give"
    try:
        said = {_key(one): one["status"] for one in json.loads(text)["results"]}
    except (ValueError, TypeError, KeyError):
        return
    given = {_key(one): one["status"] for one in json.loads(_as_json(again))["results"]}
    for key in sorted(said.keys() | given.keys()):
        if said.get(key) != given.get(key):
            name = " ".join(part for part in key if part)
            yield f"{name}: the report says {said.get(key, 'nothing')}, and it is {given.get(key, 'nothing')}"


def _key(result: Mapping[str, str]) -> tuple[str, str, str, str]:
    return result["document"], result["policy"], result["requirement"], result["subject"]
