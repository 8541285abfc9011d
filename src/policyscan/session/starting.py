"""What `init` does first: writes a short commented inventory to fill in.

In: a name, a kind, what is known already, and perhaps a path. Out: the path of the new file; UsageError where
none can be made, and nothing is ever overwritten. Of the inventory only that is said which somebody said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from policyscan.cel.clock import is_zone
from policyscan.cel.spelling import did_you_mean
from policyscan.config import Config, load
from policyscan.documents.opening import read_source
from policyscan.documents.paths import BadPath
from policyscan.editing.answers import BadAnswer, slug, value_of
from policyscan.editing.drafts import Draft
from policyscan.editing.locating import NEW, locate
from policyscan.errors import DocumentError, UsageError
from policyscan.files.discovery import DEFAULT_FOLDER, discover
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.kinds.shapes import Property, Shape
from policyscan.output import create_file
from policyscan.reading.glance import kinds_said
from policyscan.reading.reading import read_text
from policyscan.reading.text import read_content
from policyscan.records import NamedTuple
from policyscan.session.plan import day_of, moment_of
from policyscan.session.workspace import load_kinds
from policyscan.source import Source

PACK = "policy-pack"
"""What `init --kind` calls a pack of policies, which is no inventory."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# What Windows keeps for devices, whatever follows after a dot.
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$", re.IGNORECASE)
TEMPLATES = Path(__file__).parent / "templates"
_ASKED = {
    "client": (
        "organisation.name",
        "organisation.sector",
        "organisation.employees_count",
        "organisation.country",
        "providers",
        "time_zone",
        "currency",
    ),
    "provider": ("organisation.name", "organisation.country", "time_zone", "currency"),
    "portfolio": ("name", "owner", "time_zone", "currency"),
}
_PROVIDERS = "providers"
_NEW = "the new inventory"


class StartingFact(NamedTuple):
    """A fact that is asked for at the beginning: its path, the question, and an example of an answer."""

    path: str
    question: str
    example: str = ""


_EXAMPLES = {
    "organisation.sector": "healthcare, law, retail",
    "organisation.country": "US, GB, DE",
    "time_zone": "America/Chicago, Europe/London",
    "currency": "USD, GBP, EUR",
    "owner": "the id of the provider or broker, such as bright-harbor",
}


class Starting:
    """What can be begun in a folder: its settings and its kinds. `as_of` is the day (ISO) on which the facts
    are true; None for today."""

    def __init__(self, folder: str = ".", as_of: str | None = None) -> None:
        self.config: Config = load(folder)
        self._moment = moment_of(as_of)

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of inventory that there are here."""
        return load_kinds(self.config)

    def kind(self, name: str) -> Kind:
        """The kind that somebody names; UsageError if there is none."""
        if name not in self.kinds:
            names = [*self.kinds.names, PACK]
            hint = did_you_mean(name, names) or f"kinds are: {', '.join(names)}"
            raise UsageError(f"there is no kind of inventory {name!r}", hint=hint)
        return self.kinds[name]

    def facts(self, kind: str) -> list[StartingFact]:
        """The handful of facts that are worth asking for before anything else, as the kind words them."""
        of = self.kind(kind)
        facts = []
        for path in _ASKED.get(kind, ()):
            field = of.field(path)
            question = field.question if field is not None else path
            if path == _PROVIDERS:
                question = "Which provider looks after its computers?"
            facts.append(StartingFact(path, question, _EXAMPLES.get(path, "")))
        return facts

    def check(self, kind: str, path: str, text: str) -> None:
        """Raises UsageError, with what to write instead, for an answer that a fact cannot take."""
        self._text(self.kind(kind), "x", {path: text})

    def write_inventory(
        self,
        name: str,
        kind: str = "client",
        output: Path | None = None,
        said: Mapping[str, str] | None = None,
    ) -> Path:
        """Writes an inventory for `name`, which becomes its id, with what is `said` of its facts by path, and
        says where."""
        check_id(name)
        of = self.kind(kind)
        path = output or Path(os.path.relpath(self._place(kind) / f"{name}.yaml"))
        stem = path.name.partition(".")[0].rstrip()
        if _RESERVED.fullmatch(stem):
            message = f"no file can be called {path.name} on Windows, which keeps that name for a device"
            raise UsageError(message, hint=f"choose another name, as in {stem}-client")
        text = self._text(of, name, said or {})
        create(path, self._modeline(kind, path) + text)
        return path

    def _modeline(self, kind: str, path: Path) -> str:
        """The line by which editors find the schema of an inventory, where the repository has it."""
        schema = schema_file(Path(self.config.root), kind)
        if not schema.is_file():
            return ""
        way = Path(os.path.relpath(schema, path.parent.absolute())).as_posix()
        return f"# yaml-language-server: $schema={way}\n"

    def _text(self, kind: Kind, name: str, said: Mapping[str, str]) -> str:
        template = TEMPLATES / f"{kind.name}.yaml"
        text = template.read_text(encoding="utf-8") if template.is_file() else skeleton(kind)
        said_zone = said.get("time_zone", "")
        today = day_of(self._moment, said_zone if is_zone(said_zone) else self.config.time_zone)
        text = text.replace("NAME", name).replace("TODAY", today)
        text = text.replace("time_zone: UTC", f"time_zone: {self.config.time_zone}")
        return self._filled(kind, text, said) if said else text

    def _filled(self, kind: Kind, text: str, said: Mapping[str, str]) -> str:
        """A text with answers in it, which keeps its comments; UsageError if it would not be valid."""
        text = _filled(kind, text, said)
        for error in read_source(Source(_NEW, text), self.kinds).problems:
            raise UsageError(error.problems[0].message, hint=error.problems[0].hint)
        return text

    def _place(self, kind: str) -> Path:
        """The folder in which a scan without arguments finds a new inventory, and all that it finds today."""
        config, named = self.config, f"{kind}s"
        for written in config.inventories:
            if (path := Path(config.root, written)).is_dir():
                return path / named
        beside = self._beside(kind) if config.inventories == (DEFAULT_FOLDER,) else None
        return beside or Path(config.root, DEFAULT_FOLDER) / named

    def _beside(self, kind: str) -> Path | None:
        """The folder of the inventories that a scan finds here now; it would look no further than a new
        `inventories/`."""
        first = None
        for file in discover(base=self.config.root, configured=(), kinds=self.kinds).files:
            said = set(_kinds_in(file.path)) & set(self.kinds.names)
            if kind in said:
                return Path(file.path).parent
            first = first or (Path(file.path).parent if said else None)
        return first


def schema_file(root: Path, kind: str) -> Path:
    """Where a repository keeps the schema of a kind for editors."""
    return root / "schemas" / f"{kind}.schema.json"


def id_of(name: str) -> str:
    """The id that a name suggests: `elm-vets` for `Elm Vets Inc.`; empty if it has no letter of English."""
    return slug(name)


def skeleton(kind: Kind) -> str:
    """An inventory of a kind with every key blank, each with its question."""
    lines = [f"# policyscan inventory of kind {kind.name}. Blank: not known yet; null: known, there is none."]
    lines += _keys(kind.shape, kind.shape.ident, "", ("schema_version: 1", f"kind: {kind.name}"))
    return "".join(f"{line}\n" for line in lines)


def _keys(shape: Shape, ident: Iterable[str], indent: str, first: Iterable[str] = ()) -> list[str]:
    """A line for each key of an object; below those on the way to its id, their own."""
    lines = [f"{indent}{line}" for line in first]
    given = {line.partition(":")[0] for line in first}
    lead, *rest = [*ident, ""]
    for name, field in shape.fields.items():
        if name in given or name.startswith("$"):
            continue
        if name == lead and any(rest):
            lines += [f"{indent}{name}:", *_keys(field.shape, [one for one in rest if one], f"{indent}  ")]
        else:
            lines.append(_key(name, field, indent, is_id=name == lead))
    return lines


def _key(name: str, field: Property, indent: str, *, is_id: bool) -> str:
    value = " NAME" if is_id else " TODAY" if name == "as_of" else ""
    asked = field.question or field.description
    line = f"{indent}{name}:{value}"
    return f"{line:<34}# {asked}" if asked and not is_id else line


def _filled(kind: Kind, text: str, said: Mapping[str, str]) -> str:
    """A text with answers in it; its comments stay."""
    (tree, *_), _ = read_text(Source(_NEW, text))
    draft = Draft(tree)
    for path, answer in said.items():
        try:
            _put(kind, draft, path, answer)
        except (BadPath, BadAnswer) as bad:
            raise UsageError(f"{path}: {bad.message}", hint=bad.hint) from None
    return draft.text()


def _put(kind: Kind, draft: Draft, path: str, answer: str) -> None:
    if path == _PROVIDERS:  # whose list has no provider yet
        provider = {"id": id_of(answer) or "it", "name": answer}
        locate(draft.value, kind.shape, f"{path}[{NEW}]").put(provider)
        return
    fact = locate(draft.value, kind.shape, path)
    fact.put(value_of(answer, fact.field))


def _kinds_in(path: str) -> Iterable[str]:
    try:
        return kinds_said(read_content(path, path).source().text)
    except DocumentError:
        return ()


def check_id(name: str) -> None:
    """Raises UsageError for what cannot be an id, and the name of a file on every system."""
    if not _ID.fullmatch(name):
        near = id_of(name) if name.isascii() else ""
        hint = f"use lower-case letters, digits and single hyphens, as in {near or 'elm-vets'}"
        raise UsageError(f"{name!r} cannot be an id", hint=hint)


def create(path: Path, text: str) -> None:
    """Writes a new file, and the folders that it is in; UsageError if it is there or cannot be written."""
    if not path.parent.exists():
        _make_folder(path.parent)
    create_file(path, text)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror or error}") from error
