"""The cases of the shipped controls, judged one by one, as they stand or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from policyscan.documents.document import Document
from policyscan.documents.earning import STATEMENTS
from policyscan.documents.opening import decode
from policyscan.documents.references import link_across
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.projection import projector_for
from policyscan.engine.scan import open_evaluation
from policyscan.findings import Status
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.kinds.shapes import Shape
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import TEST_SUFFIX, Pack, builtin_path
from policyscan.policies.policy import Policy
from policyscan.policies.survey import RULES
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import Case, read_tests
from policyscan.policytest.runner import Beside, beside
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree
from policyscan.source import Source

KINDS = Kinds.builtin()
FOLDER = Path(builtin_path())
FAMILIES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != RULES)


class Finding(NamedTuple):
    """What identifies a result."""

    policy: str
    document: str
    subject: str
    requirement: str


class Judged(NamedTuple):
    """A case with the control that it is about."""

    policy: str
    kind: Kind
    case: Case
    known: Mapping[str, Policy]

    def tree(self) -> Tree:
        """The case's inventory, to be changed at will."""
        return _tree(self.case.inventory)

    def _beside(self) -> Sequence[str]:
        """The texts of the case's other documents, made once."""
        if id(self.case) not in _BESIDE:
            _BESIDE[id(self.case)] = self.case, beside(self.case, KINDS)
        return _BESIDE[id(self.case)][1]

    def results(self, tree: Tree) -> dict[Finding, Status]:
        """What the control says of an inventory in the company of the case's other documents."""
        at = parse_moment(self.case.as_of)
        # As cases run: words count as they are, unless the case, as it stands, has statements about them.
        trusting = not _has_statements(self.case.inventory)
        plan = Plan([self.known[self.policy]], self.known, {}, at, full=True, trusting=trusting)
        documents = [decode(self.kind, tree), *map(_decoded, self._beside())]
        by_id = {(one.kind.name, one.id): one for one in documents}
        document = documents[0]
        for one in documents:
            link_across(one, lambda kind, id_: by_id.get((kind, id_)))
        projector = projector_for(plan, Beside(documents[1:]))
        evaluation = open_evaluation(document, plan, documents[1:], projector)
        asked = plan.policies[0].about(self.kind.name)
        assert asked is not None
        with evaluation.asked_by(asked):
            return {
                Finding(self.policy, document.id, outcome.subject, outcome.requirement): outcome.status
                for outcome in evaluation.outcomes(asked, evaluation.clock).outcomes
            }


_BESIDE: dict[int, tuple[Case, Sequence[str]]] = {}
"""By the id of a case, which is kept so that no other gets it."""


def _tree(text: str) -> Tree:
    (only,), problems = read_text(Source("inventory.yaml", text))
    assert not problems
    return only


@cache
def _has_statements(text: str) -> bool:
    return STATEMENTS in _tree(text).value


def _decoded(text: str) -> Document:
    tree = _tree(text)
    return decode(KINDS[tree.value["kind"]], tree)


@cache
def pack() -> Pack:
    """The shipped pack."""
    loaded, problems = load_pack(FOLDER, KINDS)
    assert not problems
    assert loaded is not None
    return loaded


@cache
def _variants(id_: str) -> Variants:
    return Variants(pack(), KINDS, id_)


def known(id_: str, parameters: Mapping[str, Any]) -> Mapping[str, Policy]:
    return _variants(id_)(parameters)


@cache
def cases_of(family: str) -> tuple[Judged, ...]:
    """Every case of a family's controls."""
    return tuple(_cases(family))


def _cases(family: str) -> Iterator[Judged]:
    for path in sorted((FOLDER / family).glob(f"*{TEST_SUFFIX}")):
        id_ = path.name.removesuffix(TEST_SUFFIX)
        kind = KINDS[known(id_, {})[id_].info.kind]
        tests, problems = read_tests(path, path.name, kind.name, kind.shape.ident)
        assert tests is not None
        assert not problems
        for case in tests.cases:
            yield Judged(id_, KINDS[case.kind], case, known(id_, case.parameters))


def keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from keys(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from keys(item, (*path, index))


def name_of(path: tuple[Any, ...]) -> str:
    """A path as schemas name it: `devices[].in_scope`."""
    return ".".join(
        f"{step}[]" if isinstance(after, int) else step
        for step, after in zip(path, (*path[1:], None), strict=True)
        if isinstance(step, str)
    )


def lose(tree: Tree, path: tuple[Any, ...], *, blank: bool) -> Tree:
    """A tree with one key deleted, or with nothing after it."""
    container: Any = tree.value
    for key in path[:-1]:
        container = container[key]
    container.pop(path[-1], None)
    if blank:
        tree.blanks.setdefault(id(container), []).append(path[-1])
    return tree


def holders(
    shape: Shape, value: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[str, Shape, tuple[Any, ...]]]:
    """Every mapping of a document that has a shape of its own: the shape's name, the shape, its path."""
    if isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(value):
            yield from holders(shape.items.shape, item, (*path, index))
    elif isinstance(value, dict):
        if shape.fields:
            yield shape.name, shape, path
        for key, item in value.items():
            field = shape.fields.get(key) or shape.items
            if field is not None:
                yield from holders(field.shape, item, (*path, key))
