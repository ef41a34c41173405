"""Commands, and what a bus refuses; handlers of events are in the kit."""

from typing import Any

import pytest

from tests.shop import Counter, ShopUnitOfWork
from unitwork import DomainEvent, MisuseError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.application import Command, MessageBus, OperationRecord, Runner


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class Count(Command[int]):
    name: str
    by: int = 1


async def count(uow: ShopUnitOfWork, command: Count) -> int:
    counter = Counter(name=command.name, value=command.by)
    uow.counters.add(counter)
    return counter.value


def test_a_command_is_a_frozen_value() -> None:
    assert Count("a") == Count("a", by=1)
    with pytest.raises(AttributeError):
        Count("a").by = 2  # type: ignore[misc]  # that is the case


async def test_a_command_is_an_operation_with_retries_and_a_key() -> None:
    database = InMemoryDatabase(Schema(Counter, OperationRecord))
    runner = Runner(lambda: InMemoryShop(database)).keyed("once")
    bus = MessageBus().command(Count, count)
    assert await runner.run(bus.handle, Count("a", by=2)) == 2
    assert await runner.run(bus.handle, Count("a", by=2)) == 2


async def test_a_command_without_a_handler_is_refused() -> None:
    bus = MessageBus()
    with pytest.raises(MisuseError) as refused:
        await bus.handle(None, Count("a"))
    assert str(refused.value) == (
        "No handler is known for Count(name='a', by=1).\n"
        "Commands with a handler: none.\n"
        "Add it: bus.command(Count, handler). [misuse]"
    )


def test_a_command_has_one_handler() -> None:
    bus = MessageBus().command(Count, count)
    with pytest.raises(MisuseError, match="Count has a handler already"):
        bus.command(Count, count)


@pytest.mark.parametrize("method", ["before_commit", "after_commit", "command"])
@pytest.mark.parametrize("kind", [int, Count("a"), None, "Count"])
def test_a_handler_of_what_is_no_message_is_refused(method: str, kind: Any) -> None:
    with pytest.raises(MisuseError, match="does not name a subclass of"):
        getattr(MessageBus(), method)(kind, count)


def test_events_and_commands_are_not_mixed_up() -> None:
    bus: Any = MessageBus()
    with pytest.raises(MisuseError) as refused:
        bus.after_commit(Count, count)
    assert str(refused.value) == (
        "bus.after_commit(Count, ...) does not name a subclass of DomainEvent.\n"
        "Handlers are found by the class of the message.\n"
        "Write class Name(DomainEvent), and name that class first. [misuse]"
    )


def test_what_cannot_be_called_is_no_handler() -> None:
    handler: Any = "count"
    with pytest.raises(MisuseError, match="does not name a handler"):
        MessageBus().command(Count, handler)


@pytest.mark.parametrize("bus", [MessageBus, "bus"])
def test_a_database_object_refuses_what_is_no_bus(bus: Any) -> None:
    with pytest.raises(MisuseError, match="is no message bus"):
        InMemoryDatabase(Schema(Counter), bus=bus)
    with pytest.raises(MisuseError, match="is no message bus"):
        SqlAlchemyDatabase(Schema(Counter), "sqlite+aiosqlite://", bus=bus)


class Counted(DomainEvent):
    by: int


async def test_a_handler_that_is_not_async_is_named() -> None:
    def tell(uow: object, event: Counted) -> None:
        """Return nothing that could be awaited."""

    handler: Any = tell
    bus = MessageBus().before_commit(Counted, handler)
    database = InMemoryDatabase(Schema(Counter), bus=bus)
    async with InMemoryShop(database) as uow:
        counter = Counter(name="a")
        uow.counters.add(counter)
        counter.record(Counted(1))
        with pytest.raises(MisuseError, match=r"handler .*tell is no async function"):
            await uow.commit()


async def test_a_hook_that_is_not_async_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook: Any = list
    database = InMemoryDatabase(Schema(Counter))
    async with InMemoryShop(database) as uow:
        uow.after_commit(hook)
        uow.counters.add(Counter(name="a"))
        await uow.commit()
    await database.settle()
    assert "The hook list is no async function." in caplog.text
