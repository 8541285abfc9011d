"""Drafts of tables: the rows of a CSV file to change, and its text with these changes and no others.

In: the text of a table, what its name says it is of, and the shape of the kind. Out: as of `drafts`, the new
text, in which every cell that is not changed stays as it was; DocumentError for what a table cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyscan.editing.drafts import BY_HAND, Splice, put_together, same
from policyscan.errors import DocumentError, Problems
from policyscan.kinds.columns import Misnamed, columns_of, target_of
from policyscan.kinds.shapes import Shape
from policyscan.reading.tables import Grid, TableReader, TableTree
from policyscan.reading.text import top
from policyscan.reading.tree import Tree
from policyscan.source import Source

Path = tuple[str, ...]


class TableDraft:
    """The rows of a table below the key of their section, to be changed, taken out or added after the
    others."""

    def __init__(self, grid: Grid, name: str, shape: Shape) -> None:
        self.source = grid.source
        self.name = name
        self._shape = shape
        self.grid = grid
        self.tree, self._paths = _read(grid, name, shape)
        self.section, *inner = name.split(".")
        self.inner: Path = tuple(inner)
        """The keys that lead from an item of the section to the list in it that the rows are; none for rows
        that are the items themselves."""
        self._old = _rows_of(self.tree, name)
        copies = [_copied(row) for row in self._old]
        self._copies = {id(copy): number for number, copy in enumerate(copies)}
        self._new = copies
        self.value: dict[str, Any] = {name: copies} if copies and not inner else {}
        self._within: list[TableDraft] = []
        self.covering: str | None = None
        """The item of evidence that covers the section, on which rows rest that name none."""
        self._ending = "\r\n" if "\r\n" in self.source.text else "\n"

    def take_in(self, other: TableDraft) -> None:
        """Lets the rows of another table stand in the items of this one, where they belong."""
        items = {item.get("id"): item for item in self.value.get(self.section, ())}
        for row in other._new:
            holder = items.get(row[_OWNER])
            for key in other.inner[:-1]:
                inside = holder.setdefault(key, {}) if holder.__class__ is dict else None
                holder = inside
            if holder.__class__ is dict:
                holder.setdefault(other.inner[-1], []).append(row)
        self._within.append(other)

    def give_out(self) -> None:
        """Gives the rows of other tables back to these, as they are now."""
        for other in self._within:
            other._new = []
            for item in self.value.get(self.section, ()):
                found = _dug(item, other.inner)
                for row in found if found.__class__ is list else ():
                    row[_OWNER] = item.get("id")
                    other._new.append(row)

    def is_blank(self, container: Any, key: str) -> bool:
        """Whether the section is there and has no rows yet."""
        return container is self.value and key == self.section and key not in container

    def text(self) -> str:
        """The text of the file with the changes; raises DocumentError."""
        new: Sequence[Any] = self._new if self.inner else self.value.get(self.section, ())
        kept = {self._copies[id(row)]: row for row in new if id(row) in self._copies}
        added = [row for row in new if id(row) not in self._copies]
        self._settle(list(kept.values()), added)
        cells = [self._facts(row) for row in (*kept.values(), *added)]
        known = {path for path in self._paths if path is not None}
        before = {number: self._facts(row) for number, row in enumerate(self._old)}
        columns = [path for one in cells for path in one if path not in known]
        fresh = list(dict.fromkeys(path for path in columns if self._is_new(path, cells)))
        splices = [*self._header(fresh), *self._rows(kept, before, fresh), *self._added(added, fresh)]
        text = put_together(self.source.text, splices, self.tree)
        self._check(text, [*(kept[number] for number in sorted(kept)), *added])
        return text

    # --- what an empty cell would say otherwise than a column that is not there

    def _settle(self, kept: Sequence[Any], added: Sequence[Any]) -> None:
        """Writes out what the other rows say by not saying it, where a new column makes an empty cell of it;
        and new rows in columns that are there. An empty cell is not known, and evidence of that name none."""
        known = {path for path in self._paths if path is not None}
        fresh = {path for row in (*kept, *added) for path in self._facts(row)} - known
        for path in sorted(fresh, key=len):
            if path[-1] == _EVIDENCE and self.covering is None and any(_lacks(row, path) for row in kept):
                for row in (*kept, *added):
                    if not _lacks(row, path) and _dug(row, path[:-1]).__class__ is dict:
                        del _dug(row, path[:-1])[_EVIDENCE]
        for path in sorted(fresh | known, key=len):
            for row in (*(kept if path in fresh else ()), *added):
                if _lacks(row, path) and (value := self._absent(row, path)) is not _NOTHING:
                    _dug(row, path[:-1])[path[-1]] = value

    def _absent(self, row: Any, path: Path) -> Any:
        """What a row says at a path by having nothing there."""
        if path[-1] == _EVIDENCE:
            found = (row.get(_EVIDENCE) if len(path) > 1 else None) or self.covering
            return found if found is not None else _NOTHING
        target = target_of(self.name, self._shape)
        shape: Shape | None = None if isinstance(target, Misnamed) else target[1]
        field = None
        for key in path:
            field = shape.fields.get(key) if shape is not None else None
            shape = field.shape if field is not None else None
        return _NOTHING if field is None or field.when_absent is None else field.when_absent[0]

    def _facts(self, row: Any) -> dict[Path, Any]:
        """The facts of a row by the paths of their columns, without those that stand in tables of their
        own."""
        own = {other.inner for other in self._within}
        return {path: value for path, value in _cells(row) if path not in own or not value}

    def _is_new(self, path: Path, cells: Sequence[dict[Path, Any]]) -> bool:
        """Whether a path needs a column of its own: that of what holds it may say that there is none."""
        if any(one.get(path).__class__ is list and _is_table(one[path]) for one in cells):
            name = ".".join((self.section, *path))
            message = f"{name} is a list of things with several parts, which no cell can hold"
            hint = f"make a table {name}.csv with the columns {self.section} and id, or write it as YAML"
            raise DocumentError(message, at=top(self.source.file), hint=hint)
        return any(path in one for one in cells)

    def _header(self, fresh: Sequence[Path]) -> Iterator[Splice]:
        if fresh:
            end = self.grid.header[-1][1]
            names = (self._cell(".".join(path)) for path in fresh)
            yield Splice(end, end, "".join(f"{self.grid.delimiter}{name}" for name in names))

    def _rows(
        self, kept: dict[int, Any], before: dict[int, dict[Path, Any]], fresh: Sequence[Path]
    ) -> Iterator[Splice]:
        number = 0
        starts = [*self.source.starts, len(self.source.text)]
        for line, texts in self.grid.rows():
            spots = self.grid.cells(starts[line])
            if not any(map(str.strip, texts)):
                continue
            if number not in kept:
                yield Splice(starts[line], self._after(spots[-1][1]), "")
            else:
                yield from self._changed(spots, before[number], self._facts(kept[number]), fresh)
            number += 1

    def _changed(
        self,
        spots: Sequence[tuple[int, int]],
        old: dict[Path, Any],
        new: dict[Path, Any],
        fresh: Sequence[Path],
    ) -> Iterator[Splice]:
        for path, (start, end) in zip(self._paths, spots, strict=False):
            if path is not None and not same(old.get(path, _NOTHING), new.get(path, _NOTHING)):
                yield Splice(start, end, self._cell(_text(new.get(path, _NOTHING))))
        if fresh:
            end = spots[-1][1]
            texts = (self._cell(_text(new.get(path, _NOTHING))) for path in fresh)
            yield Splice(end, end, "".join(f"{self.grid.delimiter}{text}" for text in texts))

    def _added(self, rows: Sequence[Any], fresh: Sequence[Path]) -> Iterator[Splice]:
        end = len(self.source.text)
        lead = "" if self.source.text[-1:] in "\r\n" else self._ending
        for row in rows:
            cells = self._facts(row)
            paths = (*self._paths, *fresh)
            texts = ("" if path is None else self._cell(_text(cells.get(path, _NOTHING))) for path in paths)
            yield Splice(end, end, f"{lead}{self.grid.delimiter.join(texts)}{'' if lead else self._ending}")

    def _after(self, at: int) -> int:
        """Where the line ends that an offset is in."""
        ends = [end for end in self.source.starts if end > at]
        return ends[0] if ends else len(self.source.text)

    def _cell(self, text: str) -> str:
        if any(char in text for char in f'{self.grid.delimiter}"\r\n') or text != text.strip():
            return '"' + text.replace('"', '""') + '"'
        return text

    def _check(self, text: str, wanted: Sequence[Any]) -> None:
        """Refuses a text that does not say what it should."""
        tree, _ = _read(Grid(Source(self.source.file, text)), self.name, self._shape)
        found = [self._facts(row) for row in _rows_of(tree, self.name)]
        if not same(found, [self._facts(row) for row in wanted]):
            message = "this table cannot hold what is to be written into it"
            raise DocumentError(message, at=top(self.source.file), hint=BY_HAND)


_OWNER = "\0owner"
"""The key of a row under which it says in whose list it stands; no column is called so."""


_EVIDENCE = "evidence"


class _Nothing:
    __slots__ = ()


_NOTHING = _Nothing()


class SheetDraft(TableDraft):
    """The rows of a sheet of a workbook, which stay as they are: people change them in their spreadsheet."""

    def text(self) -> str:
        """The text of the sheet as it is; raises DocumentError if it would not say what it should."""
        new: Sequence[Any] = self._new if self.inner else self.value.get(self.section, ())
        if not same([self._facts(row) for row in new], [self._facts(row) for row in self._old]):
            message = f"the sheet {self.name} of a workbook would change, and workbooks are not written"
            hint = f"change it in a spreadsheet, or save the sheet as {self.name}.csv in the place of it"
            raise DocumentError(message, at=top(self.source.file), hint=hint)
        return self.source.text


def _read(grid: Grid, name: str, shape: Shape) -> tuple[Tree, list[Path | None]]:
    target, source = target_of(name, shape), grid.source
    if isinstance(target, Misnamed):
        raise DocumentError(target.message, at=top(source.file), hint=target.hint)
    columns, misnamed = columns_of(grid.names, *target)
    if misnamed:
        wrong = next(iter(misnamed.values()))
        raise DocumentError(wrong.message, at=top(source.file), hint=wrong.hint)
    reader = TableReader(grid, target[0], columns)
    tree = reader.tree()
    if reader.problems:
        raise Problems(reader.problems)
    return tree, [(column.path or (_OWNER,)) if column is not None else None for column in columns]


def _rows_of(tree: Tree, name: str) -> list[Any]:
    """The rows of a table in their order, those that stand in items of another one with whose they are."""
    assert isinstance(tree, TableTree)
    for graft in tree.grafts:
        for row in graft.rows:
            row[_OWNER] = graft.owner
    grafted = [row for graft in tree.grafts for row in graft.rows]
    return [*tree.value.get(name, ()), *sorted(grafted, key=lambda row: tree.span_of(row).line)]


def _lacks(row: Any, path: Path) -> bool:
    holder = _dug(row, path[:-1])
    return holder.__class__ is dict and path[-1] not in holder


def _dug(item: Any, path: Path) -> Any:
    for key in path:
        item = item.get(key) if item.__class__ is dict else None
    return item


def _copied(value: Any) -> Any:
    if value.__class__ is dict:
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if value.__class__ is list else value


def _cells(row: Any, before: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The facts of a row with the paths of their columns."""
    for key, value in row.items():
        if value.__class__ is dict:
            yield from _cells(value, (*before, key))
        else:
            yield (*before, key), value


def _is_table(value: list[Any]) -> bool:
    return any(one.__class__ in (dict, list) for one in value)


def _text(value: Any) -> str:
    """A value as a cell says it; `none` where there is known to be none."""
    if value is _NOTHING:
        return ""
    if value is None or value == []:
        return "none"
    if value.__class__ is bool:
        return str(value).lower()
    if value.__class__ is list:
        return "; ".join(map(_text, value))
    return str(value)
