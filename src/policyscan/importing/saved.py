"""Saved mappings: a YAML file that says what the columns of any table or list mean.

In: the file and the kind of inventory. Out: an `Importer` like those of `sources`; Problems with every key,
column or type in it that is wrong, at its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.editing.answers import BadAnswer, value_of
from policyscan.errors import DocumentError, Problems
from policyscan.importing.cells import (
    NOT_TOLD,
    Cell,
    Setting,
    UnclearCell,
    day,
    instant,
    serial,
    stated_day,
    text,
)
from policyscan.importing.exports import Export, MadeCell, RowDict
from policyscan.importing.importers import Importer, Read
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns
from policyscan.kinds.kinds import Kind
from policyscan.kinds.shapes import FREE
from policyscan.patterns import when_used
from policyscan.reading.reading import read_file
from policyscan.reading.text import top
from policyscan.reading.tree import Tree

_KEYS = (
    "tool",
    "section",
    "rows",
    "sheet",
    "client",
    "known_by",
    "columns",
    "leave",
    "whole",
    "zoned",
    "method",
)
_NEEDED = ("tool", "section", "known_by", "columns")
_COLUMN_KEYS = ("column", "as", "words", "format")
_AS: dict[str, Cell] = {
    "text": text, "serial": serial, "instant": instant, "day": stated_day, "day_of_instant": day,
}  # fmt: skip
_METHODS = ("declared", "document", "tool_export")
_HINT = "docs/importing.md shows one"
_DAY = when_used(r"\d{4}-\d\d-\d\d(?:T|$)")
_FAULTS = frozenset(("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"))


class _Mapping:
    """Reads a mapping, and collects what is wrong with it."""

    def __init__(self, tree: Tree, kind: Kind) -> None:
        self.tree = tree
        self.kind = kind
        self.value: dict[str, Any] = tree.value
        self.problems: list[DocumentError] = []

    def wrong(self, container: Any, key: str | None, message: str, hint: str | None = _HINT) -> None:
        at = self.tree.key_span_of(container, key) if key is not None else self.tree.root_span()
        self.problems.append(DocumentError(message, at=at, hint=hint))

    def check_keys(self) -> None:
        for key in self.value:
            if key not in _KEYS:
                self.wrong(
                    self.value, key, f"the key {key} is not known in a mapping", did_you_mean(key, _KEYS)
                )
        for key in _NEEDED:
            if key not in self.value:
                self.wrong(self.value, None, f"a mapping says {key}, and this one does not")

    def check_method(self) -> None:
        method = self.value.get("method", _METHODS[0])
        if method not in _METHODS:
            message = f"{method} is no way in which a list comes about"
            self.wrong(self.value, "method", message, f"write one of: {', '.join(_METHODS)}")

    def section(self) -> str:
        section = str(self.value.get("section"))
        field = self.kind.field(section)
        items = field.shape.items if field is not None else None
        if items is None or items.shape.form != "object":
            hint = did_you_mean(section, self.kind.shape.fields)
            self.wrong(self.value, "section", f"{section} is no list of a {self.kind.name}", hint)
        return section

    def columns(self, key: str, section: str) -> Iterator[ColumnOf]:
        said = self.value.get(key)
        if said.__class__ is not dict or not said:
            self.wrong(
                self.value, key, f"{key} says for each fact which column tells it, as in hostname: Name"
            )
            return
        for path, column in said.items():
            yield from self._column(said, str(path), column, section)

    def _column(self, said: Any, path: str, column: Any, section: str) -> Iterator[ColumnOf]:
        free = any(step.startswith(FREE) for step in path.split("."))
        field = self.kind.field(f"{section}[].{path}")
        if field is None and not free:
            items = self.kind.field(f"{section}[]")
            hint = did_you_mean(path, items.shape.fields if items is not None else ())
            self.wrong(said, path, f"{path} is no fact of {section}", hint or "your own begin with x-")
            return
        given = column if column.__class__ is dict else {"column": column}
        for name in given:
            if name not in _COLUMN_KEYS:
                self.wrong(given, name, f"the key {name} is not known here", did_you_mean(name, _COLUMN_KEYS))
        name = given.get("column")
        if not isinstance(name, str):
            self.wrong(
                said, path, f"{path} says no column", "write the column's name, in quotes if it is a number"
            )
            return
        yield ColumnOf(name, path, _as_typed(self._cell(given, path, said) or _typed(field), field))

    def _cell(self, given: dict[str, Any], path: str, said: Any) -> Cell | None:
        """How the cells are read, where that is said."""
        if "words" in given:
            return _words(given["words"] if given["words"].__class__ is dict else {})
        if "format" in given:
            return _formatted(str(given["format"]))
        how = given.get("as")
        if how is None:
            return None
        if how not in _AS:
            self.wrong(said, path, f"{how} is no way to read a cell", f"write one of: {', '.join(_AS)}")
        return _AS.get(str(how))


def _as_typed(read: Cell, field: Any) -> Cell:
    """Cells as somebody typed them: not what a spreadsheet worked out, nor what it made of a text."""

    def cell(value: Any, setting: Setting) -> Any:
        if isinstance(value, str) and (value[:1] == "=" or value in _FAULTS):
            raise UnclearCell(f"{value} is what a spreadsheet worked out, or could not")
        return read(value, setting) if not isinstance(value, MadeCell) else _made(value, field, read, setting)

    return cell


def _made(value: MadeCell, field: Any, read: Cell, setting: Setting) -> Any:
    """What a date or number of a spreadsheet means, which is clear where the fact is one."""
    form = field.shape.form if field is not None else ""
    if form == "string":
        raise UnclearCell(f"a spreadsheet made a number or a date of a text: {value}")
    if form == "date" and _DAY.match(value):
        return value[:10]
    return float(value) if form in ("number", "money") and not _DAY.match(value) else read(value, setting)


def _typed(field: Any) -> Cell:
    """Cells read as the fact's type says; whatever may be meant in two ways is not clear."""

    def cell(value: Any, _: Setting) -> Any:
        if value is None or value == "":
            return NOT_TOLD
        if field is None or value.__class__ in (dict, list):
            return value
        said = {True: "true", False: "false"}.get(value) if value.__class__ is bool else str(value)
        try:
            return value_of(str(said), field)
        except BadAnswer as bad:
            raise UnclearCell(bad.message) from None

    return cell


def _words(meant: dict[str, Any]) -> Cell:
    table = {str(word).casefold(): value for word, value in meant.items()}

    def cell(value: Any, _: Setting) -> Any:
        if value is None or value == "":
            return NOT_TOLD
        word = ("true" if value else "false") if value.__class__ is bool else str(value).strip().casefold()
        if word not in table:
            raise UnclearCell(f"the mapping does not say what {value!r} means")
        return table[word]

    return cell


def _formatted(pattern: str) -> Cell:
    """Days as the mapping says that they are written, as in `%d/%m/%Y`; instants if it has hours."""

    def cell(value: Any, setting: Setting) -> Any:
        if value is None or value == "":
            return NOT_TOLD
        try:
            found = datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007 - its zone is given below
        except ValueError:
            raise UnclearCell(f"{value!r} is not written as {pattern}") from None
        if "%H" not in pattern and "%I" not in pattern:
            return found.date().isoformat()
        return instant(found.isoformat(), setting)

    return cell


def saved_importer(path: str, kind: Kind) -> Importer:
    """The importer that a mapping file describes; raises Problems."""
    trees, problems = read_file(path)
    if problems:
        raise Problems(problems)
    if len(trees) != 1 or trees[0].value.__class__ is not dict:
        raise DocumentError("this is no mapping: it has no keys and values", at=top(path), hint=_HINT)
    mapping = _Mapping(trees[0], kind)
    mapping.check_keys()
    mapping.check_method()
    if mapping.problems:
        raise Problems(mapping.problems)
    value, section = mapping.value, mapping.section()
    known_by = tuple(mapping.columns("known_by", section))
    columns = tuple(mapping.columns("columns", section))
    if mapping.problems:
        raise Problems(mapping.problems)
    said = value.get("leave")
    leave: dict[str, Any] = said if isinstance(said, dict) else {}
    table = ExportTable(
        section=section,
        marker=next((one.path for one in known_by if one.path.startswith(FREE)), f"{FREE}mapped"),
        needs=tuple(dict.fromkeys(one.source for one in (*known_by[:1], *columns))),
        known_by=known_by,
        columns=columns,
        called=tuple(one.source for one in reversed(known_by)),
        client=str(value.get("client") or ""),
        whole=value.get("whole") is not False,
        leave=lambda row, _: _left(row, leave),
    )
    return Importer(
        tool=str(value["tool"]),
        asks="what it says",
        read=_reader(table, section, value.get("rows"), str(value.get("sheet") or "")),
        zoned=value.get("zoned") is True,
        method=str(value.get("method") or ""),
    )


def _left(row: RowDict, leave: dict[str, Any]) -> str:
    for name, values in leave.items():
        said = values if values.__class__ is list else [values]
        if str(row.get(name)).casefold() in {str(one).casefold() for one in said}:
            return f"its {name} is {row.get(name)}"
    return ""


def _reader(table: ExportTable, section: str, rows: Any, sheet: str) -> Read:
    def read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
        reader = RowReader(table, setting, only)
        for export in exports:
            is_json = export.source.text.lstrip()[:1] in ("{", "[")
            found = export.rows(*([str(rows)] if rows else [])) if is_json else export.table(sheet)
            check_columns(export, found, table, "export that the mapping describes")
            reader.take(export, found)
        return [reader.part(section)]

    return read
