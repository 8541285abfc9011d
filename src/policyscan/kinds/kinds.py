"""Kinds of inventory: a JSON Schema each, from which decoding, validation and types are made.

In: the names of the schemas that are shipped, and the files of others. Out: `Kinds`, each made when it is
first asked for; ConfigError for a schema that is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from policyscan.cel.spelling import clip
from policyscan.errors import DocumentError, Problems
from policyscan.kinds.decoding import Decode, Facts, Invalid, make_decoder, make_field_decoder
from policyscan.kinds.shapes import KIND, Property, Shape, ShapeRow, from_rows, to_rows, walk
from policyscan.reading.text import read_source, top
from policyscan.source import Source
from policyscan.store import Store, digest

if TYPE_CHECKING:
    from policyscan.cel.types import ObjectType

BUILT_IN = ("client", "portfolio", "provider")
_SCHEMAS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas")  # noqa: PTH118, PTH120


class Kind:
    """One kind: what its JSON Schema says, as shapes, and what is made of them when it is first needed.

    `file` is the schema's name for people. `targets` are the names of the kinds whose documents this kind
    refers to.
    """

    def __init__(
        self, name: str, file: str, kinds: Kinds, rows: list[ShapeRow], targets: Iterable[str]
    ) -> None:
        self.name = name
        self.file = file
        self.targets = frozenset(targets)
        self._kinds = kinds
        self._rows = rows

    def __repr__(self) -> str:
        return f"<kind {self.name}>"

    @cached_property
    def shape(self) -> Shape:
        """The shape of a document."""
        return from_rows(self._rows)

    @property
    def zone(self) -> str | None:
        """The time zone of documents that name none."""
        return self._kinds.zone

    @property
    def worth(self) -> Mapping[str, float] | None:
        """What one unit of each currency is worth, in one of them."""
        return self._kinds.worth

    @cached_property
    def decoder(self) -> Decode:
        """Decodes the root of a document in place; raises Invalid at the first thing that is wrong."""
        return make_decoder(self.shape)

    @cached_property
    def members(self) -> dict[str, str]:
        """The lists of patterns that name other inventories' files, each with the kind of these."""
        fields = self.shape.fields.items()
        return {name: field.shape.members for name, field in fields if field.shape.members}

    @cached_property
    def type(self) -> ObjectType:
        """The kind's type in policies."""
        made: ObjectType = self._kinds.types.root(self)
        return made

    @cached_property
    def questions(self) -> dict[str, str]:
        """The question in plain words behind each path, such as `restore_tests[].tested_on`."""
        return {path: field.question for path, field in walk(self.shape) if field.question}

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each path means."""
        return {path: field.description for path, field in walk(self.shape) if field.description}

    def field(self, path: str) -> Property | None:
        """What the kind says about a path such as `restore_tests[].tested_on`."""
        fields = self.fields(path)
        return fields[-1] if fields else None

    def fields(self, path: str) -> list[Property]:
        """What the kind says about each step of a path, from the root on; nothing if there is none such."""
        shape, fields = self.shape, list[Property]()
        for step in path.replace("[]", ".[]").removeprefix(".").split("."):
            field = shape.items if step == "[]" else shape.fields.get(step)
            if field is None:
                return []
            fields.append(field)
            shape = field.shape
        return fields

    def path_of(self, keys: Iterable[str | int | None]) -> str:
        """The path that some keys and indexes from the root lead along: `restore_tests[].tested_on`."""
        path = ""
        shape: Shape | None = self.shape
        for key in keys:
            inside = shape.items if shape is not None else None
            field = inside or (shape.fields.get(str(key)) if shape is not None else None)
            path += "[]" if inside is not None or isinstance(key, int) else f".{key}"
            shape = field.shape if field is not None else None
        return path.removeprefix(".")


class Kinds:
    """The kinds that a scan knows, by name. With a store, their shapes are kept between runs.

    `zone` is the time zone of documents that name none; `worth` is what one unit of each currency is worth,
    in one of them, if that is known.
    """

    def __init__(self, store: Store | None = None, zone: str | None = None) -> None:
        self.zone = zone
        self.worth: Mapping[str, float] | None = None
        self._store = store
        self._kinds: dict[str, Kind] = {}
        self._files: dict[str, str] = {}
        self._digests: dict[str, str] = {}

    @classmethod
    def builtin(cls, store: Store | None = None, zone: str | None = None) -> Kinds:
        """The kinds that come with policyscan; each is loaded when it is first asked for."""
        kinds = cls(store, zone)
        for name in BUILT_IN:
            kinds._files[name] = f"{_SCHEMAS}/{name}.schema.json"
        return kinds

    @cached_property
    def types(self) -> Any:
        """The makers of the kinds' types, which refer to each other."""
        from policyscan.kinds.kind_types import TypeMaker

        return TypeMaker(lambda name: self[name].type)

    @property
    def names(self) -> list[str]:
        """The names of all kinds, sorted."""
        return sorted({*self._kinds, *self._files})

    def sections(self, kind: str) -> frozenset[str]:
        """The keys that stand at the top of inventories of a kind."""
        return frozenset(self[kind].shape.fields)

    def version(self, name: str) -> str:
        """A digest of a kind's schema; of a built-in one "", as its file is part of the code."""
        return self._digests.get(name, "")

    def __contains__(self, name: object) -> bool:
        return name in self._files or name in self._kinds

    def __iter__(self) -> Iterator[Kind]:
        return (self[name] for name in self.names)

    def __getitem__(self, name: str) -> Kind:
        kind = self._kinds.get(name)
        if kind is None:
            file = self._files[name]
            entry = self._entry(file, "")
            kind = self._kept(entry, file) or self._keep(entry, _read(read_source(file), name), file)
            self._kinds[name] = kind
        return kind

    def load(self, path: str | os.PathLike[str], shown: str | None = None) -> Kind:
        """Add the kind that a JSON Schema file describes; its name is the schema's constant `kind`.

        Raises Problems with everything that a kind may not say.
        """
        source = read_source(path, shown)
        found = digest(source.text.encode())
        entry = self._entry(source.file, found)
        kind = self._kept(entry, source.file) or self._keep(entry, _read(source, None), source.file)
        if kind.name in self:
            message = f"there is already a kind {kind.name}"
            raise DocumentError(message, at=top(kind.file), hint="give it another name")
        self._kinds[kind.name] = kind
        self._digests[kind.name] = found
        return kind

    def _entry(self, file: str, of: str) -> str:
        return (
            self._store.name("kind", file.encode("utf-8", "surrogatepass"), of.encode())
            if self._store
            else ""
        )

    def _kept(self, entry: str, file: str) -> Kind | None:
        """The kind that an earlier run has made of the same schema."""
        found = self._store.get(entry) if self._store is not None else None
        if found is None:
            return None
        name, rows, targets = found
        return Kind(name, file, self, rows, targets)

    def _keep(self, entry: str, made: tuple[str, Shape, list[str]], file: str) -> Kind:
        name, shape, targets = made
        rows = to_rows(shape)
        if self._store is not None:
            self._store.put(entry, (name, rows, targets))
        return Kind(name, file, self, rows, targets)


def _read(source: Source, name: str | None) -> tuple[str, Shape, list[str]]:
    """The name of the kind that a schema describes, its shape, and the kinds that it refers to.

    A schema without a given name is one of the user's. Raises Problems.
    """
    import json

    from policyscan.kinds.shape_reader import ShapeReader

    try:
        schema = json.loads(source.text)
    except ValueError:
        from policyscan.reading.json_reader import read_json

        raise Problems(read_json(source)[1]) from None
    own = name is None
    if name is None:
        _check_schema(schema, source.file)
        name = _kind_name(schema, source.file)
    reader = ShapeReader(schema, source.file)
    shape = reader.root(name)
    problems = reader.problems or (unfit_defaults(shape, source.file) if own else [])
    if problems:
        raise Problems(problems)
    targets = {ref for _, inner in reader.references if inner.follow for ref in inner.refs}
    return name, shape, sorted(ref.removeprefix(KIND) for ref in targets if ref.startswith(KIND))


def _kind_name(schema: Any, file: str) -> str:
    try:
        name = schema["properties"]["kind"]["const"]
    except (KeyError, TypeError):
        name = None
    if not isinstance(name, str):
        message = "the schema does not say which kind it describes"
        raise DocumentError(message, at=top(file), hint='add "kind": {"const": "NAME"} to its properties')
    return name


def unfit_defaults(shape: Shape, file: str) -> list[DocumentError]:
    """The `x-when-absent` values of a kind that are not what their own property may hold."""
    from copy import copy

    problems = []
    for path, field in walk(shape):
        if field.when_absent is not None:
            try:
                make_field_decoder(field)(copy(field.when_absent[0]), {}, "", Facts({}, "EUR"))
            except Invalid:
                message = f"{path}: its x-when-absent is not what it may hold"
                problems.append(DocumentError(message, at=top(file)))
    return problems


def _check_schema(schema: Any, file: str) -> None:
    """Refuse what is no JSON Schema; the built-in ones are checked by tests."""
    from jsonschema import Draft202012Validator

    found = Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)
    problems = []
    for error in found:
        path = "/".join(["#", *map(str, error.absolute_path)])
        message = f"{path}: this is no JSON Schema: {clip(error.message)}"
        problems.append(DocumentError(message, at=top(file), hint="see json-schema.org, draft 2020-12"))
    if problems:
        raise Problems(problems)
