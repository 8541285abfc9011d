"""Results that are packed are the same results, in the same order, in every format."""

from __future__ import annotations

import io
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from policyscan import runs
from policyscan.engine import scan as engine
from policyscan.findings import Report, Result, by_document, exit_code, of_sort, report_in_order, sorts
from policyscan.packed import Packed
from policyscan.reporters import REPORTERS
from policyscan.reporters.causes import first_same, same
from policyscan.runs import Runs
from policyscan.session.options import Inputs, ScanOptions
from policyscan.session.run import scan
from tests.reporters.reports import SITUATIONS, options

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FULL = max(SITUATIONS.values(), key=lambda report: len(report.results))


def gathered(report: Report, *, shuffled: bool = False) -> Runs[Result]:
    """The results of a report, taken in document by document, or each by itself in some other order."""
    made = Packed(report.policies, complete=report.complete)
    parts = list(by_document(report).values())
    if shuffled:
        parts = [[result] for result in report.results]
        parts = [*parts[1::2], *parts[::2]]
    for part in parts:
        made.add((), part)
    assert made.policies == {result.policy for result in report.results}
    return made.results()


class Small(io.FileIO):
    """A file on a disk that has room for a part of what goes there."""

    room = 2_000

    def write(self, data: ReadableBuffer, /) -> int:
        part = bytes(data)[: self.room - self.tell()]
        if not part:
            raise OSError(28, "No space left on device")
        return super().write(part)


@pytest.fixture(params=["memory", "file", "no room", "little room"])
def packed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where packed results go."""

    def small(buffering: int = -1) -> io.RawIOBase | io.BufferedRandom:
        raw = Small(tmp_path / "packed", "w+")
        return io.BufferedRandom(raw) if buffering else raw

    if request.param != "memory":
        monkeypatch.setattr(runs, "_IN_MEMORY", 300)
    if request.param == "no room":
        monkeypatch.setattr(tempfile, "TemporaryFile", _full)
    if request.param == "little room":
        monkeypatch.setattr(tempfile, "TemporaryFile", small)


def _full(buffering: int = -1) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("name", SITUATIONS)
def test_packed_results_are_the_same_in_the_same_order(name: str, shuffled: bool) -> None:
    report = SITUATIONS[name]
    found = gathered(report, shuffled=shuffled)
    told = [*map(repr, report.results)]  # one has a figure that is not equal to itself
    assert [*map(repr, found)] == told
    assert [repr(found[at]) for at in range(-len(found), len(found))] == [*told, *told]
    assert [*map(repr, found[1:3])] == told[1:3]
    assert sorts(found) == sorts(report.results)
    for sort in sorts(found):
        assert [*map(repr, of_sort(found, sort))] == [*map(repr, of_sort(report.results, sort))]
    twin = report._replace(results=found)
    assert repr({**by_document(twin)}) == repr(by_document(report))
    assert by_document(twin).get(("client", "nobody"), []) == []
    assert exit_code(twin) == exit_code(report)


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("name", SITUATIONS)
def test_packed_documents_are_the_same_in_the_same_order(name: str) -> None:
    report = SITUATIONS[name]
    made = Packed(report.policies, complete=report.complete)
    made.add(report.documents[1::2], ())
    made.add(report.documents[::2], report.results)
    assert [*map(repr, made.documents())] == [*map(repr, report.documents)]
    assert len(made.documents()) == len(report.documents)


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("name", REPORTERS)
def test_a_format_shows_packed_results_as_any(name: str) -> None:
    packed = Packed(FULL.policies, complete=FULL.complete)
    packed.add(FULL.documents, FULL.results)
    report = FULL._replace(documents=packed.documents(), results=packed.results())
    for full in (False, True):
        shown = REPORTERS[name].render(report, options(report, full=full))
        assert shown == REPORTERS[name].render(FULL, options(FULL, full=full))


@pytest.mark.usefixtures("packed")
def test_packed_results_equal_those_that_are_as_they_are() -> None:
    found = gathered(FULL)
    assert found == FULL.results
    assert found == gathered(FULL)
    assert pickle.loads(pickle.dumps(found)) == FULL.results  # noqa: S301 - our own


def test_packed_results_are_not_others() -> None:
    few, other = Runs[Result](runs.Packer()), FULL.results
    assert few != other
    assert few == ()
    assert few != []
    assert len(few) == 0
    with pytest.raises(IndexError):
        few[0]


def test_a_report_in_order_speaks_of_the_checks_that_say_something() -> None:
    again = report_in_order(
        FULL.scan, FULL.policies, FULL.documents, FULL.results, {one.policy for one in FULL.results},
        FULL.problems, complete=FULL.complete,
    )  # fmt: skip
    assert again._replace(gate=FULL.gate, comparison=FULL.comparison) == FULL


@pytest.mark.parametrize("limit", ["_MOST_AS_THEY_ARE", "_MOST_DOCUMENTS"])
def test_a_scan_of_many_results_says_the_same(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    paths = tuple(f"inventories/clients/{name}.yaml" for name in ("alder-finch", "ridge-dental"))
    asked = ScanOptions(Inputs(paths, as_of="2027-03-31"), cache=False)
    report = scan(asked)
    monkeypatch.setattr(engine, limit, 1)
    again = scan(asked)
    assert again.results.__class__ is again.documents.__class__ is Runs
    assert again == report


def test_results_that_come_last_are_counted_in_their_documents() -> None:
    """A waiver for several inventories that covers nothing is known when all of them are read."""
    last = FULL.results[0]
    key = last.kind, last.document
    packed = Packed(FULL.policies, complete=FULL.complete)
    packed.add(FULL.documents, FULL.results[1:])
    packed.count([last])
    assert list(packed.results()) == list(FULL.results)
    found = {(one.kind, one.id): one for one in packed.documents()}
    for document in FULL.documents:
        same = found[document.kind, document.id]
        more = int((document.kind, document.id) == key)
        assert same.counts.get(last.status, 0) == document.counts.get(last.status, 0) + more
        assert same._replace(counts={}, statuses={}) == document._replace(counts={}, statuses={})


def test_the_first_that_are_told_together_are_those_of_all() -> None:
    results = [*FULL.results, *FULL.results[::-1]]
    every = same(results)
    for most in (0, 1, 3, len(every), len(every) + 1):
        first, more = first_same(results, most)
        assert [*map(repr, first)] == [*map(repr, every[:most])]
        assert more == len(every[most:])
