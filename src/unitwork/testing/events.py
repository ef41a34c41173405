"""Collect the events of units that committed. Contract: 35, 36."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from unitwork.adapters.announcing import listening
from unitwork.domain.event import DomainEvent

E = TypeVar("E", bound=DomainEvent)


@contextmanager
def published(*kinds: type[E]) -> Iterator[list[E]]:
    """Collect the events that units commit while the block runs.

        with published(Allocated) as events:
            await allocate(uow, "order-1", "LAMP", 2)
        assert events == [Allocated("order-1", "LAMP")]

    Args:
        kinds: only events of these classes, and of classes derived from them.

    Returns:
        A list that grows with each commit: of any unit, on any storage, by any task of
        this process, in the order of the commits and, inside of one, of recording.
        What was rolled back, or whose outcome is unknown, is not in it.
    """
    events: list[E] = []

    def collect(committed: tuple[DomainEvent, ...]) -> None:
        events.extend(event for event in committed if isinstance(event, kinds))

    with listening(collect):
        yield events
