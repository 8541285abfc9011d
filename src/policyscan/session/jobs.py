"""Processes that share the files of a scan, as many as the machine has cores.

In: files, and what makes a process ready to work on them. Out: each file with what it gave, in the order in
which the files were given, however many processes there are. A process that is killed costs the files that it
was reading, and nothing waits for it; when the one that started them ends, however it does, they all end.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from policyscan.files.discovery import File
from policyscan.session.work import LOST, News, Work, Worker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

_FEWEST = 40
"""Files that are worth a process of their own."""
_BATCH = 16
"""Files that are handed out at once: enough that it costs nothing, few enough that all end together."""
_AHEAD = 16
"""Batches that may be finished before one that is not, each of which takes memory."""
_SECONDS = 5
"""How long a process may take to end by itself before it is ended."""

Open: TypeAlias = Callable[[], Worker]
"""Makes a worker ready; to be pickled where a process begins with nothing of its parent's."""
Answer: TypeAlias = tuple[list[Work | None], News]


def jobs_for(files: int, asked: int | None = None) -> int:
    """How many processes read so many files: as many as are asked for, else as pay on this machine."""
    return min(asked, max(files, 1)) if asked else max(1, min(cores(), files // _FEWEST))


def cores() -> int:
    """How many cores this process may use."""
    try:
        free = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        free = os.cpu_count() or 1
    return max(1, min(free, _granted()))


def _granted(file: str = "/sys/fs/cgroup/cpu.max") -> int:
    """How many cores' worth of time a container is granted."""
    try:
        with open(file, encoding="ascii") as limits:
            quota, period = limits.read().split()
        return max(1, round(int(quota) / int(period)))
    except (OSError, ValueError):  # none, or "max"
        return sys.maxsize


def can_fork() -> bool:
    """Whether a process can be continued in another one: a thread would not be, and what it held would stay
    held for ever."""
    import threading

    return sys.platform.startswith("linux") and threading.active_count() == 1


def shared_out(
    files: Sequence[File], jobs: int, continued: Open, anew: Open, hear: Callable[[News], None]
) -> Generator[tuple[File, Work | str | None]]:
    """Each file in order, with what it gave in one of the processes; LOST if its process was ended.

    `continued` makes a worker in a process that goes on from this one, `anew` in one that begins with
    nothing. `hear` is told what the processes met. To be closed if it is not used up.
    """
    import multiprocessing

    how = "fork" if can_fork() else "spawn"
    pool = _Pool(files, hear)
    try:
        pool.start(multiprocessing.get_context(how), jobs, continued if how == "fork" else anew)
        for batch, works in pool.answers():
            yield from zip(batch, works, strict=True)
    finally:
        pool.end()


class _Pool:
    """Processes, and the batches of files that each of them has."""

    def __init__(self, files: Sequence[File], hear: Callable[[News], None]) -> None:
        self.batches = [files[at : at + _BATCH] for at in range(0, len(files), _BATCH)]
        self.left = deque(range(len(self.batches)))
        self.hear = hear
        self.busy: dict[Connection, deque[int]] = {}  # what each process is at, and what it does next
        self.processes: list[Any] = []
        self.done: dict[int, list[Work | str | None]] = {}

    def start(self, context: BaseContext, jobs: int, open_: Open) -> None:
        """Start the processes, deaf to Ctrl-C from their first moment: who started them ends them."""
        with no_interrupts():
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                args = (theirs, [*self.busy, ours], open_)
                process = context.Process(target=_serve, args=args, daemon=True)  # type: ignore[attr-defined]
                process.start()
                theirs.close()
                self.busy[ours] = deque()
                self.processes.append(process)

    def answers(self) -> Iterator[tuple[Sequence[File], list[Work | str | None]]]:
        """What the files of each batch gave, in order."""
        for number, batch in enumerate(self.batches):
            while number not in self.done:
                self._hand_out(number + _AHEAD)
                self._wait()
            yield batch, self.done.pop(number)

    def _hand_out(self, end: int) -> None:
        """Give each process a batch to work on and one for afterwards, none from number `end` on."""
        for connection in sorted(self.busy, key=lambda one: len(self.busy[one])):
            while len(self.busy[connection]) < 2 and self.left and self.left[0] < end:
                number = self.left.popleft()
                self.busy[connection].append(number)
                try:
                    connection.send(self.batches[number])
                except OSError:
                    self._gone(connection)
                    break

    def _wait(self) -> None:
        """Take in what a process has to say, or that it has gone."""
        from multiprocessing.connection import wait

        if not self.busy:
            for number in self.left:
                self._lose(number)
            self.left.clear()
        ready = wait(list(self.busy)) if self.busy else ()
        for connection in [one for one in self.busy if one in ready]:
            try:
                works, news = connection.recv()
            except (EOFError, OSError):
                self._gone(connection)
                continue
            self.done[self.busy[connection].popleft()] = works
            self.hear(news)

    def _gone(self, connection: Connection) -> None:
        """A process has ended: what it was at is lost, what it would have done next others do."""
        numbers = self.busy.pop(connection, deque())
        connection.close()
        if numbers:
            self._lose(numbers[0])
        self.left.extendleft(sorted(list(numbers)[1:], reverse=True))

    def _lose(self, number: int) -> None:
        self.done[number] = [LOST] * len(self.batches[number])

    def end(self) -> None:
        """End all processes: those with nothing left to do by themselves, the others at once."""
        idle = not self.left and not any(self.busy.values())
        for connection in self.busy:
            connection.close()
        for process in self.processes:
            if not idle:
                process.terminate()
            process.join(_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()


def _serve(connection: Connection, others: Sequence[Connection], open_: Open) -> None:
    """What each process does: work on batches until nobody hands out any more."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:  # else this process would keep open what tells another one that all is over
        other.close()
    try:
        worker = open_()
        while True:
            batch = connection.recv()
            works = [worker.work(file) for file in batch]
            connection.send((works, worker.news()))
    except (EOFError, OSError):
        pass


@contextmanager
def no_interrupts() -> Iterator[None]:
    """While processes start, Ctrl-C waits: none of them is to say how it was interrupted."""
    import signal

    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
