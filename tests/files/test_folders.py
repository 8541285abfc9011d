"""A folder that is one inventory: which files are its parts, and what is told of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.files.discovery import Discovery, discover
from policyscan.kinds.kinds import Kinds

HEAD = "schema_version: 1\nkind: client\norganisation: {id: acme}\n"
KINDS = Kinds.builtin()


def lay(root: Path, **texts: str) -> None:
    """Files by their names, in which two underscores stand for a slash and one for a dot."""
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def found(root: Path, *names: str) -> Discovery:
    return discover(names, base=root, kinds=KINDS)


def wholes(discovery: Discovery) -> dict[str, list[str]]:
    return {file.shown: [part.shown for part in file.parts] for file in discovery.files}


ACME = "inventories/clients/acme"
PARTS = {
    "inventories__clients__acme__client_yaml": HEAD,
    "inventories__clients__acme__devices_csv": "id\n",
    "inventories__clients__acme__people_yml": "people: []\n",
}
WHOLE = {f"{ACME}/client.yaml": [f"{ACME}/devices.csv", f"{ACME}/people.yml"]}


def test_a_folder_with_a_client_in_it_is_one_inventory(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS, inventories__clients__elm_yaml=HEAD)
    discovery = found(tmp_path)
    assert wholes(discovery) == WHOLE | {"inventories/clients/elm.yaml": []}
    assert (discovery.problems, discovery.notes) == ([], [])


@pytest.mark.parametrize("named", [ACME, f"{ACME}/client.yaml", f"{ACME}/devices.csv", f"{ACME}/people.yml"])
def test_whatever_is_named_of_it_the_whole_of_it_is_meant(tmp_path: Path, named: str) -> None:
    lay(tmp_path, **PARTS)
    assert wholes(found(tmp_path, named)) == WHOLE


def test_it_is_found_once(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS)
    assert wholes(found(tmp_path, f"{ACME}/people.yml", ACME, f"{ACME}/devices.csv")) == WHOLE


def test_a_part_may_come_from_standard_input(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS)
    name = f"{ACME}/people.yml"
    discovery = discover(["-"], base=tmp_path, kinds=KINDS, stdin=b"people:\n", stdin_filename=name)
    assert wholes(discovery) == WHOLE
    (whole,) = discovery.files
    assert [one.text for one in whole.all] == [None, None, "people:\n"]


def test_an_inventory_in_such_a_folder_stands_for_itself(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS, inventories__clients__acme__other_yaml=HEAD.replace("acme", "other"))
    assert wholes(found(tmp_path)) == WHOLE | {f"{ACME}/other.yaml": []}


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("client.yaml", "kind: client\n"),  # says no version: perhaps something else's
        ("acme.yaml", HEAD),
        ("clients.yaml", HEAD),
    ],
)
def test_without_a_head_every_file_stands_for_itself(tmp_path: Path, head: str, text: str) -> None:
    lay(tmp_path, **{**PARTS, "inventories__clients__acme__client_yaml": ""})
    (tmp_path / ACME / "client.yaml").unlink()
    (tmp_path / ACME / head).write_text(text, "utf-8")
    discovery = found(tmp_path)
    assert wholes(discovery) == {f"{ACME}/{head}": [], f"{ACME}/people.yml": []}
    why = "tables count beside a file such as client.yaml that says schema_version: 1"
    assert discovery.notes == [f"{ACME}/devices.csv was not used: {why}"]


def test_two_heads_are_two_inventories(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS, inventories__clients__acme__client_json='{"schema_version": 1}')
    assert all(parts == [] for parts in wholes(found(tmp_path)).values())


def test_what_is_not_used_is_told(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **PARTS,
        inventories__clients__acme__quotes_csv="a,b\n",
        inventories__clients__acme__software_xls="",
        inventories__clients__acme__notes_md="",
    )
    discovery = found(tmp_path)
    assert wholes(discovery) == WHOLE
    assert discovery.notes == [
        f"{ACME}/quotes.csv was not used: no section of a client is called quotes",
        f"{ACME}/software.xls was not used: save it as .csv or .xlsx",
    ]


def test_a_table_with_a_misspelt_name_is_an_error(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS, inventories__clients__acme__device_csv="id\n")
    (problem,) = found(tmp_path).problems
    assert (str(problem.at), problem.message, problem.hint) == (
        f"{ACME}/device.csv:1:1", "no section of a client is called device", "did you mean devices?",
    )  # fmt: skip


def test_what_lies_below_may_be_anything(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS, inventories__clients__acme__exports__graph_json="[]")
    discovery = found(tmp_path)
    assert wholes(discovery) == WHOLE | {f"{ACME}/exports/graph.json": []}
    assert [file.strict for file in discovery.files] == [True, False]


def test_beside_other_things_only_files_with_sections_are_parts(tmp_path: Path) -> None:
    lay(tmp_path, client_yaml=HEAD, mkdocs_yml="site_name: x\n", people_json='{\n  "people": []}', a_csv="")
    assert wholes(found(tmp_path, ".")) == {"client.yaml": ["people.json"], "mkdocs.yml": []}


def test_what_git_ignores_is_no_part(tmp_path: Path) -> None:
    lay(tmp_path, **PARTS)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*.csv\n", "utf-8")
    discovery = found(tmp_path)
    assert wholes(discovery) == {f"{ACME}/client.yaml": [f"{ACME}/people.yml"]}
    assert discovery.left_out == [f"{ACME}/devices.csv"]


def test_a_pack_of_controls_among_inventories_is_told_and_what_is_none_of_it_is_read(tmp_path: Path) -> None:
    lay(
        tmp_path,
        inventories__own__pack_yaml="name: own\nversion: 1\n",
        inventories__own__A__A_yaml="id: A-1\nkind: client\n",
        inventories__own__acme_yaml=HEAD,
        inventories__clients__elm_yaml=HEAD,
    )
    seen = found(tmp_path)
    assert seen.problems == []
    assert seen.notes == [
        "inventories/own was not read as inventories: its pack.yaml says that it holds controls"
    ]
    strict = {file.shown: file.strict for file in seen.files}
    assert strict["inventories/own/acme.yaml"] is strict["inventories/own/A/A.yaml"] is False
    assert strict["inventories/clients/elm.yaml"] is True


def test_an_inventory_that_is_called_pack_is_one(tmp_path: Path) -> None:
    lay(tmp_path, inventories__own__pack_yaml=HEAD)
    seen = found(tmp_path)
    assert (seen.notes, [file.strict for file in seen.files]) == ([], [True])
