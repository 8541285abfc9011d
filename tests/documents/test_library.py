"""The documents of a scan: nothing vanishes, references lead to other files, ids are unique."""

# ruff: noqa: E501 - whole documents stand on a line

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.cel.values import Unresolved
from policyscan.documents import library
from policyscan.documents.document import Document
from policyscan.documents.library import Library
from policyscan.files.discovery import File, discover
from policyscan.kinds.kinds import Kinds
from policyscan.reading import limits

CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: %s}
providers: [{id: it, profile: %s}]
"""
PROVIDER = """\
schema_version: 1
kind: provider
as_of: 2026-10-31
organisation: {id: %s}
"""


@pytest.fixture(scope="module")
def builtin() -> Kinds:
    return Kinds.builtin()


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def opened(root: Path, kinds: Kinds, *paths: str) -> tuple[Library, list[Document], list[str], int]:
    """The library, its documents, its problems as text, and the number of skipped documents."""
    found = discover(paths, base=root)
    shelf = Library(kinds, found, root)
    documents, problems, skipped = [], [str(problem) for problem in found.problems], 0
    for file in found.files:
        loaded = shelf.load(file)
        documents += loaded.documents
        problems += [f"{problem.at}: {problem.message}" for problem in loaded.problems]
        skipped += loaded.skipped
    return shelf, documents, problems, skipped


def profile(document: Document) -> object:
    return document.value["providers"][0]["profile"]


def test_a_broken_file_hides_no_other(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/a.yaml", "a: 'x\n")
    write(tmp_path, "inventories/b.yaml", CLIENT % ("b", "p") + "---\nkind: [\n")
    write(tmp_path, "inventories/c.yaml", CLIENT % ("c", "p") + "---\n" + CLIENT % ("d", "p") + "zzz: 1\n")
    (tmp_path / "inventories/d.yaml").write_bytes(b"\xff")
    (tmp_path / "inventories/e.yaml").symlink_to(tmp_path / "gone")
    _, documents, problems, skipped = opened(tmp_path, builtin)
    assert [document.id for document in documents] == ["b", "c"]
    assert problems == [
        "inventories/a.yaml:1:4: the quote that opens here is never closed",
        "inventories/b.yaml:8:1: the file ends here, but a [ or { before it is not closed",
        "inventories/c.yaml:12:1: the key zzz is not known in client",
        "inventories/d.yaml:1:1: the byte 0xFF here is not UTF-8: it looks like 'ÿ' saved as Windows-1252",
        "inventories/e.yaml:1:1: there is no such file",
    ]
    assert skipped == 0


def test_what_is_not_ours_is_an_error_where_inventories_are_and_skipped_elsewhere(
    tmp_path: Path, builtin: Kinds
) -> None:
    files = {
        "compose.yaml": "services: {web: {image: x}}\n",
        "list.yaml": "- 1\n",
        "empty.yaml": "",
        "deployment.yaml": "kind: Deployment\nmetadata: {name: x}\n",
        "policy.yaml": "id: X-01\nkind: client\nrequire: []\n",
        "broken.yaml": "a: 'x\n",
        "package.json": '{"name": "x"}',
    }
    for name, text in files.items():
        write(tmp_path, f"other/{name}", text)
        write(tmp_path, f"inventories/{name}", text)
    (tmp_path / "other" / "latin.yaml").write_bytes(b"a: \xe9")
    _, documents, problems, skipped = opened(tmp_path, builtin, "other")
    assert (documents, problems, skipped) == ([], [], 8)
    _, documents, problems, skipped = opened(tmp_path, builtin, "inventories")
    assert (documents, len(problems), skipped) == ([], 7, 0)
    _, documents, problems, skipped = opened(tmp_path, builtin, "other/compose.yaml")
    assert problems == [
        "other/compose.yaml:1:1: this is not an inventory: schema_version is missing (and kind is, too)"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version: 1\nkind: cleint\n", '2:7: the text "cleint" is no known kind of inventory'),
        ("schema_version: 1\n", "1:1: this is not an inventory: kind is missing"),
        ("kind: client\nas_of: 2026-10-31\n", "1:1: this is not an inventory: schema_version is missing"),
        ("schema_version: 1\nkind: client\na: 'x\n", "3:4: the quote that opens here is never closed"),
        (CLIENT % ("a", "p") + "zzz: 1\n", "6:1: the key zzz is not known in client"),
    ],
)
def test_what_may_be_meant_as_ours_is_never_skipped(
    tmp_path: Path, builtin: Kinds, text: str, message: str
) -> None:
    write(tmp_path, "other/x.yaml", text)
    _, documents, problems, skipped = opened(tmp_path, builtin, "other")
    assert (documents, problems, skipped) == ([], [f"other/x.yaml:{message}"], 0)


def test_a_large_foreign_file_is_skipped_unread(
    tmp_path: Path, builtin: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "other/data.json", "[" + "1," * 50 + "1]")
    monkeypatch.setattr(limits, "MAX_BYTES", 50)
    _, documents, problems, skipped = opened(tmp_path, builtin, "other")
    assert (documents, problems, skipped) == ([], [], 1)
    _, documents, problems, skipped = opened(tmp_path, builtin, "other/data.json")
    assert problems == ["other/data.json:1:1: the file has 1 MB; at most 0 MB are read"]


# --- references to other files ---


@pytest.mark.parametrize(
    "place", ["inventories/providers/p.yaml", "inventories/p.json", "inventories/z/deep/p.yml"]
)
def test_a_named_file_finds_what_it_refers_to(tmp_path: Path, builtin: Kinds, place: str) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    provider = '{"schema_version": 1, "kind": "provider", "as_of": "2026-10-31", "organisation": {"id": "p"}}'
    write(tmp_path, place, provider if place.endswith("json") else PROVIDER % "p")
    shelf, (client,), problems, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert problems == []
    (referenced,) = shelf.referenced(client)
    assert profile(client) is referenced.value
    assert referenced.file == place
    found = referenced.locate(referenced.value["organisation"], "id")
    assert found is not None
    assert found[0] == "organisation.id"


@pytest.mark.parametrize(
    "text",
    [
        "{schema_version: 1, kind: provider, as_of: 2026-10-31, organisation: {id: p}}\n",
        "{kind: provider, schema_version: 1, as_of: 2026-10-31, organisation: {id: p}}\n",
        "'kind' : 'provider'\nschema_version: 1\nas_of: 2026-10-31\norganisation: {id: p}\n",
        "%YAML 1.2\n---\na: 1\n---\nschema_version: 1\nas_of: 2026-10-31\nkind:   provider # it is\norganisation: {id: p}\n",
        "kind:\n  provider\nschema_version: 1\nas_of: 2026-10-31\norganisation: {id: p}\n",
    ],
)
def test_a_provider_is_found_however_it_is_written(tmp_path: Path, builtin: Kinds, text: str) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/it.yaml", text)
    _, (client,), _, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert not isinstance(profile(client), Unresolved)


def test_all_clients_share_one_provider_document(tmp_path: Path, builtin: Kinds) -> None:
    for name in "abc":
        write(tmp_path, f"inventories/clients/{name}.yaml", CLIENT % (name, "p"))
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p")
    _, documents, problems, _ = opened(tmp_path, builtin)
    assert problems == []
    a, b, c, provider = documents
    assert profile(a) is profile(b) is profile(c) is provider.value


def test_a_provider_that_is_not_there_is_not_known(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/providers/q.yaml", PROVIDER % "q")
    shelf, (client, _), problems, _ = opened(tmp_path, builtin)
    assert isinstance(profile(client), Unresolved)
    assert (problems, shelf.referenced(client)) == ([], [])


def test_a_broken_provider_is_a_problem_of_the_context(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p" + "zzz: 1\n")
    shelf, (client,), problems, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert isinstance(profile(client), Unresolved)
    assert problems == []
    assert [str(problem.at) for problem in shelf.context_problems] == ["inventories/providers/p.yaml:5:1"]
    shelf, _, problems, _ = opened(tmp_path, builtin)
    assert problems == ["inventories/providers/p.yaml:5:1: the key zzz is not known in provider"]
    assert shelf.context_problems == []


def test_other_clients_are_not_parsed_to_find_a_provider(
    tmp_path: Path, builtin: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path, f"inventories/clients/{name}.yaml", CLIENT % (name, "p"))
    write(tmp_path, "inventories/it/p.yaml", PROVIDER % "p")
    parsed = []
    original = library.read_file

    def spy(file: File, kinds: Kinds) -> object:
        parsed.append(file.shown)
        return original(file, kinds)

    monkeypatch.setattr(library, "read_file", spy)
    opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert parsed == ["inventories/clients/a.yaml", "inventories/it/p.yaml"]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were parsed, in order."""
    seen: list[str] = []
    original = library.read_file

    def spy(file: File, kinds: Kinds) -> object:
        seen.append(file.shown)
        return original(file, kinds)

    monkeypatch.setattr(library, "read_file", spy)
    return seen


def test_a_provider_is_found_by_the_name_of_its_file(
    tmp_path: Path, builtin: Kinds, parsed: list[str]
) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/p.yaml", CLIENT % ("p", "q"))
    for name in "opq":
        write(tmp_path, f"inventories/providers/{name}.yaml", PROVIDER % name)
    _, (client,), _, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert profile(client)["organisation"]["id"] == "p"
    assert parsed == ["inventories/clients/a.yaml", "inventories/providers/p.yaml"]


@pytest.mark.parametrize("named", [["inventories/clients/a.yaml"], []], ids=["one", "all"])
def test_of_two_providers_the_one_in_the_file_of_its_name_is_meant(
    tmp_path: Path, builtin: Kinds, named: list[str]
) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    for path in (
        "inventories/a/providers/p.yaml",
        "inventories/providers/b.yaml",
        "inventories/providers/p.yaml",
    ):
        write(tmp_path, path, PROVIDER % "p" + f"x-path: {path}\n")
    _, documents, _, _ = opened(tmp_path, builtin, *named)
    (client,) = [document for document in documents if document.kind.name == "client"]
    assert profile(client)["x-path"] == "inventories/providers/p.yaml"


@pytest.mark.parametrize(
    ("ignored", "parses"),
    [("inventories/providers/p.yaml", False), ("*.yaml", False), ("/inventories/", True), ("clients/", True)],
)
def test_a_provider_is_read_by_its_name_only_if_it_is_read_at_all(
    tmp_path: Path, builtin: Kinds, parsed: list[str], ignored: str, parses: bool
) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, ".gitignore", f"{ignored}\n")
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p")
    _, (client,), _, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert isinstance(profile(client), Unresolved) is not parses
    assert ("inventories/providers/p.yaml" in parsed) is parses


def test_a_broken_file_of_the_name_is_told_once_and_another_is_found(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p" + "zzz: 1\n")
    write(tmp_path, "inventories/providers/q.yaml", PROVIDER % "p")
    shelf, (client,), _, _ = opened(tmp_path, builtin, "inventories/clients/a.yaml")
    assert profile(client)["organisation"]["id"] == "p"
    assert [str(problem.at) for problem in shelf.context_problems] == ["inventories/providers/p.yaml:5:1"]


# --- identity ---


def test_two_documents_with_one_id_are_an_error_that_names_both(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/a.yaml", CLIENT % ("x", "p"))
    write(tmp_path, "inventories/b.yaml", CLIENT % ("y", "p") + "---\n" + CLIENT % ("x", "p"))
    write(tmp_path, "inventories/c.yaml", PROVIDER % "x")
    _, documents, problems, _ = opened(tmp_path, builtin)
    assert [(document.kind.name, document.id) for document in documents] == [
        ("client", "x"),
        ("client", "y"),
        ("provider", "x"),
    ]
    assert problems == [
        "inventories/b.yaml:10:20: there is another client with the id x, at inventories/a.yaml:4:20"
    ]


def test_two_providers_with_one_id_are_an_error_too(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/clients/a.yaml", CLIENT % ("a", "p"))
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p")
    write(tmp_path, "inventories/providers/q.yaml", PROVIDER % "p")
    _, documents, problems, _ = opened(tmp_path, builtin)
    assert profile(documents[0]) is documents[1].value
    assert problems == [
        "inventories/providers/q.yaml:4:20: there is another provider with the id p, "
        "at inventories/providers/p.yaml:4:20"
    ]


@pytest.mark.parametrize("other", ["inventories/b.yaml", "inventories/archive/2025/old.yml"])
def test_another_file_may_claim_the_id_of_one_that_is_named(
    tmp_path: Path, builtin: Kinds, other: str
) -> None:
    write(tmp_path, "inventories/a.yaml", CLIENT % ("x", "p"))
    write(tmp_path, other, CLIENT.replace("{id: %s}", '{"id": "x"}') % "p" + "---\n" + CLIENT % ("y", "p"))
    shelf, documents, problems, _ = opened(tmp_path, builtin, "inventories/a.yaml")
    assert (len(documents), problems) == (1, [])
    assert [(str(p.at), p.message) for p in shelf.twins()] == [
        ("inventories/a.yaml:4:20", f"there is another client with the id x, at {other}:4:22")
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inventories/b.yaml", CLIENT % ("x-2", "x")),
        ("inventories/b.yaml", CLIENT % ("y", "x") + "people: [{id: x}]\n"),
        ("inventories/b.yaml", PROVIDER % "x"),
        ("inventories/b.yaml", CLIENT % ("x", "p") + "broken: '"),
        ("inventories/b.yaml", "kind: somebody else's\nid: x\n"),
        ("drafts/b.yaml", CLIENT % ("x", "p")),
        ("inventories/.hidden/b.yaml", CLIENT % ("x", "p")),
    ],
)
def test_who_is_no_twin(tmp_path: Path, builtin: Kinds, name: str, text: str) -> None:
    write(tmp_path, "inventories/a.yaml", CLIENT % ("x", "p"))
    write(tmp_path, name, text)
    shelf, documents, problems, _ = opened(tmp_path, builtin, "inventories/a.yaml")
    assert (len(documents), problems, shelf.twins()) == (1, [], [])


def test_a_provider_that_is_named_may_have_a_twin(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p")
    write(tmp_path, "inventories/providers/q.yaml", PROVIDER % "p")
    shelf, _, problems, _ = opened(tmp_path, builtin, "inventories/providers/p.yaml")
    told = [*shelf.twins(), *shelf.context_problems]
    assert problems == []
    assert [str(p).partition("\n")[0] for p in told] == [
        "inventories/providers/q.yaml:4:20: there is another provider with the id p, "
        "at inventories/providers/p.yaml:4:20"
    ]


def test_a_folder_that_is_no_inventory_is_not_searched_for_twins(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "mail/a.yaml", CLIENT % ("x", "p"))
    write(tmp_path, "mail/old/b.yaml", CLIENT % ("x", "p"))
    shelf, documents, problems, _ = opened(tmp_path, builtin, "mail/a.yaml")
    assert (len(documents), problems, shelf.twins()) == (1, [], [])


def test_only_what_says_an_id_is_opened_in_search_of_twins(
    tmp_path: Path, builtin: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "inventories/a.yaml", CLIENT % ("x", "p"))
    for i in range(9):
        write(tmp_path, f"inventories/b{i}.yaml", CLIENT % (f"x{i}", "p") + "as_x: x\n")
    shelf, *_ = opened(tmp_path, builtin, "inventories/a.yaml")
    monkeypatch.setattr(library, "read_file", lambda *_: pytest.fail("it was opened"))
    assert shelf.twins() == []


def test_standard_input_without_a_name_is_nobodys_twin(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/a.yaml", CLIENT % ("x", "p"))
    write(tmp_path, "providers/p.yaml", PROVIDER % "p")
    for name, twins in ((None, 0), ("inventories/b.yaml", 1), ("inventories/a.yaml", 0)):
        found = discover(["-"], base=tmp_path, stdin=(CLIENT % ("x", "p")).encode(), stdin_filename=name)
        shelf = Library(builtin, found, tmp_path)
        assert len(shelf.load(found.files[0]).documents) == 1
        assert len(shelf.twins()) == twins, name


def test_standard_input_replaces_the_file_that_it_is_named_after(tmp_path: Path, builtin: Kinds) -> None:
    write(tmp_path, "inventories/clients/a.yaml", "broken: '")
    write(tmp_path, "inventories/providers/p.yaml", PROVIDER % "p")
    found = discover(
        ["-"],
        base=tmp_path,
        stdin=(CLIENT % ("a", "p")).encode(),
        stdin_filename="inventories/clients/a.yaml",
    )
    shelf = Library(builtin, found, tmp_path)
    loaded = shelf.load(found.files[0])
    assert loaded.problems == []
    assert not isinstance(profile(loaded.documents[0]), Unresolved)


def test_json_inventories_read_like_yaml_ones(tmp_path: Path, builtin: Kinds) -> None:
    text = '{"schema_version": 1, "kind": "client", "as_of": "2026-10-31", "organisation": {"id": "j"}}'
    write(tmp_path, "inventories/j.json", text)
    _, (document,), problems, _ = opened(tmp_path, builtin)
    assert problems == []
    assert (document.id, str(document.place_of(document.value, "as_of"))) == ("j", "inventories/j.json:1:50")
