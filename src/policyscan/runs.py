"""Long lists of records that take little memory: packed in runs, and from some size on in a file.

In: records in order, run by run, each run with whom it belongs to and labels of what is in it. Out: a
sequence that makes the records anew whenever somebody looks at them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import IO, TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from typing import SupportsIndex

_IN_MEMORY = 8_000_000
"""Bytes of packed records that are held in memory; what is beyond goes to a file without a name."""

T = TypeVar("T")
Owner: TypeAlias = tuple[str, str]


class Packer:
    """Packs runs of records, and makes them anew; a run is known by its number, from 0.

    Numbers are held in arrays, since a report on a hundred thousand inventories has some three runs of each.
    """

    def __init__(self) -> None:
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._refused = False
        self._starts = array("q")  # places in memory; what is in the file is below zero: -1 is its beginning
        self._sizes = array("I")
        self._lengths = array("I")
        self._sorts = array("I")  # which of the labels
        self._labels: dict[frozenset[Hashable], int] = {}

    def pack(self, labels: frozenset[Hashable], records: Sequence[Any]) -> int:
        """The number of a run of records; one of them at least is what each label says."""
        import pickle
        import zlib

        data = zlib.compress(pickle.dumps([*records], 5), 1)
        filed = self._filed(data) if len(self._memory) + len(data) > _IN_MEMORY else None
        self._starts.append(len(self._memory) if filed is None else ~filed)
        if filed is None:
            self._memory += data
        self._sizes.append(len(data))
        self._lengths.append(len(records))
        self._sorts.append(self._labels.setdefault(labels, len(self._labels)))
        return len(self._starts) - 1

    def _filed(self, data: bytes) -> int | None:
        """Where in a file the bytes are now; None where there is no room for one."""
        if self._refused:
            return None
        try:
            if self._file is None:
                from tempfile import TemporaryFile
                from weakref import finalize

                # Without a buffer, in which what there is no room for would stay, and fail all that follows.
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as somebody may look
                finalize(self, self._file.close)
            at = self._file.seek(0, 2)
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._refused = True
            return None
        return at

    def records(self, number: int) -> list[Any]:
        """The records of a run."""
        import pickle
        import zlib

        made: list[Any] = pickle.loads(zlib.decompress(self._data(number)))  # noqa: S301 - our own
        return made

    def _data(self, number: int) -> bytes | bytearray:
        start, size = self._starts[number], self._sizes[number]
        if start >= 0:
            return self._memory[start : start + size]
        if self._file is None:
            raise RuntimeError("nothing was put in a file")
        self._file.seek(~start)
        return self._file.read(size)

    def length(self, number: int) -> int:
        """How many records are in a run."""
        return self._lengths[number]

    def labels(self, numbers: Iterable[int]) -> list[frozenset[Any]]:
        """What runs were labelled with, in turn."""
        known = list(self._labels)
        return [known[self._sorts[number]] for number in numbers]


class Runs(Sequence[T], Generic[T]):
    """The records of many runs, which are in the order of their owners."""

    def __init__(self, packer: Packer, runs: Iterable[tuple[Owner, Sequence[int]]] = ()) -> None:
        """`runs` are the owners in order, each with the numbers of its runs, one at least."""
        self._packer = packer
        self._owners: list[Owner] = []
        self._numbers = array("I")
        self._until = array("I")  # how many runs there are up to the last of each owner
        for owner, numbers in runs:
            self._owners.append(owner)
            self._numbers.extend(numbers)
            self._until.append(len(self._numbers))

    @cached_property
    def labels(self) -> frozenset[Any]:
        """What one of the records at least is."""
        return frozenset().union(*set(self._packer.labels(self._numbers)))

    @cached_property
    def _ends(self) -> array[int]:
        """How many records there are up to the end of each run."""
        return array("L", accumulate(map(self._packer.length, self._numbers)))

    def __len__(self) -> int:
        return self._ends[-1] if self._numbers else 0

    def __iter__(self) -> Iterator[T]:
        for number in self._numbers:
            yield from self._packer.records(number)

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...

    @overload
    def __getitem__(self, index: slice, /) -> Sequence[T]: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self)[index]
        at = range(len(self))[index]
        place = bisect_right(self._ends, at)
        number = self._numbers[place]
        found: T = self._packer.records(number)[at - (self._ends[place] - self._packer.length(number))]
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (tuple, Runs)):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self),)

    def having(self, wanted: Callable[[Any], bool]) -> Iterator[T]:
        """The records of the runs that have a label that is wanted, others of those runs among them."""
        labels = self._packer.labels(self._numbers)
        meets = {one: any(map(wanted, one)) for one in set(labels)}
        for number, one in zip(self._numbers, labels, strict=True):
            if meets[one]:
                yield from self._packer.records(number)

    def by_owner(self) -> Mapping[Owner, list[T]]:
        """The records of each owner, made when somebody asks for them."""
        return _ByOwner(self._packer, self._owners, self._numbers, self._until)


class _ByOwner(Mapping[Owner, list[T]]):
    def __init__(
        self, packer: Packer, owners: Sequence[Owner], numbers: Sequence[int], until: Sequence[int]
    ) -> None:
        self._packer = packer
        self._owners = owners
        self._numbers = numbers
        self._until = until

    def __getitem__(self, owner: Owner) -> list[T]:
        place = bisect_left(self._owners, owner)
        if self._owners[place : place + 1] != [owner]:
            raise KeyError(owner)
        runs = self._numbers[self._until[place - 1] if place else 0 : self._until[place]]
        return [*chain.from_iterable(map(self._packer.records, runs))]

    def __iter__(self) -> Iterator[Owner]:
        return iter(self._owners)

    def __len__(self) -> int:
        return len(self._owners)
