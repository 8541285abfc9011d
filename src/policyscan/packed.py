"""What the documents of a scan gave, packed as it comes in where there is too much to hold as it is.

In: what there is to say of documents, and their results. Out: all of it in the order of a report, as
sequences that make it anew whenever somebody looks at it, so that memory hardly grows with it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any

from policyscan.findings import (
    FINDINGS,
    DocumentInfo,
    PolicyInfo,
    Result,
    Status,
    places_of,
    roll_up,
    sort_key,
)
from policyscan.runs import Owner, Packer, Runs


class Packed:
    """Documents that were scanned and their results; those nobody must act on only if `complete`."""

    def __init__(self, policies: Iterable[PolicyInfo], *, complete: bool) -> None:
        """`policies` are those that results may be of."""
        self._places = places_of(policies)
        self._complete = complete
        self._owners: dict[Owner, int] = {}
        packer = Packer()
        self._documents = _Shelf(packer, self._owners)
        self._results = _Shelf(packer, self._owners)
        self.policies: set[str] = set()
        """The ids of the policies that there is a result of."""

    def add(self, documents: Iterable[DocumentInfo], results: Iterable[Result]) -> None:
        """Take in documents and results, most often all of a document."""
        for document in documents:
            self._add_document(document)
        groups: dict[Owner, list[Result]] = {}
        for result in results:
            if self._complete or result.status in FINDINGS or result.waiver:
                groups.setdefault((result.kind, result.document), []).append(result)
        for owner, group in groups.items():
            self._add_results(owner, [*self._results.of(owner), *group])

    def _add_document(self, document: DocumentInfo) -> None:
        owner = document.kind, document.id
        every = [*self._documents.of(owner), document]
        self._documents.put(owner, [(_NOTHING, sorted(every, key=lambda one: one.file))])

    def _add_results(self, owner: Owner, group: list[Result]) -> None:
        places = self._places
        group.sort(key=lambda r: sort_key(r, places.get((r.policy, r.requirement), -1)))
        self.policies.update(result.policy for result in group)
        runs = (list(run) for _, run in groupby(group, lambda result: result.status is Status.UNKNOWN))
        self._results.put(owner, [(frozenset((r.status, r.severity) for r in run), run) for run in runs])

    def count(self, results: Iterable[Result]) -> None:
        """Take in results of documents that are there already, and count them there."""
        for result in results:
            owner = result.kind, result.document
            first, *others = self._documents.of(owner)
            statuses, counts = {**first.statuses}, {**first.counts}
            roll_up([result], statuses, counts)
            whole = [first._replace(statuses=statuses, counts=counts), *others]
            self._documents.put(owner, [(_NOTHING, whole)])
            self.add((), [result])

    def documents(self) -> Runs[DocumentInfo]:
        """All documents, in the order of a report."""
        return self._documents.runs()

    def results(self) -> Runs[Result]:
        """All results, in the order of a report."""
        return self._results.runs()


_NOTHING: frozenset[Any] = frozenset()


class _Shelf:
    """Runs of records by their owners, each of whom has a number that is the same on every shelf."""

    def __init__(self, packer: Packer, owners: dict[Owner, int]) -> None:
        self._packer = packer
        self._owners = owners
        self._firsts = array("I")  # the first run of each owner
        self._counts = array("I")  # and how many runs there are, one after the other

    def put(self, owner: Owner, runs: Iterable[tuple[frozenset[Any], Sequence[Any]]]) -> None:
        """Put runs of records and their labels in the place of those that an owner has."""
        at = self._owners.setdefault(owner, len(self._owners))
        numbers = [self._packer.pack(labels, records) for labels, records in runs]
        missing = [0] * (at + 1 - len(self._firsts))
        self._firsts.extend(missing)
        self._counts.extend(missing)
        self._firsts[at], self._counts[at] = numbers[0], len(numbers)

    def _numbers(self, owner: Owner) -> range:
        at = self._owners.get(owner, len(self._firsts))
        if at >= len(self._firsts):
            return range(0)
        return range(self._firsts[at], self._firsts[at] + self._counts[at])

    def of(self, owner: Owner) -> Iterator[Any]:
        """The records of an owner."""
        return chain.from_iterable(map(self._packer.records, self._numbers(owner)))

    def runs(self) -> Runs[Any]:
        """The records of all owners, in order."""
        numbers = ((owner, self._numbers(owner)) for owner in sorted(self._owners))
        return Runs(self._packer, ((owner, runs) for owner, runs in numbers if runs))
