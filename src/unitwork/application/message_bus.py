"""Who is told of what: handlers of commands, and of events before and after commits.

Contract: 35, 36. Source: Message Bus (Percival, Gregory); Domain Event (Evans, Fowler).
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, Self, TypeVar, dataclass_transform

import attrs

from unitwork.domain.definition import define
from unitwork.domain.errors import MisuseError
from unitwork.domain.event import DomainEvent

R = TypeVar("R")
E = TypeVar("E", bound=DomainEvent)
C = TypeVar("C", bound="Command[Any]")
Handler = Callable[[Any, Any], Awaitable[Any]]
"""Is given a unit of work, and a message."""


@dataclass_transform(frozen_default=True)
class Command(Generic[R]):
    """Derive from it to name what somebody wants done, as an imperative.

    `class Allocate(Command[str])` is answered by a str. A subclass is a frozen attrs
    class, compared by value.
    """

    def __init_subclass__(cls, *, kw_only: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        define(cls, attrs.frozen, slots=False, kw_only=kw_only)


class MessageBus:
    """Know the handlers; hand it to the database object whose units shall tell them.

        bus = MessageBus().before_commit(OutOfStock, order_more)
        bus.after_commit(Allocated, send_mail).command(Allocate, allocate)
        database = SqlAlchemyDatabase(schema, url, bus=bus)

    A handler of a class hears of its subclasses, too.
    """

    def __init__(self) -> None:
        """Know none."""
        self._before: dict[type, list[Handler]] = {}
        self._after: dict[type, list[Handler]] = {}
        self._commands: dict[type, Handler] = {}

    def before_commit(
        self, event: type[E], handler: Callable[[Any, E], Awaitable[object]]
    ) -> Self:
        """Let a handler take part in each unit that records such an event.

        It is given that unit, in a nested block that is committed when it returns; what
        it raises passes through the unit's commit, and nothing is stored.

        Raises:
            MisuseError: the first is no class of events, or the second no function.
        """
        _check("before_commit", DomainEvent, event, handler)
        self._before.setdefault(event, []).append(handler)
        return self

    def after_commit(
        self, event: type[E], handler: Callable[[Any, E], Awaitable[object]]
    ) -> Self:
        """Let a handler run for each such event that was committed.

        It is given a unit of its own, lent as by a Runner, with retries. It runs beside
        the caller; `settle()` and `dispose()` of the database object wait for it. What
        it raises is logged, and changes nothing of what was committed. It does not run
        if the process ends before: what must arrive is a message of an outbox.

        Raises:
            MisuseError: as `before_commit` does.
        """
        _check("after_commit", DomainEvent, event, handler)
        self._after.setdefault(event, []).append(handler)
        return self

    def command(
        self, command: type[C], handler: Callable[[Any, C], Awaitable[Any]]
    ) -> Self:
        """Let a handler answer such commands.

        Raises:
            MisuseError: there is one already; or as `before_commit` does.
        """
        _check("command", Command, command, handler)
        if command in self._commands:
            raise MisuseError(
                f"{command.__name__} has a handler already.",
                "A command is done by one handler; events are told to many.",
                "Leave one of them out, or make it an event.",
            )
        self._commands[command] = handler
        return self

    async def handle(self, uow: Any, command: Command[R]) -> R:
        """Hand a unit and a command to its handler; this is an operation.

        As in `await runner.run(bus.handle, Allocate("order-1", "LAMP", 2))`.

        Raises:
            MisuseError: no handler is known.
        """
        handler = self._commands.get(type(command))
        if handler is None:
            known = ", ".join(kind.__name__ for kind in self._commands) or "none"
            raise MisuseError(
                f"No handler is known for {command!r}.",
                f"Commands with a handler: {known}.",
                f"Add it: bus.command({type(command).__name__}, handler).",
            )
        answer: R = await handler(uow, command)
        return answer

    def before(self, event: DomainEvent) -> Iterator[Handler]:
        """Go through the handlers of an event that is about to be committed."""
        return _of(self._before, event)

    def after(self, event: DomainEvent) -> Iterator[Handler]:
        """Go through the handlers of an event that was committed."""
        return _of(self._after, event)


def checked_bus(given: object) -> MessageBus | None:
    """Return what a database object was given as its bus.

    Raises:
        MisuseError: it is none.
    """
    if given is None or isinstance(given, MessageBus):
        return given
    raise MisuseError(
        f"bus={given!r} is no message bus.",
        "A database object tells it of the events of its units.",
        "Write bus=MessageBus().before_commit(OutOfStock, order_more).",
    )


def _check(method: str, base: type, kind: object, handler: object) -> None:
    name = getattr(kind, "__name__", repr(kind))
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise MisuseError(
            f"bus.{method}({name}, ...) does not name a subclass of {base.__name__}.",
            "Handlers are found by the class of the message.",
            f"Write class Name({base.__name__}), and name that class first.",
        )
    if not callable(handler):
        raise MisuseError(
            f"bus.{method}({name}, {handler!r}) does not name a handler.",
            "A handler is an async function of a unit of work and the message.",
            "Write async def handler(uow, message), and hand over the function.",
        )


def _of(handlers: dict[type, list[Handler]], event: DomainEvent) -> Iterator[Handler]:
    for kind in type(event).__mro__:
        yield from handlers.get(kind, ())
