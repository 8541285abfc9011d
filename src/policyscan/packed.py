"""Results of a scan that are too many to hold as they are, packed as they come in, document by document.

In: results of documents. Out: all of them in the order of a report, as a sequence that makes them anew
whenever somebody looks at them, so that memory hardly grows with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, groupby

from policyscan.findings import FINDINGS, PolicyInfo, Result, Status, places_of, sort_key
from policyscan.runs import Owner, Packer, Run, Runs


class PackedResults:
    """The results of documents that have been scanned; those nobody must act on only if `complete`."""

    def __init__(self, policies: Iterable[PolicyInfo], *, complete: bool) -> None:
        """`policies` are those that results may be of."""
        self._places = places_of(policies)
        self._complete = complete
        self._packer = Packer()
        self._runs: dict[Owner, list[Run]] = {}
        self._labels: dict[frozenset[object], frozenset[object]] = {}
        self.policies: set[str] = set()
        """The ids of the policies that there is a result of."""

    def add(self, results: Iterable[Result]) -> None:
        """Take in results, most often all of a document."""
        groups: dict[Owner, list[Result]] = {}
        for result in results:
            if self._complete or result.status in FINDINGS or result.waiver:
                groups.setdefault((result.kind, result.document), []).append(result)
        for owner, group in groups.items():
            self._take(owner, [*self._of(owner), *group])

    def _of(self, owner: Owner) -> Iterable[Result]:
        """What was taken in of an owner before."""
        return chain.from_iterable(map(self._packer.records, self._runs.pop(owner, ())))

    def _take(self, owner: Owner, group: list[Result]) -> None:
        places = self._places
        group.sort(key=lambda r: sort_key(r, places.get((r.policy, r.requirement), -1)))
        self.policies.update(result.policy for result in group)
        runs = (list(run) for _, run in groupby(group, lambda result: result.status is Status.UNKNOWN))
        self._runs[owner] = [self._run(owner, run) for run in runs]

    def _run(self, owner: Owner, results: Sequence[Result]) -> Run:
        found = frozenset((result.status, result.severity) for result in results)
        labels = self._labels.setdefault(found, found)
        return self._packer.pack(owner, labels, results)

    def results(self) -> Runs[Result]:
        """All of them, in the order of a report."""
        return Runs([run for owner in sorted(self._runs) for run in self._runs[owner]], self._packer)
