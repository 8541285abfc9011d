"""Which files are found: folders, ignore rules, links, standard input, and where others are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policyscan.errors import UsageError
from policyscan.files.discovery import Discovery, discover


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")


def shown(found: Discovery) -> list[str]:
    return [file.shown for file in found.files]


def problems(found: Discovery) -> list[tuple[str, str]]:
    return [(str(problem.at), problem.message) for problem in found.problems]


def test_without_paths_the_configured_folders_are_searched(tmp_path: Path) -> None:
    write(tmp_path, "inventories/b.yaml", "inventories/a/c.yml", "inventories/a.json", "other.yaml")
    found = discover(base=tmp_path)
    assert shown(found) == ["inventories/a.json", "inventories/a/c.yml", "inventories/b.yaml"]
    assert all(file.strict for file in found.files)
    assert found.roots == [str(tmp_path / "inventories")]


def test_a_link_to_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    write(tmp_path, "inventories/a.yaml")
    (tmp_path / "inventories/more").symlink_to(tmp_path / "not-mounted")
    found = discover(base=tmp_path)
    assert shown(found) == ["inventories/a.yaml"]
    assert problems(found) == [("inventories/more:1:1", "this link leads to nothing")]


def test_without_paths_and_without_the_folder_everything_is_searched(tmp_path: Path) -> None:
    write(tmp_path, "x.yaml", "sub/y.yaml", "notes.txt", "z.YAML")
    found = discover(base=tmp_path)
    assert shown(found) == ["sub/y.yaml", "x.yaml", "z.YAML"]
    assert not any(file.strict for file in found.files)


def test_other_folders_can_be_configured(tmp_path: Path) -> None:
    write(tmp_path, "book/x.yaml", "more/deep/y.yaml", "inventories/z.yaml")
    found = discover(base=tmp_path, configured=("book", "more/deep", "gone"))
    assert shown(found) == ["book/x.yaml", "more/deep/y.yaml"]
    assert all(file.strict for file in found.files)


def test_hidden_and_foreign_folders_are_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.yaml",
        ".hidden.yaml",
        ".git/x.yaml",
        ".venv/x.yaml",
        "node_modules/x.json",
        "sub/node_modules/x.json",
        "__pycache__/x.json",
    )
    assert shown(discover(["."], base=tmp_path)) == ["a.yaml"]


@pytest.mark.parametrize("named", ["x.yaml", ".hidden.yaml", "notes.txt", "node_modules/x.json"])
def test_a_named_file_is_always_read(tmp_path: Path, named: str) -> None:
    write(tmp_path, named)
    (tmp_path / ".gitignore").write_text("*\n", "utf-8")
    found = discover([named], base=tmp_path)
    assert [(file.shown, file.strict) for file in found.files] == [(named, True)]


def test_a_named_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file or folder gone"):
        discover(["gone"], base=tmp_path)


def test_paths_may_overlap(tmp_path: Path) -> None:
    write(tmp_path, "a/x.yaml", "a/y.yaml")
    assert shown(discover(["a/x.yaml", "a", ".", "./a/../a/y.yaml"], base=tmp_path)) == [
        "a/x.yaml",
        "a/y.yaml",
    ]


def test_the_order_is_that_of_the_names(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "a/z.yaml", "a.yaml", "a-b/c.yaml")
    names = shown(discover(["b.yaml", "a-b", "a", "a.yaml"], base=tmp_path))
    assert names == sorted(names) == ["a-b/c.yaml", "a.yaml", "a/z.yaml", "b.yaml"]


def test_a_path_outside_is_shown_in_full(tmp_path: Path) -> None:
    write(tmp_path, "outside/x.yaml", "base/y.yaml")
    found = discover([tmp_path / "outside"], base=tmp_path / "base")
    assert shown(found) == [f"{tmp_path}/outside/x.yaml"]


# --- .gitignore ---


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ("", ["a.yaml", "b.yaml", "sub/a.yaml", "sub/deep/c.yaml"]),
        ("a.yaml\n", ["b.yaml", "sub/deep/c.yaml"]),
        ("/a.yaml\n", ["b.yaml", "sub/a.yaml", "sub/deep/c.yaml"]),
        ("sub/\n", ["a.yaml", "b.yaml"]),
        ("sub/deep\n", ["a.yaml", "b.yaml", "sub/a.yaml"]),
        ("*.yaml\n!b.yaml\n", ["b.yaml"]),
        ("**/c.yaml\n# a.yaml\n", ["a.yaml", "b.yaml", "sub/a.yaml"]),
    ],
)
def test_ignored_files_are_left_out_and_counted(tmp_path: Path, rules: str, found: list[str]) -> None:
    write(tmp_path, "a.yaml", "b.yaml", "sub/a.yaml", "sub/deep/c.yaml")
    (tmp_path / ".gitignore").write_text(rules, "utf-8")
    result = discover(["."], base=tmp_path)
    assert shown(result) == found


def test_ignored_files_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / ".gitignore").write_text("a.yaml\n", "utf-8")
    assert discover(["."], base=tmp_path).ignored == 1


def test_deeper_rules_win_and_rules_above_count_within_a_repository(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "x/a.yaml", "x/b.yaml", "x/y/a.yaml", "x/y/b.yaml")
    (tmp_path / ".gitignore").write_text("b.yaml\nx/a.yaml\n", "utf-8")
    (tmp_path / "x" / "y" / ".gitignore").write_text("!b.yaml\na.yaml\n", "utf-8")
    assert shown(discover(["x"], base=tmp_path)) == ["x/y/b.yaml"]


def test_rules_above_do_not_count_outside_a_repository(tmp_path: Path) -> None:
    write(tmp_path, "x/a.yaml")
    (tmp_path / ".gitignore").write_text("a.yaml\n", "utf-8")
    assert shown(discover(["x"], base=tmp_path)) == ["x/a.yaml"]


# --- links, and folders that are not what they seem ---


def test_links_between_folders_end(tmp_path: Path) -> None:
    write(tmp_path, "a/x.yaml")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    found = discover(["."], base=tmp_path)
    assert shown(found) == ["a/x.yaml"]
    assert found.problems == []


def test_a_link_to_a_file_that_is_found_anyway_is_not_a_second_one(tmp_path: Path) -> None:
    write(tmp_path, "z/x.yaml")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "z" / "x.yaml")
    assert shown(discover(["."], base=tmp_path)) == ["z/x.yaml"]


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "base/inventories/x.yaml", "secret/s.yaml")
    (tmp_path / "base" / "inventories" / "a.yaml").symlink_to(tmp_path / "secret" / "s.yaml")
    (tmp_path / "base" / "inventories" / "b").symlink_to(tmp_path / "secret")
    found = discover(base=tmp_path / "base")
    assert shown(found) == ["inventories/x.yaml"]
    assert problems(found) == [
        (f"inventories/{name}:1:1", "this link leads out of the folder: it was not followed")
        for name in ("a.yaml", "b")
    ]


def test_a_linked_folder_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/x.yaml")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "inventories").symlink_to(tmp_path / "elsewhere")
    assert shown(discover(base=tmp_path / "base")) == ["inventories/x.yaml"]


def test_links_that_lead_nowhere_are_found_so_that_reading_can_say_so(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert shown(discover(["."], base=tmp_path)) == ["gone.yaml", "loop.yaml"]


def test_a_folder_that_is_named_like_an_inventory_is_a_problem_where_inventories_are(tmp_path: Path) -> None:
    write(tmp_path, "inventories/x.yaml/inner.yaml", "inventories/y.yaml", "other/z.json/inner.json")
    found = discover(base=tmp_path)
    assert shown(found) == ["inventories/y.yaml"]
    assert problems(found) == [("inventories/x.yaml:1:1", "this is a folder, but its name is a file's")]
    assert shown(discover(["other"], base=tmp_path)) == ["other/z.json/inner.json"]
    assert problems(discover(["inventories/x.yaml"], base=tmp_path)) == problems(found)


def test_a_folder_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "inventories/x.yaml", "inventories/closed/y.yaml")
    scandir = os.scandir

    def deny(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("policyscan.files.discovery.os.scandir", deny)
    found = discover(base=tmp_path)
    assert shown(found) == ["inventories/x.yaml"]
    assert problems(found) == [("inventories/closed:1:1", "the folder may not be read")]


# --- standard input ---


def test_standard_input_stands_in_for_a_file(tmp_path: Path) -> None:
    write(tmp_path, "inventories/providers/p.yaml")
    name = "inventories/clients/x.yaml"
    found = discover(["-"], base=tmp_path, stdin=b"a: \xc3\xa9", stdin_filename=name)
    assert [(file.shown, file.strict, file.text) for file in found.files] == [(name, True, "a: é")]
    assert found.roots == [str(tmp_path / "inventories")]


def test_standard_input_needs_no_name(tmp_path: Path) -> None:
    assert shown(discover(["-"], base=tmp_path, stdin=b"")) == ["<stdin>"]


def test_standard_input_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is nothing on standard input"):
        discover(["-"], base=tmp_path)
    found = discover(["-"], base=tmp_path, stdin=b"a: \xe9")
    assert found.files == []
    assert problems(found)[0][0] == "<stdin>:1:4"


# --- where referenced documents are looked for ---


@pytest.mark.parametrize(
    ("named", "root"),
    [
        ("inventories/clients/x.yaml", "inventories"),
        ("inventories/clients", "inventories"),
        ("inventories", "inventories"),
        ("book/clients/deep/x.yaml", "book"),
        ("alone/x.yaml", "alone"),
        ("alone", "alone"),
        ("x.yaml", "."),
        ("repo/sub/x.yaml", "repo/sub"),
    ],
)
def test_the_inventory_root_of_what_is_named(tmp_path: Path, named: str, root: str) -> None:
    write(
        tmp_path,
        "inventories/clients/x.yaml",
        "book/clients/deep/x.yaml",
        "book/providers/p.yaml",
        "alone/x.yaml",
        "x.yaml",
        "repo/.git/HEAD",
        "repo/sub/x.yaml",
    )
    assert discover([named], base=tmp_path).roots == [os.path.normpath(tmp_path / root)]


def test_a_folder_of_providers_above_the_base_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "providers/p.yaml", "base/sub/x.yaml")
    found = discover(["sub/x.yaml"], base=tmp_path / "base")
    assert found.roots == [str(tmp_path / "base" / "sub")]


@pytest.mark.parametrize(
    "name", ["oak.yaml.txt", "ash.ymal", "elm.jsonc", "fir.yml.bak", "yew.json5", "box.YAML.TXT", "bay.yam"]
)
def test_what_is_named_nearly_like_an_inventory_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, "inventories/a.yaml", f"inventories/clients/{name}")
    found = discover(base=tmp_path)
    assert list(found.notes) == [
        f"inventories/clients/{name} was not read: its name does not end in .yaml, .yml or .json"
    ]
    assert discover(["inventories/a.yaml"], base=tmp_path).notes == []


@pytest.mark.parametrize(
    "name", ["README.md", "a.yaml.bak", "plan.pdf", "yaml", "notes.txt", "a.csv", "logo.jpg"]
)
def test_what_is_no_inventory_is_not_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, "inventories/a.yaml", f"inventories/{name}")
    assert discover(base=tmp_path).notes == []


def test_a_folder_of_inventories_below_that_of_the_repository_is_told(tmp_path: Path) -> None:
    write(tmp_path, "inventories/a.yaml", "sub/inventories/b.yaml")
    found = discover(base=tmp_path / "sub", configured=["../inventories"])
    assert [Path(file.path).name for file in found.files] == ["a.yaml"]
    (note,) = found.notes
    assert note.startswith("inventories in this folder was not read: without a path only ")
    assert discover(base=tmp_path, configured=["inventories/clients", "inventories"]).notes == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme.yaml", "schema_version: 1\nkind: client\n"),
        ("acme.yml", '"schema_version": 1\n'),
        ("acme.json", '{"schema_version": 1, "kind": "client"}'),
    ],
)
def test_an_inventory_beside_the_folder_of_inventories_is_told(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, "inventories/a.yaml", "compose.yaml", "sub/b.yaml")
    (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "pipe.yaml").symlink_to("/dev/zero")
    found = discover(base=tmp_path)
    assert shown(found) == ["inventories/a.yaml"]
    assert list(found.notes) == [
        f"{name} was not read: without a path only inventories is; name it, or move it there"
    ]
    assert discover(["."], base=tmp_path).notes == []
