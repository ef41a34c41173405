"""The event loop of one schedule: no clock, no I/O, and no chance."""

import asyncio
import heapq
import threading
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from itertools import count
from typing import Any, TypeVarTuple, Unpack

from unitwork.domain.errors import MisuseError
from unitwork.testing.scheduling.course import Course
from unitwork.testing.scheduling.refusals import REMEDY, refused, refusing
from unitwork.testing.scheduling.suspension import place
from unitwork.testing.scheduling.trace import Trace

Ts = TypeVarTuple("Ts")
Task = asyncio.Task[Any]

RACING: ContextVar[bool] = ContextVar("RACING", default=False)
"""Set in the context of a task that takes part in a race; its children inherit it."""
_ROUNDS_AT_MOST = 200_000


@refusing
class ScheduledLoop(asyncio.BaseEventLoop):
    """Run callbacks in their order, and one step of a racing task in each round.

    Time is virtual: it stands still while anything is ready, and then jumps to the
    next timer.
    """

    def __init__(self, course: Course, trace: Trace | None = None) -> None:
        """Begin at time 0.

        Args:
            course: says which of the racing tasks runs next.
            trace: is told which one does.
        """
        super().__init__()
        self._course = course
        self._trace = trace
        self._now = 0.0
        self._queue: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timer_numbers = count()
        self._tasks: dict[Task, int] = {}
        self._steps: dict[int, tuple[Task, asyncio.Handle]] = {}
        self._ready_numbers: list[int] = []
        self._names: Counter[str] = Counter()
        self._rounds = 0
        self._made_by = threading.get_ident()

    # ── what others see of a loop ───────────────────────────────────────────

    def time(self) -> float:
        """Return the virtual time, in seconds from the start."""
        return self._now

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Queue a callback; a racing task's step waits until it is chosen."""
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        handle = asyncio.Handle(callback, args, self, context)
        task = _task_of(callback)
        if task is None or context is None or not context.get(RACING, False):
            self._queue.append(handle)
            return handle
        number = self._tasks.setdefault(task, len(self._tasks))
        self._steps[number] = task, handle
        insort(self._ready_numbers, number)
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Queue a callback; refuse other threads, whose moment nobody decides."""
        if threading.get_ident() != self._made_by:
            raise refused(
                "A thread called the event loop of @schedules.", "other threads"
            )
        return self.call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a callback for a virtual time; equal times keep their order."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._timer_numbers), timer))
        return timer

    def create_task(
        self, coro: Any, *, name: object = None, **options: Any
    ) -> asyncio.Task[Any]:
        """Make a task; without a name it gets one that is the same every time."""
        if name is None:
            kind = getattr(coro, "__name__", type(coro).__name__)
            self._names[kind] += 1
            name = f"{kind}-{self._names[kind]}"
        return super().create_task(coro, name=name, **options)

    def end(self) -> None:
        """Count nothing more as part of the schedule: tidying up begins."""
        self._course.end()
        if self._trace is not None:
            self._trace.end()

    # ── how it runs ─────────────────────────────────────────────────────────

    def _run_once(self) -> None:
        """Do one round; asyncio calls this until the loop is stopped."""
        self._count_round()
        if not self._queue and not self._steps:
            self._let_time_pass()
        for _ in range(len(self._queue)):
            self._run(self._queue.popleft())
        if self._steps:
            number = self._course.choose(self._ready_numbers)
            self._ready_numbers.remove(number)
            task, handle = self._steps.pop(number)
            if self._trace is not None:
                self._trace.step(task)
            self._run(handle)

    def _count_round(self) -> None:
        self._rounds += 1
        if self._rounds > _ROUNDS_AT_MOST:
            self._rounds = 0  # the tasks are still to be cancelled
            self.end()
            raise MisuseError(
                f"A schedule did not end in {_ROUNDS_AT_MOST:,} steps.",
                "Some task asks again and again, and time stands still meanwhile.",
                "Wait for an event, or sleep for more than 0 s between two questions.",
            )

    def _run(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled():
            handle._run()  # noqa: SLF001 - this is what loops do with handles

    def _let_time_pass(self) -> None:
        """Go to the next timer, and queue all that are due then."""
        while self._timers and self._timers[0][-1].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            deadlock = self._deadlock()
            self.end()
            raise deadlock
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            self._queue.append(heapq.heappop(self._timers)[-1])

    def _deadlock(self) -> MisuseError:
        tasks = sorted(asyncio.all_tasks(self), key=lambda task: task.get_name())
        waiting = "".join(f"\n  {task.get_name()}  {place(task)}" for task in tasks)
        return MisuseError(
            "Every task waits, and nothing will ever wake one: a deadlock.",
            f"No step is ready and no timer is set. They wait at:{waiting}",
            f"Take locks in one order, or with a time limit. Is it I/O? {REMEDY}",
        )


def _task_of(callback: Callable[..., object]) -> Task | None:
    """Return the task whose step or wake-up a callback is, as asyncio's debugger."""
    task = getattr(callback, "__self__", None)
    stepping = isinstance(task, asyncio.Task) and callback != task.cancel
    return task if stepping else None
