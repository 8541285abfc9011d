"""Workers of a Dask cluster that share the files of a scan, on as many machines as there are.

In: files, and what makes a worker ready to work on them. Out: each file with what it gave, in the order in
which the files were given, as from processes of this machine. What workers read they read themselves, at the
paths of this machine; what comes back counts only if every byte that it was made from is the one that is read
here. A worker that stands on anything else, a scheduler that is not there or no longer there, or nobody who
does the work ends the scan. Dask is imported here alone, when a scan is to be shared so.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from policyscan.documents.document import Document
from policyscan.errors import DocumentError, PolicyscanError, UsageError
from policyscan.files.discovery import File
from policyscan.files.identity import Identity, digest_of
from policyscan.reading.text import read_bytes
from policyscan.records import NamedTuple
from policyscan.session.jobs import no_interrupts
from policyscan.session.reader import Found, Reader
from policyscan.session.work import LOST, News, Work, Worker, hear
from policyscan.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

NAME = "dask"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_BATCH = 16
"""Files that a worker is given at once: one alone costs more to hand out than to read."""
_AHEAD = 3
"""Batches for each thread of the workers that may be under way, or finished before one that is not."""
_CONNECTING = 10
"""Seconds for a scheduler to answer."""
_NOBODY = 60
"""Seconds for which a scan waits for workers where there are none, as after all of them were ended."""
_SILENCE = 900
"""Seconds in which nothing at all comes back from workers, after which nothing will."""
_LOOK = 2
"""Seconds after which it is looked again whether there are workers."""
NO_PAGE: Mapping[str, Any] = {
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
}
"""Keeps a cluster of this machine from showing a page to others; it has a port for one all the same."""

StandsOn: TypeAlias = Mapping[str, str]
"""What results follow from besides files: in words what it is, and what stands for it."""
Open: TypeAlias = Callable[[], tuple[Worker, StandsOn]]
"""Makes a worker ready, and tells what it stands on; to be pickled."""


class Commission(NamedTuple):
    """What workers have to know of a scan: its folder, how they become ready, what they are to stand on."""

    folder: str
    open: Open
    stands_on: StandsOn


class Refusal(NamedTuple):
    """Why a worker, whom its address names, cannot work on a scan, and what to do about it."""

    worker: str
    why: str
    hint: str


class Batch(NamedTuple):
    """What a batch gave, and the SHA-256 of each file that it was made from, by its path; empty for one that
    is no file where the worker looks."""

    worker: str
    works: Sequence[Work | None]
    news: News
    digests: Mapping[str, str]


def address_in(engine: str, spelt: str) -> str | None:
    """The address of a scheduler that an engine names, None for `dask` alone; UsageError for what is neither,
    or where Dask is not installed."""
    name, colon, address = engine.partition(":")
    if name != NAME or (colon and not address):
        message = f"{spelt} {engine}: there is no such engine"
        raise UsageError(message, hint=f"{NAME}, or {NAME} and a scheduler: {NAME}:tcp://10.0.0.5:8786")
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        message = f"{spelt} {engine} needs the package distributed, which is not installed"
        raise UsageError(message, hint="install it with its extra: pip install 'policyscan[dask]'")
    return address or None


def shared_out(
    files: Sequence[File], address: str | None, jobs: int, reader: Reader, commission: Commission
) -> Generator[tuple[File, Work | str | None]]:
    """Each file in order, with what it gave in one of the workers; LOST if each that had it was ended.

    `address` is that of a scheduler; without one Dask's own settings say which, else `jobs` processes of this
    machine are the cluster. `reader` has the whole account, and hears what workers met. UsageError where what
    workers give cannot count. To be closed if it is not used up.
    """
    with _quiet(), _client(address, jobs) as client:
        crew = _Crew(client, files, reader, commission)
        for batch, works in crew.answers():
            yield from zip(batch, works, strict=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """While a scan runs, Dask logs nothing: what ends the scan is told once, in words of ours."""
    import logging

    import distributed  # noqa: F401 - which sets up its logging when it is imported

    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _client(address: str | None, jobs: int) -> Iterator[Client]:
    """A connection to a scheduler, or to a cluster of this machine that ends with it."""
    import dask

    address = address or dask.config.get("scheduler-address", None)
    cluster = None
    try:
        if address is None:
            _start_tracker()
            with no_interrupts():  # nor do its processes hear of any afterwards: who started them ends them
                cluster = _cluster_here(jobs)
        client = _connected(cluster.scheduler_address if cluster is not None else str(address))
        try:
            yield client
        finally:
            _close(client)
    finally:
        if cluster is not None:
            with suppress(Exception):
                cluster.close(timeout=_CONNECTING)


def _start_tracker() -> None:
    """Starts what Python starts with the first process, and lets interrupts through again with."""
    if sys.platform != "win32":
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()


def _cluster_here(jobs: int) -> LocalCluster:
    """A cluster of so many processes of this machine."""
    import logging

    from distributed import LocalCluster

    return LocalCluster(
        n_workers=jobs, threads_per_worker=1, host="127.0.0.1", memory_limit=None,
        silence_logs=logging.CRITICAL, **NO_PAGE,
    )  # fmt: skip


def _connected(address: str) -> Client:
    """A connection to a scheduler; UsageError if none answers."""
    from distributed import Client

    client = Client.__new__(Client)  # so that there is something to close where its making fails
    try:
        Client.__init__(client, address, timeout=_CONNECTING, set_as_default=False, name="policyscan")
    except BaseException as error:
        _close(client)
        if not isinstance(error, OSError | ValueError | TypeError | RuntimeError | KeyError):
            raise
        said = str(error).splitlines()[:1]  # as its transports raise them
        message = f"no Dask scheduler answers at {address}" + "".join(f": {line}" for line in said)
        hint = "check the address, as tcp://10.0.0.5:8786, and that `dask scheduler` runs there"
        raise UsageError(message, hint=hint) from error
    return client


def _close(client: Client) -> None:
    """Ends a connection, also one that never was or whose other end has gone."""
    try:
        client.close(timeout=_LOOK)
    except Exception:  # it is told of already
        client.status = "closed"  # and is not to be tried once more by whoever frees its memory


class _Crew:
    """The workers behind a scheduler, and the batches that they have."""

    def __init__(self, client: Client, files: Sequence[File], reader: Reader, commission: Commission) -> None:
        self.client = client
        self.same = SameBytes(reader)
        self.batches = [files[at : at + _BATCH] for at in range(0, len(files), _BATCH)]
        self.left = deque(range(len(self.batches)))
        self.busy: dict[Future[Any], int] = {}
        self.finished: SimpleQueue[Future[Any]] = SimpleQueue()
        self.done: dict[int, list[Work | str | None]] = {}
        self.token = os.urandom(16).hex()
        # A task like all others, so that its result is made again wherever it is lost.
        key = f"policyscan-{self.token}"
        self.commission = client.submit(bytes, packed(commission), key=key, pure=False)
        self.threads = 0
        self.looked = self.heard = self.staffed = time.monotonic()

    def answers(self) -> Iterator[tuple[Sequence[File], list[Work | str | None]]]:
        """What the files of each batch gave, in order."""
        self._look()
        for number, batch in enumerate(self.batches):
            while number not in self.done:
                self._hand_out(number + _AHEAD * max(self.threads, 1))
                self._wait()
            yield batch, self.done.pop(number)

    def _hand_out(self, end: int) -> None:
        """Give out the batches before number `end`."""
        while self.left and self.left[0] < end:
            number = self.left.popleft()
            future = self.client.submit(
                work_on, __version__, self.token, self.commission, self.batches[number],
                key=f"policyscan-{self.token}-{number}", pure=False,
            )  # fmt: skip
            self.busy[future] = number
            future.add_done_callback(self.finished.put)

    def _wait(self) -> None:
        """Take in what workers have to say; UsageError once it is clear that none will say anything."""
        try:
            future = self.finished.get(timeout=_LOOK)
        except Empty:
            pass
        else:
            number = self.busy.pop(future)
            self.done[number] = self._taken(future, self.batches[number])
            self.heard = time.monotonic()
        if time.monotonic() - self.looked > _LOOK:
            self._look()

    def _taken(self, future: Future[bytes], batch: Sequence[File]) -> list[Work | str | None]:
        """What a batch gave; UsageError if it cannot count."""
        from distributed import KilledWorker

        try:
            answer = pickle.loads(zlib.decompress(future.result(timeout=_CONNECTING * 6)))  # noqa: S301
        except KilledWorker:
            return [LOST] * len(batch)
        except Exception as error:  # whatever a worker raised, or Dask where it was lost
            if future.status in {"cancelled", "lost"} or isinstance(error, TimeoutError):
                raise self._gone() from error
            message = f"a worker could not begin: {type(error).__name__}: {error}"
            hint = f"scheduler and workers need policyscan {__version__} as well"
            raise UsageError(message, hint=hint) from error
        if isinstance(answer, Refusal):
            raise UsageError(f"the worker {answer.worker} {answer.why}", hint=answer.hint)
        return self.same.taken(answer)

    def _look(self) -> None:
        """See how many workers there are; UsageError if there have been none for long."""
        self.looked = time.monotonic()
        self.threads = self._counted()
        if self.threads:
            self.staffed = self.looked
        elif self.looked - self.staffed > _NOBODY:
            message = f"the scheduler {self._address} has no workers, and none came: the scan was ended"
            hint = (
                "start some there with `dask worker`, with policyscan installed, in sight of the same files"
            )
            raise UsageError(message, hint=hint)
        if self.looked - self.heard > _SILENCE:
            raise UsageError("nothing comes back from the workers any more: the scan was ended")

    def _counted(self) -> int:
        """How many threads all workers have together; UsageError where the scheduler does not say."""
        scheduler: Any = self.client.scheduler

        async def ask() -> int:
            return sum((await scheduler.ncores()).values())

        try:
            return int(self.client.sync(ask, callback_timeout=_CONNECTING))
        except Exception as error:  # each transport has its own
            raise self._gone() from error

    @property
    def _address(self) -> str:
        return str(self.client.scheduler.address) if self.client.scheduler is not None else ""

    def _gone(self) -> UsageError:
        message = f"the scheduler {self._address} does not answer any more: the scan was ended"
        return UsageError(message, hint="see why it was ended, and scan again")


class SameBytes:
    """Sees to it that workers read what there is here to read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._own: dict[str, str] = {}  # by path, of files that more than one batch was made from

    def taken(self, answer: Batch) -> list[Work | str | None]:
        """The works of a batch, heard of by the account; UsageError if one was made from anything else than
        what there is here."""
        for path, sha256 in answer.digests.items():
            if self._digest(path) != sha256:
                raise _other(answer.worker, path, seen=bool(sha256))
        own = {work.found.file.path for work in answer.works if work is not None}
        for path in own & self._own.keys():
            del self._own[path]
        news = answer.news if self._reader.with_identity else answer.news._replace(identities={})
        hear(self._reader, news)
        for work in answer.works:
            if work is not None:
                self._compare_context(work, answer.worker)
        return [*answer.works]

    def _digest(self, path: str) -> str:
        """What stands for the bytes of a file here; empty if there is none."""
        if path not in self._own:
            try:
                self._own[path] = Identity.of(read_bytes(path, path)).sha256
            except DocumentError:
                self._own[path] = ""
        return self._own[path]

    def _compare_context(self, work: Work, worker: str) -> None:
        """UsageError if a worker found other documents than those that a file refers to, or none."""
        library = self._reader.library
        for one in work.found.cited:
            found = [library.find(kind, ident) for kind, ident in sorted(one.envelope.wanted)]
            here = tuple((other.id, other.file) for other in found if other is not None)
            for ident, file in {*here} ^ {*one.context}:
                there = file if (ident, file) in here else work.found.file.path
                raise _other(worker, there, seen=(ident, file) not in here)


def _other(worker: str, path: str, *, seen: bool) -> UsageError:
    what = f"has another {path} than is here" if seen else f"does not see {path}"
    hint = "workers read files themselves: give them the same folder at the same path, and scan again"
    return UsageError(f"the worker {worker} {what}", hint=hint)


def installed() -> dict[str, str]:
    """What is installed here that results follow from: in words what it is, and what stands for it."""
    import platform

    files: list[tuple[str, bytes]] = []
    for folder, _, names in os.walk(_PACKAGE):
        for name in names:
            if name.endswith((".py", ".json")):
                path = os.path.join(folder, name)
                files.append((os.path.relpath(path, _PACKAGE), read_bytes(path, path)))
    return {"release of Python": platform.python_version(), "code of policyscan": digest_of(files)}


def unlike(ours: StandsOn, theirs: StandsOn) -> str | None:
    """In what a worker differs from what the scan stands on, in words; None if all is the same."""
    for what, own in ours.items():
        other = theirs.get(what, "none")
        if other != own:
            shown = f": {other} there, {own} here" if max(len(own), len(other)) < 32 else ""
            return f"differs in its {what}{shown}"
    return None


def packed(value: Commission | Batch | Refusal) -> bytes:
    """What travels, pickled: a third of the bytes."""
    return zlib.compress(pickle.dumps(value, 5), 1)


# --- what workers do


class _Ready(NamedTuple):
    token: str
    folder: str
    worker: Witness


_ALONE = Lock()
"""The current folder is one of a whole process, whose threads Python evaluates one at a time anyway."""
_ready: dict[str, _Ready | Refusal] = {}
"""What this process has ready for the scan that it worked on last, by the scan's token."""


class Witness:
    """A worker that remembers what each file was made from."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        worker.witness = self.saw
        self.files: dict[str, File] = {}  # those that were opened, as people see them
        self.digests: dict[str, str] = {}

    def saw(self, found: Found, documents: Iterable[Document]) -> None:
        """Remember the files that a file's results were made from: its own, and those of documents that it
        leads to."""
        identities = self.worker.reader.library.identities
        self.files.update((file.shown, file) for file in islice(identities, len(self.files), None))
        shown = {found.file.shown, *(one.file for one in documents)}
        for file in (self.files[name] for name in shown if name in self.files):
            self.digests.update(
                (one.path, identity.sha256) for one, identity in identities[file] if one.text is None
            )

    def answer(self, batch: Sequence[File], where: str) -> Batch:
        """What a batch of files gives."""
        self.digests = {}
        works = [self._work(file) for file in batch]
        return Batch(where, works, self.worker.news(), self.digests)

    def _work(self, file: File) -> Work | None:
        """What a file gives; None where nobody could tell that it was read as it is."""
        work = self.worker.work(file)
        for one in file.all:
            if one.text is None and not os.path.isfile(one.path):
                self.digests[one.path] = ""
        return work if file in self.worker.reader.library.identities else None


def work_on(version: str, token: str, commission: bytes, batch: Sequence[File]) -> bytes:
    """What a batch of files gives, or why nothing: an `Batch` or a `Refusal`, pickled and packed."""
    from distributed import get_worker

    where = get_worker().address
    with _ALONE:
        if token not in _ready:
            _ready.clear()
            _ready[token] = _made_ready(version, token, commission, where)
        ready = _ready[token]
        if isinstance(ready, _Ready):
            with chdir(ready.folder):
                given: Batch | Refusal = ready.worker.answer(batch, where)
        else:
            given = ready
    return packed(given)


def _made_ready(version: str, token: str, data: bytes, where: str) -> _Ready | Refusal:
    """What it takes to work on a scan, or why it cannot be had."""
    if version != __version__:
        why = f"has policyscan {__version__}, and this is {version}"
        return Refusal(where, why, "install the same release everywhere")
    commission: Commission = pickle.loads(zlib.decompress(data))  # noqa: S301 - as all that Dask sends is
    try:
        with chdir(commission.folder):
            worker, stands_on = commission.open()
            stands_on = {**installed(), **stands_on}
    except OSError as error:
        why = f"cannot go to {commission.folder}: {error.strerror}"
        return Refusal(
            where, why, "workers read the files themselves: give them the same folder at the same path"
        )
    except PolicyscanError as error:
        why = f"cannot begin: {error}"
        return Refusal(where, why, "give it the same settings and controls at the same paths")
    other = unlike(commission.stands_on, stands_on)
    if other is not None:
        return Refusal(where, other, "install the same releases everywhere, and give all the same folder")
    return _Ready(token, commission.folder, Witness(worker))
