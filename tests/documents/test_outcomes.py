"""One file by itself, in any process: what comes out is a plain value, and the same everywhere."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pytest

from policyscan.documents.document import Document
from policyscan.documents.index import DocumentIndex
from policyscan.documents.library import Library
from policyscan.documents.opening import (
    DocumentContent,
    FileOutcome,
    assemble,
    read_file,
    read_identified,
    read_source,
)
from policyscan.documents.seeing import seen
from policyscan.errors import PolicyscanError, Problems
from policyscan.files.discovery import Discovery, File, discover
from policyscan.kinds.kinds import Kinds
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree, containers_of
from policyscan.source import Source
from tests.documents.test_document import at
from tests.workshop import HEAD, HERE

ROOT = Path(__file__).parents[2]
SCHEMA = str(HERE / "data" / "workshop.schema.json")

EVERYTHING = """\
people: [{id: ann, boss: bob, left_on: 2026-06-12}, {id: bob, boss: ann}]
tools:
  - {id: t, helpers: [{id: zed}]}
checks:
  - {by: ann, tool: t, done_on: 2026-05-01}
  - by: zed
levels: {attic: high}
codes: [a, b]
supplier: acme
opened_at:
fee: {amount: 1, currency: EUR}
price: 12
"""
ALIASED = EVERYTHING.replace("codes: [a, b]", "codes: &c [a, b]\nx-more: *c")
"""The same through libyaml, whose places are events."""


T = TypeVar("T")


def sent(value: T) -> T:
    """A value as another process gets it."""
    got: T = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return got


def known() -> Kinds:
    kinds = Kinds.builtin()
    kinds.load(SCHEMA, "workshop.schema.json")
    return kinds


def as_json(text: str) -> Source:
    (tree,), _ = read_text(Source("w.yaml", text))
    return Source("w.json", json.dumps(tree.value))


def told(document: Document) -> list[str]:
    """All that a document says of its values: paths, places, and what is odd about them."""
    envelope = document.envelope  # its set of names has an order of its own in each process
    told = [
        f"{document!r} {envelope._replace(wanted=frozenset())} {sorted(envelope.wanted)}",
        *map(str, document.issues),
        *map(str, document.blanks()),
    ]
    for container in containers_of([document.value]):
        if not document.owns(container):
            continue
        keys: Iterable[Any] = container if container.__class__ is dict else range(len(container))
        told.append(f"{document.path_of(container)} {document.place_of(container)}")
        told.append(f"{document.key_of(container)} {sorted(document.supplied(container))}")
        for key in [*keys, *document.blank_keys(container), "x-missing"]:
            value = container.get(key) if container.__class__ is dict else None
            shown = "…" if isinstance(value, dict | list) else repr(value)
            told.append(f"{document.path_of(container, key)} {document.place_of(container, key)} {shown}")
            told.append(str(document.why_unknown(container, key)))
    told.extend(map(str, seen(document, at("2026-01-01")).future_facts()))
    return told


def problems(outcome: FileOutcome) -> list[str]:
    return [f"{type(problem).__name__} {problem}" for problem in outcome.problems]


@pytest.mark.parametrize(
    "source",
    [Source("w.yaml", HEAD + EVERYTHING), Source("w.yaml", HEAD + ALIASED), as_json(HEAD + EVERYTHING)],
    ids=["lines", "libyaml", "json"],
)
def test_what_was_pickled_says_the_same(source: Source) -> None:
    kinds = known()
    outcome = read_source(source, kinds)
    again = sent(outcome)
    assert again.problems == ()
    (one,), (other,) = outcome.documents(kinds), again.documents(kinds)
    assert told(other) == told(one)
    assert len(told(one)) > 50


def test_no_stranger_takes_the_place_of_a_container_that_was_pickled() -> None:
    content = read_source(Source("w.yaml", HEAD + EVERYTHING), known()).contents[0]
    document = sent(content).document(known())
    strangers = [{"amount": number} for number in range(1000)]
    assert not any(document.owns(stranger) for stranger in strangers)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: 1\na: 2\n",
        "",
        HEAD + "tols: []\n",
        HEAD + "checks: [{done_on: 2026-02-30}]\n",
        "kind: odd\n",
    ],
)
def test_what_is_wrong_is_told_from_elsewhere_too(text: str) -> None:
    outcome = read_source(Source("w.yaml", text), known())
    again = sent(outcome)
    assert problems(outcome)
    assert problems(again) == problems(outcome)
    assert [problem.at for problem in again.problems] == [problem.at for problem in outcome.problems]
    assert again.skipped == outcome.skipped


# --- in two processes, in any order ---


def elsewhere(file: File) -> FileOutcome:
    """What a file holds, as another process tells it."""
    return read_identified(file, Kinds.builtin())


def shuffled(files: Iterable[File], seed: int) -> list[File]:
    """Files in another order."""
    return sorted(files, key=lambda file: sha256(f"{seed} {file.shown}".encode()).digest())


def index(outcomes: Iterable[tuple[File, FileOutcome]]) -> tuple[DocumentIndex, list[tuple[str, int, str]]]:
    """The index of files that were read in any order, and the documents with the ids of others."""
    made = DocumentIndex()
    twins = []
    for file, outcome in sorted(outcomes, key=lambda pair: pair[0].shown):
        for twin in made.add(file, outcome.envelopes, whole=outcome.whole):
            first = made.ids[twin.name].file.shown
            twins.append((twin.file.shown, twin.number, first))
    return made, twins


def shipped() -> Discovery:
    return discover([str(ROOT / "inventories")], base=str(ROOT), kinds=Kinds.builtin())


def test_files_are_read_in_other_processes_and_in_any_order() -> None:
    found, kinds = shipped(), Kinds.builtin()
    files = shuffled(found.files, 1)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        outcomes = dict(zip((file.path for file in files), pool.map(elsewhere, files), strict=True))

    def read(file: File, _: Kinds) -> FileOutcome:
        return sent(outcomes[file.path])

    here, there = Library(kinds, found, ROOT), Library(kinds, found, ROOT, read)
    for file in found.files:
        one, other = here.load(file), there.load(file)
        assert list(map(told, one.documents)) == list(map(told, other.documents))
        assert one.problems == other.problems == []
    merged, twins = index((file, sent(outcomes[file.path])) for file in files)
    assert merged.ids == here.index.ids == there.index.ids
    assert list(merged.ids) == list(here.index.ids)
    assert twins == []
    assert merged.members == here.index.members


def test_the_index_is_the_same_whatever_the_order() -> None:
    kinds = known()
    texts = {
        "a.yaml": HEAD + "supplier: acme\n",
        "b.yaml": HEAD,
        "c.yaml": HEAD.replace("{id: w}", "{id: v}") + "---\n" + HEAD,
        "d.yaml": "a: [",
    }
    files = [File(f"/{name}", name, strict=True, text=text) for name, text in texts.items()]
    made = []
    for seed in range(6):
        one, twins = index((file, read_file(file, kinds)) for file in shuffled(files, seed))
        made.append((list(one.ids), twins, one.members))
    assert all(one == made[0] for one in made)
    ids, twins, members = made[0]
    assert ids == [("workshop", "w"), ("workshop", "v")]
    assert twins == [("b.yaml", 0, "a.yaml"), ("c.yaml", 1, "a.yaml")]
    assert members == {
        "/a.yaml": (("workshop", "w"),), "/b.yaml": None, "/c.yaml": None, "/d.yaml": None,
    }  # fmt: skip


# --- one document in several files ---


def trees(**texts: str) -> list[Tree]:
    made = []
    for name, text in texts.items():
        (tree,), found = read_text(Source(f"{name}.yaml", text))
        assert found == []
        made.append(tree)
    return made


PARTS = {
    "client": HEAD + "supplier: acme\nopened_at:\ncurrency: EUR\n",
    "devices": "tools:\n  - {id: t, helpers: [{id: zed}]}\nlevels: {attic: high}\n",
    "people": "people:\n  - {id: ann, boss: bob, left_on: 2026-06-12}\n  - {id: bob, boss: nobody}\n"
    "checks: [{by: ann, tool: t, done_on: 2026-05-01}]\nfee: {amount: 1, currency: EUR}\n",
}


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("order", [("client", "devices", "people"), ("people", "client", "devices")])
def test_every_place_is_in_the_file_where_it_stands(order: tuple[str, ...], pickled: bool) -> None:
    kinds = known()
    content = assemble(trees(**{name: PARTS[name] for name in order}), kinds)
    if pickled:
        content = sent(content)
    document = content.document(kinds)
    value = document.value
    places = {
        document.path_of(container, key): str(document.place_of(container, key))
        for container, key in [
            (value, "supplier"), (value, "opened_at"), (value, "tools"), (value, "x-none"),
            (value["about"], "id"), (value["tools"][0], "id"), (value["tools"][0], "x-none"),
            (value["levels"], "attic"), (value["people"][0], "left_on"), (value["checks"][0], "by"),
            (value, "fee"),
        ]
    }  # fmt: skip
    assert places == {
        "supplier": "client.yaml:4:11",
        "opened_at": "client.yaml:5:1",
        "tools": "devices.yaml:2:3",
        "x-none": "client.yaml:1:1",
        "about.id": "client.yaml:3:13",
        "tools[t].id": "devices.yaml:2:10",
        "tools[t].x-none": "devices.yaml:2:5",
        "levels.attic": "devices.yaml:3:17",
        "people[ann].left_on": "people.yaml:2:35",
        "checks[t/2026-05-01].by": "people.yaml:4:15",
        "fee": "people.yaml:5:6",
    }
    assert document.file == "client.yaml"
    assert document.root_span().file == "client.yaml"
    assert value["checks"][0]["by"] is value["people"][0]
    assert [(str(issue.place), issue.path) for issue in document.issues] == [
        ("people.yaml:3:21", "people[bob].boss")
    ]
    assert [str(issue.place) for issue in document.blanks()] == ["client.yaml:5:1"]
    view = seen(document, at("2026-06-01"))
    assert [str(issue.place) for issue in view.future_facts()] == ["people.yaml:2:35"]
    assert view.section_of(view.value["people"][0]) == "people"


def refused(made: Callable[[], DocumentContent]) -> list[tuple[str, str]]:
    with pytest.raises(PolicyscanError) as caught:
        made()
    found = caught.value.problems if isinstance(caught.value, Problems) else [caught.value]
    return [(str(problem.at), problem.message) for problem in found]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ("tools: []\n", ("b.yaml:1:1", "tools is set in two files: first at a.yaml:4:1")),
        ("tools:\n", ("b.yaml:1:1", "tools is set in two files: first at a.yaml:4:1")),
        ("kind: workshop\n", ("b.yaml:1:1", "kind is set in two files: first at a.yaml:2:1")),
        ("- tools\n", ("b.yaml:1:1", "this part of an inventory has no keys and values")),
        ("tols: []\n", ("b.yaml:1:1", "the key tols is not known in workshop")),
        ("checks:\n  - {done_on: 2026-02-30}\n",
         ("b.yaml:2:15", "done_on: 2026-02-30 is not a day of the calendar")),
    ],
)  # fmt: skip
def test_a_broken_part_is_told_at_its_place(other: str, found: tuple[str, str]) -> None:
    assert refused(lambda: assemble(trees(b=other, a=HEAD + "tools: []\n"), known())) == [found]


def test_parts_of_which_none_says_the_kind_are_no_inventory() -> None:
    ((at_, message),) = refused(lambda: assemble(trees(b="people: []\n", a="tools: []\n"), known()))
    assert at_ == "a.yaml:1:1"
    assert "schema_version is missing" in message
