"""Questionnaires of packs: what they may say, and that everything they name is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.errors import Problems, UsageError
from policyscan.findings import Questionnaire
from policyscan.policies.pack import Pack, builtin_path
from policyscan.policies.questionnaires import read_questionnaires
from policyscan.session.questionnaires import find_questionnaire, questionnaire_problems
from policyscan.session.workspace import open_workspace
from tests.engine.world import World, kinds

SHIPPED = sorted(path.stem for path in (Path(builtin_path()) / "questionnaires").glob("*.yaml"))
BODY = "require: [{id: open, that: size(shop.about.id) > 1, say: no}]\n"
FORM = """\
id: ours
name: Ours
checked_on: 2026-11-26
source: {title: a form, kind: primary}
questions:
  - {id: "1", mark: primary, asks: Is it open?, answered_by: [MINE-01/open]}
  - {id: "2", mark: primary, asks: Is it?, answered_by: [ACC-01]}
"""


@pytest.fixture(scope="module")
def packs() -> tuple[Pack, ...]:
    return open_workspace().packs


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "mine").policy(BODY)
    (made.folder / "questionnaires").mkdir()
    (made.folder / "questionnaires/ours.yaml").write_text(FORM, encoding="utf-8")
    return made


def told(world: World) -> list[str]:
    from policyscan.policies.loading import load_pack

    _, problems = load_pack(world.folder, kinds(), shown="mine")
    return [f"{problem.at}: {problem.message}" for problem in problems]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_one_names_controls_that_there_are(name: str, packs: tuple[Pack, ...]) -> None:
    form = find_questionnaire(name, packs)
    assert form.questions
    assert any(one.answered_by for one in form.questions)
    assert form.signed == "INS-06/still-true"


def test_every_file_of_a_shipped_one_is_read(packs: tuple[Pack, ...]) -> None:
    assert packs[0].files is not None
    assert sorted(read_questionnaires(packs[0].files)[0]) == SHIPPED


def test_what_is_asked_for_by_name_is_shipped(packs: tuple[Pack, ...]) -> None:
    for name in ("coalition", "at-bay", "cowbell", "chubb", "cis-ig1", "cyber-essentials", "nis2"):
        assert isinstance(find_questionnaire(name, packs), Questionnaire)
    assert questionnaire_problems(packs) == []


def test_a_pack_of_ones_own_may_name_the_controls_of_another(world: World, packs: tuple[Pack, ...]) -> None:
    assert told(world) == []
    assert questionnaire_problems([*packs, world.pack()]) == []
    assert find_questionnaire("ours", [*packs, world.pack()]).name == "Ours"


def test_a_control_that_is_in_no_pack_is_told_where_it_is_named(world: World) -> None:
    (problem,) = questionnaire_problems([world.pack()])
    assert f"{problem.at}: {problem.message}" == (
        "mine/questionnaires/ours.yaml:7:58: there is no control ACC-01"
    )
    with pytest.raises(Problems):
        find_questionnaire("ours", [world.pack()])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("MINE-01/open", "MINE-01/opne", "6:63: MINE-01 has no requirement 'opne'"),
        ("MINE-01/open", "MINE-02", "6:63: there is no control MINE-02"),
        ("id: ours", "id: theirs", "1:5: the id 'theirs' is not the file's name, 'ours.yaml'"),
        ('id: "2"', 'id: "1"', "7:10: the question '1' is already in line 6"),
        ("mark: primary, asks: Is it?", "mark: seen, asks: Is it?", '7:21: "seen" is not allowed here'),
        ("asks: Is it?", "answer: true", "7:5: the key 'asks' is missing"),
        ("asks: Is it?", "asks: Is it?, answer: true", "7:44: unknown key 'answer'"),
        ("[ACC-01]", "[acc-01]", '7:58: "acc-01" does not fit here'),
    ],
)
def test_what_is_wrong_with_one_is_told_at_its_place(world: World, old: str, new: str, expected: str) -> None:
    path = world.folder / "questionnaires/ours.yaml"
    path.write_text(FORM.replace(old, new), encoding="utf-8")
    assert f"mine/questionnaires/ours.yaml:{expected}" in told(world)


def test_a_file_that_is_no_yaml_is_told(world: World) -> None:
    (world.folder / "questionnaires/ours.yaml").write_text("id: [", encoding="utf-8")
    assert any("mine/questionnaires/ours.yaml:1" in one for one in told(world))


def test_a_pack_may_hold_questionnaires_alone(world: World) -> None:
    (world.folder / "MINE/MINE-01.yaml").unlink()
    assert told(world) == []


@pytest.mark.parametrize(
    ("name", "hint"), [("at-bya", "at-bay"), ("c", "there are: agile-au"), ("", "there are")]
)
def test_a_name_that_is_none_is_an_error_with_what_there_is(
    name: str, hint: str, packs: tuple[Pack, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        find_questionnaire(name, packs)
    assert hint in (caught.value.hint or "")
