"""Signals that end a command in a known outcome. Contract: 40."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(KeyboardInterrupt):
    """A signal came while no unit was open."""

    def __init__(self, by: int) -> None:
        """Remember which."""
        super().__init__(by)
        self.by = by


class Stopping:
    """What a signal does: cancel the operation that runs, or end the command.

    A cancelled operation is rolled back, unless its commit has begun: that runs to its
    end. A second signal only cancels again, so that it cannot cut a commit short.
    """

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.received: int | None = None
        self._task: asyncio.Task[Any] | None = None
        self._decided = False

    def watch(self) -> None:
        """Let signals cancel the running task.

        Raises:
            StoppedError: one came before.
        """
        if self.received is not None:
            raise StoppedError(self.received)
        self._task, self._decided = asyncio.current_task(), False

    def decided(self) -> None:
        """Let signals change nothing any more: the outcome is there, and is told."""
        self._task, self._decided = None, True

    def handle(self, number: int, frame: FrameType | None = None) -> None:
        """Take a signal; Python calls this between any two steps of the main thread."""
        del frame
        self.received = self.received or number
        if self._decided:
            return
        if self._task is None:
            raise StoppedError(number)
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class _Active:
    stopping: Stopping | None = None


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Handle signals for as long as the block runs, or as one round it does.

    Outside of the main thread, where Python takes no signals, nothing is changed.
    """
    if _Active.stopping is not None:
        yield _Active.stopping
        return
    if not _in_main_thread():
        yield Stopping()
        return
    made = _Active.stopping = Stopping()
    before = [(number, signal.signal(number, made.handle)) for number in SIGNALS]
    try:
        yield made
    finally:
        _Active.stopping = None
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def cancelling(active: Stopping) -> Iterator[None]:
    """Leave signals to asyncio.run inside of the block, which cancels what it runs.

    Raises:
        StoppedError: one came; what it cancelled has ended.
    """

    def terminate(number: int, frame: FrameType | None) -> None:
        active.received = active.received or number
        handler: Any = signal.getsignal(signal.SIGINT)
        handler(number, frame)

    if not _in_main_thread():
        yield
        return
    handlers = (signal.default_int_handler, terminate)
    before = [
        (number, signal.signal(number, handler))
        for number, handler in zip(SIGNALS, handlers, strict=True)
    ]
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise StoppedError(active.received or signal.SIGINT) from interrupt
    finally:
        for number, handler in before:
            signal.signal(number, handler)
