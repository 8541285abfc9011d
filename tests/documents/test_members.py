"""Members: which files the patterns of an inventory name, and what is told of those that name nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from policyscan.documents.document import Document
from policyscan.documents.library import Library
from policyscan.documents.members import Hole, Members
from policyscan.files.discovery import discover
from policyscan.kinds.kinds import Kinds

CLIENT = "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: %s}\n"
PROVIDER = CLIENT.replace("client", "provider")
PORTFOLIO = "schema_version: 1\nkind: portfolio\nas_of: 2026-10-31\nowner: us\n"
FILE = "inventories/portfolios/us.yaml"


class Read:
    """A portfolio's members as a library reads them, and what was opened for it."""

    def __init__(self, root: Path, body: str, *paths: str, had: Sequence[str] = ()) -> None:
        write(root, FILE, PORTFOLIO + body)
        (root / "inventories/providers").mkdir(parents=True, exist_ok=True)
        found = discover(paths or [str(root / FILE)], base=root)
        self.library = Library(Kinds.builtin(), found, root)
        self.opened: list[str] = []
        documents: list[Document] = []
        for file in found.files:
            documents += self.library.load(file).documents
        (self.document,) = [one for one in documents if one.kind.name == "portfolio"]
        self.library.expect(self.document)
        self.members: Members = self.library.members(
            self.document,
            lambda _kind, ident: ident in {*had, *self.opened},
            lambda one, _context: self.opened.append(one.id),
        )

    @property
    def clients(self) -> list[str]:
        return self.members.ids["client"]

    @property
    def holes(self) -> list[Hole]:
        return self.members.holes["client"]

    @property
    def issues(self) -> list[str]:
        return [f"{issue.place} {issue.path}: {issue.message}" for issue in self.members.issues]


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write(tmp_path, f"inventories/clients/{name}.yaml", CLIENT % name)
    write(tmp_path, "inventories/clients/north/c.yaml", CLIENT % "c")
    write(tmp_path, "inventories/providers/it.yaml", PROVIDER % "it")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("clients/a.yaml", "a"),
        ("./clients//a.yaml", "a"),
        ("clients/*.yaml", "a b"),
        ("clients/[b-z].yaml", "b"),
        ("clients/?.yaml", "a b"),
        ("clients/*", "a b c"),
        ("clients", "a b c"),
        ("clients/", "a b c"),
        ("clients/north", "c"),
        ("*/north/*.yaml", "c"),
        ("clients/**/*.yaml", "a b c"),
        ("**/*.yaml", "a b c"),
        ("**", "a b c"),
        ("**/north/**", "c"),
        ("clients/**/**/c.yaml", "c"),
        ("clients/north/**/c.yaml", "c"),
        ("clients/**", "a b c"),
        ("*", "a b c"),
    ],
)
def test_a_pattern_names_files_and_folders(root: Path, pattern: str, ids: str) -> None:
    read = Read(root, f'members: ["{pattern}"]\nproviders: []\n')
    assert read.clients == ids.split()
    assert read.opened == ids.split()
    assert (read.holes, read.issues) == ([], [])


def test_patterns_that_overlap_name_a_member_once(root: Path) -> None:
    read = Read(root, "members: [clients/a.yaml, clients/*.yaml]\nproviders: [providers]\n")
    assert (read.clients, read.members.ids["provider"]) == (["a", "b"], ["it"])
    assert read.opened == ["a", "b", "it"]


def test_members_of_another_kind_are_none(root: Path) -> None:
    assert Read(root, 'members: ["*/*.yaml"]\nproviders: []\n').clients == ["a", "b"]


def test_a_member_that_came_by_is_not_opened_again(root: Path) -> None:
    read = Read(root, "members: [clients]\nproviders: []\n", str(root / "inventories"), had=["a", "b"])
    assert (read.clients, read.opened) == (["a", "b", "c"], ["c"])


def test_the_files_of_members_are_known_before_they_come_by(root: Path) -> None:
    read = Read(root, "members: [clients/*.yaml]\nproviders: []\n")
    assert read.library.members_of == {"inventories/clients/a.yaml", "inventories/clients/b.yaml"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("clients/gone.yaml", "no client is found under clients/gone.yaml: no file has this name"),
        ("gone/*.yaml", "no client is found under gone/*.yaml: no file has this name"),
        ("providers/*.yaml", "no client is found under providers/*.yaml: what it names is no client"),
        ("../*.yaml", "no client is found under ../*.yaml: it leads out of the inventories' folder"),
        (
            "clients/../../x",
            "no client is found under clients/../../x: it leads out of the inventories' folder",
        ),
        ("/etc/passwd", "no client is found under /etc/passwd: it leads out of the inventories' folder"),
        ("C:/x.yaml", "no client is found under C:/x.yaml: it leads out of the inventories' folder"),
        (".", "no client is found under .: no file has this name"),
    ],
)
def test_a_pattern_that_names_nobody_is_told_and_leaves_a_hole(
    root: Path, pattern: str, message: str
) -> None:
    write(root, "x", CLIENT % "x")
    read = Read(root, f'members: [clients/a.yaml, "{pattern}"]\nproviders: []\n')
    assert read.clients == ["a"]
    assert read.issues == [f"{FILE}:5:27 members[1]: {message}"]
    (lacking,) = read.holes
    assert (lacking.name, lacking.path, str(lacking.place)) == (pattern, "members[1]", f"{FILE}:5:27")
    assert (lacking.reason, lacking.question) == (message, f"Where is {pattern}, and can it be read?")


def test_a_slip_in_a_name_is_guessed(root: Path) -> None:
    read = Read(root, "members: [client/a.yaml]\nproviders: []\n")
    assert [issue.hint for issue in read.members.issues] == ["did you mean clients/a.yaml?"]


@pytest.mark.parametrize(
    "text", ["", "# to be filled in\n", "name: somebody\n", CLIENT % "b" + "---\nx: 1\n"]
)
@pytest.mark.parametrize("paths", [[FILE], ["inventories"], ["."], []])
def test_what_is_no_inventory_is_a_hole_however_it_is_asked_for(
    root: Path, text: str, paths: list[str]
) -> None:
    write(root, "inventories/clients/b.yaml", text)
    read = Read(root, "members: [clients/*.yaml]\nproviders: []\n", *(str(root / path) for path in paths))
    assert [hole.name for hole in read.holes] == ["inventories/clients/b.yaml"]
    assert "a" in read.clients


@pytest.mark.parametrize("pattern", ["clients", "clients/*", "clients/*.yaml", "clients/out.yaml"])
@pytest.mark.parametrize("paths", [[FILE], ["inventories"], ["."]])
def test_a_link_that_leads_out_is_no_member_and_a_hole(root: Path, pattern: str, paths: list[str]) -> None:
    write(root.parent, "secret.yaml", CLIENT % "secret")
    (root / "inventories/clients/out.yaml").symlink_to(root.parent / "secret.yaml")
    read = Read(
        root,
        f'members: [clients/a.yaml, "{pattern}"]\nproviders: []\n',
        *(str(root / path) for path in paths),
    )
    assert "secret" not in read.clients
    hole = read.holes[0]
    assert (hole.name, hole.path) == ("clients/out.yaml", "members[1]")
    assert hole.reason == "clients/out.yaml cannot be read, or leads out of the inventories' folder"


def test_a_folder_that_leads_out_is_a_hole(root: Path) -> None:
    write(root.parent, "others/x.yaml", CLIENT % "x")
    (root / "inventories/clients/out").symlink_to(root.parent / "others")
    for pattern, count in (("clients", 1), ("clients/*/*.yaml", 1), ("clients/*.yaml", 0), ("*/north", 0)):
        read = Read(root, f'members: ["{pattern}"]\nproviders: []\n')
        assert len(read.holes) == count


@pytest.mark.parametrize("paths", [[FILE], ["inventories"], ["."]])
def test_a_link_to_a_file_elsewhere_is_a_member(root: Path, paths: list[str]) -> None:
    write(root, "shared/x.yaml", CLIENT % "x")
    (root / "inventories/clients/x.yaml").symlink_to(root / "shared/x.yaml")
    read = Read(root, 'members: ["clients/*.yaml"]\nproviders: []\n', *(str(root / path) for path in paths))
    assert (read.clients, read.holes) == (["a", "b", "x"], [])


@pytest.mark.parametrize("path", [FILE, "inventories", "inventories/portfolios", ".", ""])
def test_patterns_are_relative_to_the_inventories_whatever_is_asked_for(root: Path, path: str) -> None:
    write(root, "elsewhere/clients/z.yaml", CLIENT % "z")
    read = Read(root, "members: [clients/*.yaml]\nproviders: []\n", *([str(root / path)] if path else []))
    assert (read.clients, read.holes) == (["a", "b"], [])


def test_a_link_to_a_file_of_the_folder_names_it(root: Path) -> None:
    (root / "inventories/vips").mkdir()
    (root / "inventories/vips/a.yaml").symlink_to(root / "inventories/clients/a.yaml")
    assert Read(root, "members: [vips]\nproviders: []\n").clients == ["a"]
    read = Read(root, "members: [clients, vips]\nproviders: []\n")
    assert (read.clients, read.issues) == (["a", "b", "c"], [])


def test_a_broken_file_is_a_hole_and_told_once(root: Path) -> None:
    write(root, "inventories/clients/b.yaml", "kind: client\nschema_version: 1\nas_of: never\n")
    read = Read(root, "members: [clients/a.yaml, clients/*.yaml, clients/b.yaml]\nproviders: []\n")
    assert read.clients == ["a"]
    assert [(hole.name, hole.path) for hole in read.holes] == [
        ("inventories/clients/b.yaml", "members[1]"),
        ("inventories/clients/b.yaml", "members[2]"),
    ]
    assert {hole.reason for hole in read.holes} == {
        "inventories/clients/b.yaml cannot be read, or is no inventory"
    }
    assert {hole.question for hole in read.holes} == {
        "Where is inventories/clients/b.yaml, and can it be read?"
    }
    assert read.issues == []
    files = {problem.at.file for problem in read.library.context_problems if problem.at}
    assert files == {"inventories/clients/b.yaml"}
    messages = [problem.message for problem in read.library.context_problems]
    assert len(messages) == len(set(messages))


def test_two_members_with_one_id_are_a_hole(root: Path) -> None:
    write(root, "inventories/clients/z.yaml", CLIENT % "a")
    read = Read(root, 'members: ["clients/*.yaml"]\nproviders: []\n')
    assert read.clients == ["a", "b"]
    assert [hole.name for hole in read.holes] == ["inventories/clients/z.yaml"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [("providers: []\n", "it is not recorded"), ("members:\nproviders: []\n", "it is blank")],
)
def test_members_that_nobody_named_are_a_hole_with_its_question(root: Path, body: str, reason: str) -> None:
    read = Read(root, body)
    (lacking,) = read.holes
    assert (lacking.path, lacking.reason) == ("members", reason)
    assert lacking.question == "Which clients belong to it?"
    assert (read.issues, read.members.holes["provider"]) == ([], [])


def test_no_members_are_known_to_be_none(root: Path) -> None:
    assert Read(root, "members: []\nproviders: []\n").members == Members(
        {"client": [], "provider": []}, {"client": [], "provider": []}
    )


@pytest.mark.parametrize(
    ("annotated", "right"),
    [
        ('"tags": {"type": "array", "x-members": "client", "items": {"type": "string"}}', True),
        ('"tags": {"type": "array", "x-members": "client", "items": {"type": "integer"}}', False),
        ('"tags": {"type": "string", "x-members": "client"}', False),
        (
            '"in": {"type": "object", "additionalProperties": false, "properties": '
            '{"tags": {"type": "array", "x-members": "client", "items": {"type": "string"}}}}',
            False,
        ),
    ],
)
def test_a_kind_says_where_its_members_are_named(tmp_path: Path, annotated: str, right: bool) -> None:
    from policyscan.errors import Problems

    text = (
        '{"type": "object", "x-id": "id", "required": ["id"], "additionalProperties": false, "properties": '
        '{"kind": {"const": "club"}, "schema_version": {"const": 1}, "id": {"type": "string"}, %s}}'
    )
    write(tmp_path, "club.schema.json", text % annotated)
    if right:
        kind = Kinds.builtin().load(tmp_path / "club.schema.json")
        assert kind.members == {"tags": "client"}
    else:
        with pytest.raises(Problems, match="x-members belongs on a list of texts at the top of a kind"):
            Kinds.builtin().load(tmp_path / "club.schema.json")
