"""`fill`: answers that came back go into the inventory, all or none of them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.cli.runner import Ran, policyscan

TEXT = """\
schema_version: 1
kind: client
as_of: 2026-10-31   # the day
organisation: {id: oak}
people:
  - {id: p-1, name: Ann Ames}
devices:
  - id: lt-1
    user:
    antivirus: {product: X, active: false}
email: null
"""
HEADER = "nr,who,question,about,answer,how,on_file,shown_by,effect,inventory,path\r\n"


@pytest.fixture
def oak(tmp_path: Path) -> Path:
    path = tmp_path / "inventories/clients/oak.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(TEXT.encode())
    return path


def row(path: str, answer: str, known: str = "", inventory: str = "oak") -> str:
    return f'1,owner,"What, then?",lt-1,"{answer}",yes or no,{known},,,{inventory},{path}\r\n'


@pytest.fixture
def fill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    def run(text: str, *options: str, name: str = "answers.csv") -> Ran:
        (tmp_path / name).write_bytes(text.encode("utf-8-sig"))
        return policyscan(monkeypatch, tmp_path, "fill", "oak", name, *options)

    return run


def test_whoever_does_not_know_keeps_nobody_else_from_answering(oak: Path, fill: object) -> None:
    answers = row("devices[lt-1].encrypted", "don't know") + row("devices[lt-1].user", "Ann Ames")
    run = fill(HEADER + answers)  # type: ignore[operator]
    assert (run.code, "1 answer of those who do not know: the facts stay unknown" in run.out) == (0, True)
    assert "encrypted" not in oak.read_text("utf-8")
    assert "user: p-1" in oak.read_text("utf-8")


def test_a_new_item_needs_no_short_name(oak: Path, fill: object) -> None:
    answers = (
        row("people[1].name", "Bob O'Neill") + row("people[2].name", "Bob ONeill") + row("people[2].id", "")
    )
    run = fill(HEADER + answers + row("people[0].name", "Ann Ames"))  # type: ignore[operator]
    assert (run.code, run.err) == (0, "")
    after = oak.read_text("utf-8")
    assert "- {id: bob-oneill, name: Bob O'Neill}" in after
    assert "- {id: bob-oneill-2, name: Bob ONeill}" in after
    assert "- {id: p-1, name: Ann Ames}" in after


def test_answers_of_every_type_are_recorded(oak: Path, fill: object) -> None:
    run = fill(  # type: ignore[operator]
        HEADER
        + row("devices[lt-1].user", "ann ames")
        + row("devices[lt-1].encrypted", "Yes")
        + row("devices[lt-1].os.name", "")
        + row("accounts[0].id", "a-1")
        + row("accounts[0].person", "p-1")
        + row("accounts[1].id", "a-2")
    )
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines()[-1] == "5 facts recorded"
    assert oak.read_text(encoding="utf-8") == (
        TEXT.replace("user:\n", "user: p-1\n").replace(
            "active: false}\n", "active: false}\n    encrypted: true\n"
        )
        + "accounts:\n  - {id: a-1, person: p-1}\n  - {id: a-2}\n"
    )


def test_markdown_is_read_too(oak: Path, fill: object) -> None:
    run = fill(  # type: ignore[operator]
        "# Questions\n\n| about | question | answer | how to answer | path |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| lt\\-1 |  | yes \\| | yes or no | `oak: devices[lt-1].os.name` |\n"
        "| lt\\-1 |  |  | yes or no | `oak: devices[lt-1].encrypted` |\n"
        "\nMore.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        name="answers.md",
    )
    assert (run.code, run.err) == (0, "")
    assert "os: {name: yes |}" in oak.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (row("devices[lt-1].antivirus.active", "yes"), "the file says false, and the answer is true"),
        (row("email", "yes"), "several parts"),
        (row("email.mailboxes_count", "3"), "the file says that there is no email"),
        (row("as_of", "31.10.2026"), "depends on the country"),
        (row("devices[lt-2].user", "p-1"), "did you mean lt-1?"),
        (row("devices[lt-1].user", "Bob"), "nothing in people has the id Bob"),
        (row("devices[lt-1].encrypted", "yes") + row("devices[lt-1].encrypted", "no"), "answered twice"),
        (row("accounts[0].admin", "yes"), "id"),
        (row("", "yes"), "without a path"),
        ("1,2,3,4,5,6,7,8,9,10,11,12\r\n", "12 cells"),
        ('1,"2\r\n', "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_at_its_row_and_nothing_is_written(
    rows: str, says: str, oak: Path, fill: object
) -> None:
    run = fill(HEADER + row("devices[lt-1].os.name", "Windows 11") + rows)  # type: ignore[operator]
    assert run.code == 2
    assert says in run.err
    assert oak.read_text(encoding="utf-8") == TEXT
    if "would not be valid" not in run.err:
        places = ["3:1: this row", "3:28:", "4:28:"]  # the row itself, or its answer
        assert any(f"answers.csv:{place}" in run.err for place in places)


def test_a_file_without_the_columns_is_refused(oak: Path, fill: object) -> None:
    run = fill("fact;value\r\nas_of;2026-11-01\r\n")  # type: ignore[operator]
    assert (run.code, "the columns path and answer" in run.err) == (2, True)
    assert oak.read_text(encoding="utf-8") == TEXT


def test_an_answer_takes_the_place_of_what_did_not_count_or_what_it_is_told_to(
    oak: Path, fill: object
) -> None:
    rows = HEADER + row("devices[lt-1].antivirus.active", "yes", known="false")
    assert fill(rows).code == 0  # type: ignore[operator]
    assert "active: true" in oak.read_text(encoding="utf-8")
    rows = HEADER.replace(",", ";") + row("email.mailboxes_count", "3").replace(",", ";")
    assert fill(rows, "--replace").code == 0  # type: ignore[operator]
    assert "email: {mailboxes_count: 3}" in oak.read_text(encoding="utf-8")


def test_answers_about_others_are_told(oak: Path, fill: object) -> None:
    run = fill(HEADER + row("as_of", "2026-11-02", inventory="elm"))  # type: ignore[operator]
    assert (run.code, run.out) == (2, "")
    assert "no answer is about oak, but about elm" in run.err
    assert "hint: policyscan fill elm answers.csv" in run.err
    assert oak.read_text(encoding="utf-8") == TEXT


ELM = "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: elm}   # ours\n"


@pytest.fixture
def two(oak: Path, tmp_path: Path) -> Path:
    """Two inventories, and a folder for answers about both."""
    (oak.parent / "elm.yaml").write_text(ELM, encoding="utf-8")
    folder = tmp_path / "answers"
    folder.mkdir()
    return folder


def test_all_answers_of_a_folder_go_where_they_belong(
    two: Path, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (two / "a.csv").write_text(HEADER + row("email.mailboxes_count", "3", inventory="elm"), "utf-8")
    (two / "b.csv").write_text(
        HEADER + row("devices[lt-1].user", "p-1") + row("time_zone", "Europe/Dublin", inventory="elm"),
        "utf-8",
    )
    (two / "~$b.xlsx").write_bytes(b"a lock")
    run = policyscan(monkeypatch, tmp_path, "fill", "--all", "answers")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines()[-2:] == ["elm: 2 facts recorded", "oak: 1 fact recorded"]
    assert "user: p-1" in oak.read_text(encoding="utf-8")
    assert (oak.parent / "elm.yaml").read_text(encoding="utf-8").startswith(ELM)


def test_what_one_inventory_refuses_keeps_nothing_from_the_others(
    two: Path, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = (
        row("devices[lt-1].user", "p-1")
        + row("as_of", "31/10/2026")
        + row("time_zone", "Europe/Dublin", inventory="elm")
    )
    (two / "a.csv").write_text(HEADER + rows + row("as_of", "2026-10-31", inventory="ash"), "utf-8")
    run = policyscan(monkeypatch, tmp_path, "fill", "--all", "answers")
    assert run.code == 2
    assert run.out.splitlines()[-3:] == [
        "ash: nothing was written: 1 error", "elm: 1 fact recorded", "oak: nothing was written: 1 error",
    ]  # fmt: skip
    assert "answers/a.csv:3:28: as_of: which day 31/10/2026 is depends on the country" in run.err
    assert "there is no inventory with the id ash" in run.err
    assert oak.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("oak",), "no file of answers is named"),
        (("--all", "empty"), "there are no answers in the folder empty"),
        (("--all", "nobody.csv"), "an answer does not say about whom it is"),
        (("--all", "gone.csv"), "gone.csv"),
    ],
)
def test_answers_that_cannot_be_given_to_anybody_are_told(
    words: tuple[str, ...], says: str, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "nobody.csv").write_text(HEADER + row("as_of", "2026-10-31", inventory=""), "utf-8")
    run = policyscan(monkeypatch, tmp_path, "fill", *words)
    assert run.code == 2
    assert says in run.err
    assert oak.read_text(encoding="utf-8") == TEXT


def test_a_workbook_of_questions_comes_back_with_its_answers(
    two: Path, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = policyscan(
        monkeypatch, tmp_path, "ask", "--all", "--select", "PLAN-01", "--every", "-o", "xlsx:answers/q.xlsx"
    )
    assert ran.code == 0
    book = openpyxl.load_workbook(two / "q.xlsx")
    sheet = book["questions"]
    names = [cell.value for cell in sheet[1]]
    given = {"crisis_plan.document": "Plan.docx", "crisis_plan.scenarios": "fire; ransomware"}
    for cells in sheet.iter_rows(min_row=2):
        said = dict(zip(names, (cell.value for cell in cells), strict=True))
        assert cells[names.index("answer")].number_format == "@"
        if said["inventory"] == "oak" and said["path"] in given:
            cells[names.index("answer")].value = given[said["path"]]
    book.save(two / "q.xlsx")
    run = policyscan(monkeypatch, tmp_path, "fill", "--all", "answers")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines()[-1] == "oak: 2 facts recorded"
    text = oak.read_text(encoding="utf-8")
    assert "Plan.docx" in text
    assert "ransomware" in text


def test_a_number_that_may_have_been_another_text_is_no_answer(
    oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for cells in (
        ["path", "answer"],
        ["devices[lt-1].os.version", 10.1],
        ["devices[lt-1].encrypted", "=1+2"],
    ):
        book.worksheets[0].append(cells)
    book.save(tmp_path / "a.xlsx")
    run = policyscan(monkeypatch, tmp_path, "fill", "oak", "a.xlsx")
    assert run.code == 2
    assert "a.xlsx:2 (sheet Sheet, column B): devices[lt-1].os.version: the spreadsheet made 10.1" in run.err
    assert "a.xlsx:3 (sheet Sheet, column B): devices[lt-1].encrypted: '=1+2' is neither" in run.err
    assert oak.read_text(encoding="utf-8") == TEXT


def test_what_ask_wrote_comes_back_with_its_answers(
    oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The two commands agree about their file, whatever is asked first."""
    answers = {
        "crisis_plan.document": "Plan.docx", "crisis_plan.approved_by": "ann ames",
        "crisis_plan.scenarios": "fire; ransomware", "crisis_plan.last_reviewed_on": "2026-10-01",
    }  # fmt: skip
    for format_, name in (("csv", "q.csv"), ("markdown", "q.md")):
        run = policyscan(monkeypatch, tmp_path, "ask", "oak", "--select", "PLAN-01", "-f", format_)
        lines = run.out.splitlines(keepends=True)
        for number, line in enumerate(lines):
            for path, answer in answers.items():
                if f"oak,{path}\n" in line.replace("\r", ""):
                    before, _, rest = line.partition("?,")
                    about, _, rest = rest.partition(",")
                    lines[number] = f"{before}?,{about},{answer}{rest}"
                if f"oak: {path}`" in line:
                    cells = line.split("|")
                    cells[3] = f" {answer} "
                    lines[number] = "|".join(cells)
        (tmp_path / name).write_text("".join(lines), encoding="utf-8")
        run = policyscan(monkeypatch, tmp_path, "fill", "oak", name, "--dry-run")
        assert (run.code, run.err) == (0, "")
        assert "approved_by: p-1" in run.out
        assert "scenarios: [fire, ransomware]" in run.out
