"""Drafts of tables: cells that are not changed stay as they are, quotes, delimiters and line ends too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policyscan.editing.table_drafts import TableDraft
from policyscan.errors import DocumentError, PolicyscanError
from policyscan.kinds.kinds import Kinds
from policyscan.reading.tables import Grid
from policyscan.source import Source

SHAPE = Kinds.builtin()["client"].shape
TEXT = (
    'id,hostname,os.name,antivirus.active,x-note\r\nlt-1,"A, B",Windows,true,\r\n\r\n'
    'lt-2,C,,,"said ""no"""\r\n'
)


def draft(text: str = TEXT, name: str = "devices") -> TableDraft:
    return TableDraft(Grid(Source(f"{name}.csv", text)), name, SHAPE)


def test_without_a_change_every_character_stays() -> None:
    assert draft().text() == TEXT
    assert draft(TEXT.replace(",", ";")).text() == TEXT.replace(",", ";")


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (lambda rows: rows[0].update(hostname="D"), '"A, B"', "D"),
        (lambda rows: rows[0]["antivirus"].update(active=False), "true", "false"),
        (lambda rows: rows[1].update(os={"name": "x, y"}), "C,,", 'C,"x, y",'),
        (lambda rows: rows[0].pop("os"), "Windows", ""),
        (lambda rows: rows.pop(0), 'lt-1,"A, B",Windows,true,\r\n', ""),
        (lambda rows: rows.append({"id": "lt-3"}), '""no"""\r\n', '""no"""\r\nlt-3,,,,\r\n'),
    ],
    ids=["cell", "boolean", "quoted", "empty", "row gone", "row added"],
)
def test_one_change_touches_one_place(change: Callable[[list[Any]], Any], old: str, new: str) -> None:
    made = draft()
    change(made.value["devices"])
    assert TEXT.count(old) == 1
    assert made.text() == TEXT.replace(old, new)


def test_a_new_fact_is_a_new_column() -> None:
    made = draft("id;hostname\nlt-1;A\nlt-2;B")
    made.value["devices"][1].update(encrypted=False, user=None)
    made.value["devices"].append({"id": "lt-3"})
    assert made.text() == "id;hostname;encrypted;user\nlt-1;A;;\nlt-2;B;false;none\nlt-3;;;"


def test_a_table_without_rows_takes_some() -> None:
    made = draft("id,hostname\n")
    assert made.is_blank(made.value, "devices")
    made.value["devices"] = [{"id": "a"}]
    assert made.text() == "id,hostname\na,\n"


def test_what_no_cell_can_hold_is_refused() -> None:
    made = draft()
    made.value["devices"][0]["patches"] = {"missing": [{"id": "KB1"}]}
    with pytest.raises(DocumentError, match="is a list of things"):
        made.text()
    made = draft()
    made.value["devices"][0]["hostname"] = "n/a"
    with pytest.raises(PolicyscanError, match="nobody knows"):
        made.text()


def test_a_new_column_leaves_what_the_other_rows_say_by_not_saying_it() -> None:
    made = draft("id,hostname\nlt-1,A\nlt-2,B\n")
    made.value["devices"][0]["in_scope"] = False
    assert made.text() == "id,hostname,in_scope\nlt-1,A,false\nlt-2,B,true\n"
    made = draft("id,in_scope\nlt-1,false\n")
    made.value["devices"].append({"id": "lt-2"})
    assert made.text() == "id,in_scope\nlt-1,false\nlt-2,true\n"


@pytest.mark.parametrize(
    ("covering", "text"), [("ev-rmm", "id,evidence\nlt-1,ev-new\nlt-2,ev-rmm\n"), (None, "id\nlt-1\nlt-2\n")]
)
def test_a_column_for_evidence_takes_none_from_the_other_rows(covering: str | None, text: str) -> None:
    made = draft("id\nlt-1\nlt-2\n")
    made.covering = covering
    made.value["devices"][0]["evidence"] = "ev-new"
    assert made.text() == text
