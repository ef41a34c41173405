"""Tell handlers of a unit's events: inside of it, and after it. Contract: 35."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from unitwork.adapters.workspace import Hook, Workspace
from unitwork.application.attempts import Attempts
from unitwork.application.hosting import HostedUnitOfWork
from unitwork.application.message_bus import Handler, MessageBus
from unitwork.application.retry import RetryPolicy
from unitwork.domain.errors import MisuseError
from unitwork.domain.event import DomainEvent, recording_order

if TYPE_CHECKING:
    from unitwork.adapters.background import Background

_ROUNDS = 100


async def tell_before(
    bus: MessageBus, unit: HostedUnitOfWork, workspace: Workspace
) -> None:
    """Tell handlers of every event, and of those that they record, and so on.

    Raises:
        MisuseError: that does not end.
        Exception: what a handler raised.
    """
    events, mark = workspace.events(), next(recording_order)
    for _ in range(_ROUNDS):
        for event in events:
            for handler in bus.before(event):
                await _tell(handler, unit, event, workspace)
        events, mark = workspace.events(mark), next(recording_order)
        if not events:
            return
    raise MisuseError(
        f"After {_ROUNDS} rounds, handlers still record events: {events[0]!r}.",
        "Handlers before the commit are told of each other's events, too.",
        "Break the circle; an event that needs no answer is recorded by nobody.",
    )


async def _tell(
    handler: Handler, unit: HostedUnitOfWork, event: DomainEvent, workspace: Workspace
) -> None:
    async with unit:
        await _awaitable("handler", handler, unit, event)
        if workspace.scope.ended is None:
            await unit.commit()


def tell_after(
    bus: MessageBus,
    make: Callable[[], HostedUnitOfWork],
    events: Sequence[DomainEvent],
    background: "Background",
) -> None:
    """Let every handler of what was committed run, in a unit of its own."""
    for event in events:
        for handler in bus.after(event):
            attempts = Attempts(make, _call(handler, event), RetryPolicy())
            background.start(attempts.go(), f"{_name(handler)} of {event!r}")


def run_hooks(hooks: Sequence[Hook], background: "Background") -> None:
    """Let every hook run."""
    for hook in hooks:
        background.start(_hooked(hook), _name(hook))


def _call(
    handler: Handler, event: DomainEvent
) -> Callable[[HostedUnitOfWork], Awaitable[Any]]:
    return lambda unit: handler(unit, event)


async def _hooked(hook: Hook) -> None:
    await _awaitable("hook", hook)


def _awaitable(what: str, given: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    called: Any = given(*args)
    if isawaitable(called):
        return called
    raise MisuseError(
        f"The {what} {_name(given)} is no async function.",
        f"What a {what} returns is awaited.",
        "Write `async def`.",
    )


def _name(handler: Callable[..., Any]) -> str:
    return getattr(handler, "__qualname__", None) or repr(handler)
