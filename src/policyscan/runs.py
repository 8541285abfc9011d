"""Long lists of records that take little memory: packed in runs, and from some size on in a file.

In: records in order, run by run, each run with whom it belongs to and labels of what is in it. Out: a
sequence that makes the records anew whenever somebody looks at them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, islice
from typing import IO, TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from typing import SupportsIndex

_IN_MEMORY = 24_000_000
"""Bytes of packed records that are held in memory; what is beyond goes to a file without a name."""

T = TypeVar("T")
Owner: TypeAlias = tuple[str, str]


class Run(NamedTuple):
    """Records that stand next to each other and have one owner, and what one of them at least is: packed
    bytes, or where these begin in a file and how many they are."""

    owner: Owner
    labels: frozenset[Hashable]
    length: int
    held: bytes | tuple[int, int]


class Packer:
    """Packs records, and makes them anew."""

    def __init__(self) -> None:
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._refused = False

    def pack(self, owner: Owner, labels: frozenset[Hashable], records: Sequence[Any]) -> Run:
        """A run of records that takes little memory."""
        import pickle
        import zlib

        data = zlib.compress(pickle.dumps([*records], 5), 1)
        self._bytes += len(data)
        place = self._filed(data) if self._bytes > _IN_MEMORY else None
        return Run(owner, labels, len(records), data if place is None else place)

    def _filed(self, data: bytes) -> tuple[int, int] | None:
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
        return at, len(data)

    def records(self, run: Run) -> list[Any]:
        """The records of a run."""
        import pickle
        import zlib

        made: list[Any] = pickle.loads(zlib.decompress(self._data(run.held)))  # noqa: S301 - our own
        return made

    def _data(self, held: bytes | tuple[int, int]) -> bytes:
        if isinstance(held, bytes):
            return held
        if self._file is None:
            raise RuntimeError("nothing was put in a file")
        self._file.seek(held[0])
        return self._file.read(held[1])


class Runs(Sequence[T], Generic[T]):
    """The records of many runs, which are in the order of their owners."""

    def __init__(self, runs: Sequence[Run], packer: Packer) -> None:
        self._runs = runs
        self._packer = packer
        self.labels: frozenset[Any] = frozenset().union(*{run.labels for run in runs})
        """What one of the records at least is."""

    @cached_property
    def _ends(self) -> list[int]:
        """How many records there are up to the end of each run."""
        return list(accumulate(run.length for run in self._runs))

    def __len__(self) -> int:
        return self._ends[-1] if self._runs else 0

    def __iter__(self) -> Iterator[T]:
        for run in self._runs:
            yield from self._packer.records(run)

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...

    @overload
    def __getitem__(self, index: slice, /) -> Sequence[T]: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self)[index]
        at = range(len(self))[index]
        number = bisect_right(self._ends, at)
        run = self._runs[number]
        found: T = self._packer.records(run)[at - (self._ends[number] - run.length)]
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
        meets = {labels: any(map(wanted, labels)) for labels in {run.labels for run in self._runs}}
        for run in self._runs:
            if meets[run.labels]:
                yield from self._packer.records(run)

    def by_owner(self) -> Mapping[Owner, list[T]]:
        """The records of each owner, made when somebody asks for them."""
        return _ByOwner(self._runs, self._packer)


class _ByOwner(Mapping[Owner, list[T]]):
    def __init__(self, runs: Sequence[Run], packer: Packer) -> None:
        self._runs = runs
        self._packer = packer

    def __getitem__(self, owner: Owner) -> list[T]:
        first = bisect_left(self._runs, owner, key=lambda run: run.owner)
        made: list[T] = []
        for run in islice(self._runs, first, None):
            if run.owner != owner:
                break
            made += self._packer.records(run)
        if not made:
            raise KeyError(owner)
        return made

    def __iter__(self) -> Iterator[Owner]:
        return iter(dict.fromkeys(run.owner for run in self._runs))

    def __len__(self) -> int:
        return sum(1 for _ in self)
