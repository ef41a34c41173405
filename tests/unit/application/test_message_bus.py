"""Commands, and what a bus refuses; handlers of events are in the kit."""

import pytest

from tests.shop import Counter, ShopUnitOfWork
from unitwork import MisuseError
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
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
