"""`ask`: which inventories it asks about, and that what it writes can be sent and read back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import write
from tests.cli.runner import Ran, policyscan

INVENTORIES = Path(__file__).parents[2] / "inventories"
AS_OF = "--as-of=2026-10-31"
CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: ID, name: NAME}
people:
  - {id: p-1, name: PERSON, leadership: true, start_date: 2020-01-01, end_date: }
devices:
  - {id: pc-1, hostname: FRONT, antivirus: {product: Defender, active: true}}
"""


def ask(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, folder, "ask", *args, AS_OF, "--no-cache")


def client(folder: Path, id_: str = "oak", name: str = "Oak Ltd", person: str = "Ann Oak") -> Path:
    text = CLIENT.replace("ID", id_).replace("NAME", name).replace("PERSON", person)
    return write(folder, f"inventories/clients/{id_}.yaml", text)


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_only_inventory_needs_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client(tmp_path)
    ran = ask(monkeypatch, tmp_path)
    assert ran.code == 0
    assert "Oak Ltd · inventories/clients/oak.yaml · as of 2026-10-31" in ran.out
    assert "For whoever runs the business" in ran.out
    assert "Ann Oak (p-1)" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("named", ["oak", "inventories/clients/oak.yaml"])
def test_an_inventory_is_named_by_its_id_or_file(
    named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client(tmp_path)
    client(tmp_path, "elm", "Elm Ltd")
    ran = ask(monkeypatch, tmp_path, named)
    assert (ran.code, "Oak Ltd" in ran.out, "Elm" in ran.out) == (0, True, False)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param([], "there are 2 inventories, and none is named", id="none of several"),
        pytest.param(["ork"], "did you mean oak?", id="a misspelt one"),
        pytest.param(["oak", "--all"], "leave one of the two out", id="one and all"),
        pytest.param(["oak", "-o", "csv:inventories/clients/oak.yaml"], "is an inventory", id="over it"),
        pytest.param(["oak", "-n", "0"], "Invalid value", id="no questions"),
    ],
)
def test_what_cannot_be_asked(
    args: list[str], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client(tmp_path)
    client(tmp_path, "elm")
    ran = ask(monkeypatch, tmp_path, *args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_a_file_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client(tmp_path)
    write(tmp_path, "inventories/clients/elm.yaml", "schema_version: 1\nkind: client\n  as_of: [\n")
    ran = ask(monkeypatch, tmp_path, "--all")
    assert ran.code == 2
    assert "inventories/clients/elm.yaml:3" in ran.err


def test_an_empty_folder_is_not_one_without_questions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = ask(monkeypatch, tmp_path, "--all")
    assert ran.code == 2
    assert "nothing is unknown" not in ran.out


def test_every_row_is_known_by_inventory_and_path_and_has_room_for_an_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client(tmp_path)
    ran = ask(monkeypatch, tmp_path, "-f", "csv", "--every")
    rows = cells(ran.out)
    assert {row["answer"] for row in rows} == {""}
    assert {row["inventory"] for row in rows} == {"oak"}
    paths = [row["path"] for row in rows]
    assert len(paths) == len(set(paths))
    assert {"people[p-1].end_date", "devices[pc-1].last_seen", "servers", "servers[0].id"} <= set(paths)
    assert next(row["about"] for row in rows if row["path"] == "devices[pc-1].last_seen") == "FRONT (pc-1)"


def test_no_cell_is_a_formula_or_markup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client(tmp_path, name='"=cmd()|`<script>`"', person='"@sum(a|b) <b>"')
    ran = ask(monkeypatch, tmp_path, "-f", "csv", "-o", "markdown:questions.md", "--every")
    assert not [cell for row in cells(ran.out) for cell in row.values() if cell.startswith(("=", "@"))]
    text = (tmp_path / "questions.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<b>" not in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {6}


def test_questions_fit_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    client(tmp_path)
    ran = ask(monkeypatch, tmp_path, "--every")
    assert max(map(len, ran.out.splitlines())) <= 60


def test_many_inventories_fit_a_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(25):
        client(tmp_path, f"c-{number}", f"Client {number}")
    ran = ask(monkeypatch, tmp_path, "--all")
    assert ran.code == 0
    assert len(ran.out.splitlines()) < 40
    assert "25 inventories" in ran.out
    assert "(25 inventories; whoever runs the business; decides 50 controls)" in ran.out


def test_shipped_inventories_can_all_be_asked_about(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = ask(monkeypatch, tmp_path, "--all", "--file", str(INVENTORIES), "--profile=full", "-f", "csv")
    assert ran.code == 0
    rows = cells(ran.out)
    assert {"corner-oven", "ridge-dental"} <= {row["inventory"] for row in rows}
    assert all(row["who"] and row["question"] and row["how"] for row in rows)


# --- one by one


def test_answers_are_written_once_they_were_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = client(tmp_path)
    before = file.read_text(encoding="utf-8")
    ran = policyscan(
        monkeypatch,
        tmp_path,
        "ask",
        "oak",
        AS_OF,
        "--select",
        "PLAN-11",
        "-i",
        stdin=b"2026-06-01\nnone\ny\n",
    )
    assert ran.code == 0
    assert "Write this?" in ran.out
    assert "+crisis_plan: null" in ran.out
    after = file.read_text(encoding="utf-8")
    assert after == before.replace("end_date: }", "end_date: 2026-06-01 }") + "crisis_plan: null\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(b"", "Nothing was answered", id="the end at once"),
        pytest.param(b"\n" * 40, "Nothing was answered", id="Enter"),
        pytest.param(b"none\nnone\nn\n", "Nothing was written.", id="no"),
        pytest.param(b"none\n", "Nothing was written.", id="the end before anybody agreed"),
    ],
)
def test_nothing_is_written(typed: bytes, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = client(tmp_path)
    before = file.read_bytes()
    ran = policyscan(monkeypatch, tmp_path, "ask", "oak", AS_OF, "--select", "PLAN-11", "-i", stdin=typed)
    assert (ran.code, said in ran.out) == (0, True)
    assert file.read_bytes() == before


def test_a_short_name_is_made_of_a_name_and_what_has_parts_is_asked_for_by_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = client(tmp_path)
    typed = ["our files", "", "Patient Records!", "4 hours", "Patient records", "", "", "y"]
    stdin = "".join(f"{line}\n" for line in typed).encode()
    args = ("oak", AS_OF, "--select", "REC-02", "-i", "-n", "1")
    ran = policyscan(monkeypatch, tmp_path, "ask", *args, stdin=stdin)
    assert "asked for one by one; press Enter for that, or write none" in ran.out
    assert "short name" not in ran.out
    after = file.read_text(encoding="utf-8")
    assert "{id: patient-records, name: Patient Records!, rto_hours: 4}" in after
    assert "{id: patient-records-2, name: Patient records}" in after


def test_a_wrong_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = client(tmp_path)
    typed = b"\n" * 9 + b"maybe\n"
    ran = policyscan(
        monkeypatch,
        tmp_path,
        "ask",
        "oak",
        AS_OF,
        "--select",
        "TRAIN-01",
        "-i",
        stdin=b"01/06/2026\n" + typed,
    )
    assert ran.code == 0
    assert "write it as year-month-day: 2026-10-31" in ran.out
    assert file.is_file()


def test_answers_come_back_as_they_were_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What `ask` writes, `fill` reads."""
    file = client(tmp_path)
    ask(monkeypatch, tmp_path, "oak", "--every", "-o", "csv:questions.csv")
    rows = cells((tmp_path / "questions.csv").read_text(encoding="utf-8"))
    answers = {
        "people[p-1].end_date": "none",
        "devices[pc-1].last_seen": "2026-10-30T09:00:00Z",
        "providers[0].id": "it",
        "providers[0].name": "Bright IT",
        "crisis_plan": "none",
    }
    assert answers.keys() <= {row["path"] for row in rows}
    for row in rows:
        row["answer"] = answers.get(row["path"], "")
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write(tmp_path, "answers.csv", out.getvalue())
    assert policyscan(monkeypatch, tmp_path, "fill", "oak", "answers.csv").code == 0
    text = file.read_text(encoding="utf-8")
    assert "end_date: null" in text
    assert "last_seen: 2026-10-30T09:00:00Z" in text
    assert "id: it" in text
    assert "name: Bright IT" in text
    assert "crisis_plan: null" in text
