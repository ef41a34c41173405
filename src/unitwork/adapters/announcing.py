"""Tell whoever listens which events were committed, by any unit of this process.

Contract: 36.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from unitwork.domain.event import DomainEvent

Listener = Callable[[tuple[DomainEvent, ...]], None]
_listeners: list[Listener] = []


def announce(events: tuple[DomainEvent, ...]) -> None:
    """Hand the events of a unit that has just committed to every listener."""
    for listener in tuple(_listeners):
        listener(events)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call a listener at each commit, in the order of the commits.

    Args:
        listener: must not raise: the unit has committed.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
