"""Drafts: what is changed is changed, and every other character of the file stays as it was."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from policyscan.editing import rendering
from policyscan.editing.drafts import Draft
from policyscan.errors import DocumentError
from policyscan.reading.reading import read_text
from policyscan.source import Source

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "inventories").rglob("*.yaml"))
SECTION = """\
# about it
devices:   # two of them
  - id: a          # the till
    os: {name: "Windows 11", version: '25H2'}   # looked up
    missing: []
    seen:   # nobody knows
  # between
  - {id: b, os: {name: X}}

people: {}  # none yet
last: 'yes'   # quoted
"""


def draft(text: str, file: str = "a.yaml") -> Draft:
    trees, problems = read_text(Source(file, text))
    assert not problems
    return Draft(trees[0])


def changed(text: str, file: str = "a.yaml", **changes: Any) -> str:
    made = draft(text, file)
    made.value.update(changes)
    return made.text()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_without_a_change_every_character_stays(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert draft(text).text() == text


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (lambda v: v["devices"][0].update(id="z"), "  - id: a  ", "  - id: z  "),
        (lambda v: v["devices"][0]["os"].update(name="no"), '"Windows 11"', '"no"'),
        (lambda v: v["devices"][0]["os"].update(version="it's"), "'25H2'", "'it''s'"),
        (lambda v: v["devices"][0].update(seen="2026-10-31"), "seen:   #", "seen: 2026-10-31   #"),
        (
            lambda v: v["devices"][0]["missing"].append({"id": "K"}),
            "missing: []\n",
            "missing:\n      - {id: K}\n",
        ),
        (lambda v: v["devices"][0].update(os=None), """{name: "Windows 11", version: '25H2'}""", "null"),
        (lambda v: v["devices"][1].update(till=True), "{name: X}}", "{name: X}, till: true}"),
        (lambda v: v["devices"][1].pop("os"), "{id: b, os: {name: X}}", "{id: b}"),
        (lambda v: v["devices"].append({"id": "c"}), "{name: X}}\n", "{name: X}}\n  - {id: c}\n"),
        (lambda v: v["devices"].pop(1), "  - {id: b, os: {name: X}}\n", ""),
        (lambda v: v["devices"][0].pop("missing"), "    missing: []\n", ""),
        (lambda v: v["devices"][0].pop("id"), "id: a          # the till\n    os:", "os:"),
        (lambda v: v["people"].update(x=1), "people: {}", "people: {x: 1}"),
        (lambda v: v.update(last=False), "'yes'", "false"),
        (lambda v: v.update(new=[1]), "# quoted\n", "# quoted\nnew: [1]\n"),
    ],
    ids=[
        "key",
        "double quotes",
        "single quotes",
        "blank",
        "empty list",
        "null",
        "key in braces",
        "less in braces",
        "item",
        "less items",
        "less keys",
        "less after a dash",
        "empty braces",
        "boolean",
        "section",
    ],
)
def test_one_change_touches_one_place(change: Any, old: str, new: str, ending: str) -> None:
    made = draft(SECTION.replace("\n", ending))
    change(made.value)
    assert SECTION.count(old) == 1
    assert made.text() == SECTION.replace(old, new).replace("\n", ending)


def test_a_text_that_other_readers_take_for_something_else_is_quoted() -> None:
    for text in (
        "no",
        "on",
        "0644",
        "12:30",
        "1_000",
        "null",
        "~",
        "1e3",
        "0x1",
        ".5",
        "- a",
        "a: b",
        "a #b",
        "",
    ):
        written = changed("a: 1\n", new=text)
        assert YAML(typ="safe").load(written)["new"] == text


def test_a_long_value_goes_below_its_key_and_leaves_the_remark_beside_it() -> None:
    items = [
        {"id": f"device-{number}", "hostname": "H" * 20, "os": {"name": "N" * 20}} for number in range(3)
    ]
    text = changed("devices: []  # soon\nb: 1\n", devices=items)
    assert text.startswith("devices:  # soon\n  - ")
    assert text.endswith("\nb: 1\n")


def test_a_file_without_a_last_line_end_keeps_none() -> None:
    assert changed("a: 1", b=2) == "a: 1\nb: 2"


def test_only_the_document_that_is_meant_is_changed() -> None:
    trees, _ = read_text(Source("a.yaml", "a: 1\n---\na: 2\nb: 3\n...\n"))
    made = Draft(trees[1])
    made.value["c"] = 4
    assert made.text() == "a: 1\n---\na: 2\nb: 3\nc: 4\n...\n"


def test_json_stays_json() -> None:
    text = '{\n  "a": 1,\n  "b": {"c": []},\n  "d": {\n    "e": "x"\n  }\n}\n'
    made = draft(text, "a.json")
    made.value["b"]["c"].append({"f": None})
    made.value["d"]["g"] = "no"
    made.value["a"] = True
    assert made.text() == (
        '{\n  "a": true,\n  "b": {"c": [{"f": null}]},\n  "d": {\n    "e": "x",\n    "g": "no"\n  }\n}\n'
    )
    assert json.loads(made.text())["d"] == {"e": "x", "g": "no"}


@pytest.mark.parametrize(
    "text",
    ["a: &x {b: 1}\nc: *x\n", "a: &x\n  b: 1\nc: *x\n"],
    ids=["flow", "block"],
)
def test_what_an_alias_repeats_is_not_changed(text: str) -> None:
    made = draft(text)
    made.value["c"]["b"] = 2
    with pytest.raises(DocumentError, match="cannot be changed"):
        made.text()


# --- any change

WORDS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["no", "a: b", "x # y", "2026-10-31", "", " a", "it's", "é", "[x", "12:30", "null"]),
    st.sampled_from(["a\nb", "-", "x:", "{", ",", "\x85"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
)  # fmt: skip
KEYS = st.sampled_from(["a", "b", "no", "x-y", "a b", "k:1", "é"])
VALUES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
ROOTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)


def _containers(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return [*own, *(one for part in inner for one in _containers(part))]


def _by_ruamel(root: dict[str, Any]) -> str:
    stream = io.StringIO()
    writer = YAML()
    writer.default_flow_style = False
    writer.dump({"kind": "client", **root}, stream)
    return stream.getvalue()


WRITERS = [
    _by_ruamel,
    lambda root: "\n".join(["# top", *rendering.block({"kind": "client", **root}, 0), ""]),
    lambda root: rendering.inline({"kind": "client", **root}),
    lambda root: json.dumps({"kind": "client", **root}, indent=2),
]


@st.composite
def change_of(draw: st.DrawFn, made: Draft) -> None:
    """Changes a draft at one place or a few."""
    for _ in range(draw(st.integers(1, 3))):
        container = draw(st.sampled_from(_containers(made.value)))
        if isinstance(container, list):
            if container and draw(st.booleans()):
                number = draw(st.integers(0, len(container) - 1))
                del container[number]
            else:
                container.append(draw(VALUES))
        elif set(container) - {"kind"} and draw(st.booleans()):
            del container[draw(st.sampled_from(sorted(set(container) - {"kind"})))]
        else:
            container[draw(KEYS)] = draw(VALUES)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_change_to_what_was_written_is_read_back(data: st.DataObject) -> None:
    trees, problems = read_text(Source("a.yaml", data.draw(st.sampled_from(WRITERS))(data.draw(ROOTS))))
    assume(not problems)
    made = Draft(trees[0])
    data.draw(change_of(made))
    made.value.setdefault("kind", "client")
    again, problems = read_text(Source("a.yaml", made.text()))
    assert not problems
    assert again[0].value == made.value


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_change_to_a_shipped_inventory_leaves_the_lines_around_it(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SHIPPED)).read_text(encoding="utf-8")
    made = draft(text)
    container = data.draw(st.sampled_from(_containers(made.value)))
    if isinstance(container, list):
        container.append(data.draw(VALUES))
    else:
        container[data.draw(KEYS)] = data.draw(VALUES)
    old, new = text.splitlines(), made.text().splitlines()
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    last = 0
    while last < min(len(old), len(new)) - same and old[-1 - last] == new[-1 - last]:
        last += 1
    assert len(old) - same - last <= 1
