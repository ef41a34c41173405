"""A run: processes that do tasks, until all is done, or somebody says stop."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from unitwork.testing.conformance.campaign.bar import Bar
from unitwork.testing.conformance.campaign.lanes import Lane, Part, Task
from unitwork.testing.conformance.campaign.state import State
from unitwork.testing.conformance.campaign.working import work

_SAVED_EVERY_SECONDS = 1
_HEARD_EVERY_SECONDS = 0.3


class Interrupted(Exception):  # noqa: N818 - a wish, no error
    """Somebody wants the run to end, for now."""


class BrokenRunError(Exception):
    """A process ended in the middle of a task; the text says of which."""


class Run:
    """Gives tasks to processes, and takes over what became of them."""

    def __init__(self, state: State, file: Path | None, bar: Bar) -> None:
        """Start nothing yet.

        Args:
            state: what is done so far.
            file: where it is kept; None: nowhere.
            bar: shows it.
        """
        self._state, self._file, self._bar = state, file, bar
        self._tasks = state.tasks()
        self._busy: dict[Connection, Task] = {}
        self._saved = self._counted = time.monotonic()

    def go(self, workers: int, told: Callable[[Lane], None]) -> None:
        """Do all that is left.

        Args:
            workers: how many processes.
            told: hears of a lane in which a difference was found.

        Raises:
            Interrupted: by Ctrl-C or SIGTERM; all is kept, and every process ended.
            BrokenRunError: a process ended.
        """
        with _processes(workers) as idle, _interruptible() as interrupted:
            try:
                for orders in idle:
                    self._give(orders)
                while self._busy and not interrupted:
                    self._hear(told)
                if interrupted:
                    self._stop(told)
                    raise Interrupted
            finally:
                self._keep()

    def _hear(self, told: Callable[[Lane], None]) -> None:
        for orders in wait(list(self._busy), timeout=_HEARD_EVERY_SECONDS):
            assert isinstance(orders, Connection)
            self._take(orders, told)
            self._give(orders)

    def _give(self, orders: Connection) -> None:
        task = next(self._tasks, None)
        orders.send(task)
        if task is not None:
            self._busy[orders] = task

    def _take(self, orders: Connection, told: Callable[[Lane], None]) -> None:
        task = self._busy.pop(orders)
        lane = self._state.lanes[task.lane]
        try:
            part: Part = orders.recv()
        except (EOFError, OSError) as error:
            raise BrokenRunError(f"The process of {task} ended.") from error
        before = lane.found
        lane.add(task.seeds.start, part)
        self._bar.show(lane)
        if before is None and lane.found is not None:
            told(lane)
        if time.monotonic() - self._saved > _SAVED_EVERY_SECONDS:
            self._keep()

    def _stop(self, told: Callable[[Lane], None]) -> None:
        """Let each process end at its next seed, and take over what it has done."""
        for orders in self._busy:
            orders.send(None)
        for orders in list(self._busy):
            self._take(orders, told)

    def _keep(self) -> None:
        self._saved = time.monotonic()
        self._state.seconds = round(
            self._state.seconds + self._saved - self._counted, 1
        )
        self._counted = self._saved
        if self._file is not None:
            self._state.save(self._file)


@contextmanager
def _processes(number: int) -> Iterator[list[Connection]]:
    """Start processes, which do not hear Ctrl-C; in the end, wait for them."""
    context = get_context("spawn")
    made: list[tuple[SpawnProcess, Connection]] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(number):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs,))
            process.start()
            theirs.close()
            made.append((process, ours))
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield [orders for _, orders in made]
    finally:
        for process, orders in made:
            orders.close()
            process.join()


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Take Ctrl-C and SIGTERM as a wish to end; the second Ctrl-C ends at once."""
    wished: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        wished.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield wished
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
