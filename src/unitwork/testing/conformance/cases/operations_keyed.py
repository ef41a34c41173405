"""An operation with a key takes effect once, and everybody gets its result."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from unitwork.adapters.mapping import Schema
from unitwork.application.keys import purge
from unitwork.application.runner import Runner
from unitwork.domain.constraint_errors import UniqueViolationError
from unitwork.domain.errors import (
    DomainError,
    MisuseError,
    UncommittedChangesError,
)
from unitwork.domain.operation_errors import (
    OperationKeyReusedError,
    OperationResultMissingError,
)
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.bank import (
    Account,
    Bank,
    BankUnitOfWork,
    deposit,
    deposit_with_result,
    deposit_without_block,
)
from unitwork.testing.conformance.declaring import fixture

SERVICES = [deposit, deposit_with_result, deposit_without_block]


@fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for results that nobody is about to store."""
    monkeypatch.setattr("unitwork.application.keys.PAUSES", (0,))


@pytest.mark.parametrize("service", SERVICES)
async def test_an_operation_that_is_sent_again_gets_the_stored_result(
    bank: Bank, service: Any
) -> None:
    """Contract 34: whoever committed, and wherever the result was said."""
    runner = bank.runner().keyed("once")
    assert await runner.run(service, "a", 5) == 5
    await deposit(bank.units(), "a", 100)
    assert await runner.run(service, "a", 5) == 5
    assert await bank.balance("a") == 105


@pytest.mark.parametrize("service", SERVICES)
async def test_of_operations_in_flight_at_once_one_takes_effect(
    bank: Bank, service: Any
) -> None:
    """Contract 34: the others get its result."""
    runner = bank.runner().keyed("once")
    results = await asyncio.gather(*(runner.run(service, "a", 5) for _ in range(6)))
    assert (results, await bank.balance("a")) == ([5] * 6, 5)


async def test_operations_with_nothing_in_common_but_the_key_take_effect_once(
    bank: Bank,
) -> None:
    """Contract 34: it is the key that decides, not what they write."""

    async def open_another(uow: BankUnitOfWork) -> str:
        name = f"new-{id(uow)}"
        uow.accounts.add(Account(name=name))
        await asyncio.sleep(0)
        return name

    runner = bank.runner().keyed("open")
    names = await asyncio.gather(*(runner.run(open_another) for _ in range(4)))
    assert (len(set(names)), await bank.accounts()) == (1, 2)


async def test_an_operation_that_meets_its_own_effects_has_succeeded(
    bank: Bank,
) -> None:
    """Contract 34: the key is looked for again when the operation raises."""
    met: list[str] = []

    async def open_b(uow: BankUnitOfWork) -> str:
        async with uow:
            uow.accounts.add(Account(name="b"))
            if not met:  # a twin is faster, after this one has looked for the key
                met.append("twin")
                assert await runner.run(open_b) == "b"
            await uow.commit(result="b")
        return "b"

    runner = bank.runner().keyed("open b")
    assert await runner.run(open_b) == "b"
    assert await bank.accounts() == 2


async def test_a_key_is_refused_for_another_request(bank: Bank) -> None:
    """Contract 34: other arguments, or another operation; nothing is begun."""
    keyed = bank.runner().keyed("once")
    await keyed.run(deposit, "a", 5)
    with pytest.raises(OperationKeyReusedError):
        await keyed.run(deposit, "a", 6)
    with pytest.raises(OperationKeyReusedError):
        await keyed.run(deposit_with_result, "a", 5)
    assert await bank.balance("a") == 5


async def test_an_operation_that_failed_leaves_its_key_free(bank: Bank) -> None:
    """Contract 34: only what took effect is recorded."""

    async def refuse(uow: BankUnitOfWork, name: str) -> int:
        uow.accounts.add(Account(name=name))
        return 1

    keyed = bank.runner().keyed("once")
    with pytest.raises(UniqueViolationError):
        await keyed.run(refuse, "a")
    assert await keyed.run(deposit, "a", 5) == 5


@pytest.mark.usefixtures("impatient")
async def test_a_result_that_was_not_stored_is_missed_and_not_made_up(
    bank: Bank,
) -> None:
    """Contract 34: the process had ended between its commit and the result."""

    async def end_after_commit(uow: BankUnitOfWork) -> int:
        await deposit(uow, "a", 5)
        raise asyncio.CancelledError

    keyed = bank.runner().keyed("once")
    with pytest.raises(asyncio.CancelledError):
        await keyed.run(end_after_commit)
    with pytest.raises(OperationResultMissingError):
        await keyed.run(end_after_commit)
    assert await bank.balance("a") == 5


@pytest.mark.usefixtures("impatient")
async def test_an_operation_with_a_key_may_read_after_its_commit(bank: Bank) -> None:
    """Contract 34: whoever lent the unit has nothing to commit then."""

    async def deposit_and_look(uow: BankUnitOfWork) -> int:
        await deposit(uow, "a", 5)
        return (await uow.accounts.get("a")).balance

    async def deposit_and_change(uow: BankUnitOfWork) -> None:
        await deposit(uow, "a", 5)
        (await uow.accounts.get("a")).balance += 1

    assert await bank.runner().keyed("once").run(deposit_and_look) == 5
    assert await bank.runner().keyed("once").run(deposit_and_look) == 5
    with pytest.raises(UncommittedChangesError):
        await bank.runner().keyed("other").run(deposit_and_change)
    assert await bank.balance("a") == 10


async def test_an_operation_with_a_key_commits_once(bank: Bank) -> None:
    """Contract 34: the second commit would not be covered by the key."""

    async def twice(uow: BankUnitOfWork) -> None:
        await deposit(uow, "a", 5)
        await deposit(uow, "a", 5)

    with pytest.raises(MisuseError, match="about to commit a second time"):
        await bank.runner().keyed("once").run(twice)
    assert await bank.balance("a") == 5


async def test_an_error_after_the_commit_passes_with_a_key_as_well(
    bank: Bank,
) -> None:
    """Contract 4, 34: the operation has taken effect; who repeats it is told so."""

    async def commit_then_fail(uow: BankUnitOfWork) -> int:
        await deposit_with_result(uow, "a", 5)
        raise DomainError("too late")

    keyed = bank.runner().keyed("once")
    with pytest.raises(DomainError, match="too late"):
        await keyed.run(commit_then_fail)
    assert await keyed.run(commit_then_fail) == await bank.balance("a") == 5


async def test_a_key_that_has_expired_stands_for_nothing(bank: Bank) -> None:
    """Contract 34: the operation takes effect again, and keeps its new result."""
    brief = bank.runner().keyed("once", keep=timedelta(microseconds=1))
    assert await brief.run(deposit_with_result, "a", 5) == 5
    assert await bank.runner().keyed("once").run(deposit_with_result, "a", 5) == 10
    assert await brief.run(deposit_with_result, "a", 5) == 10


async def test_purge_removes_what_has_expired_and_nothing_else(bank: Bank) -> None:
    """Contract 34: the table does not grow for ever."""
    keep = timedelta(microseconds=1)
    for key in "abc":
        await bank.runner().keyed(key, keep=keep).run(deposit_with_result, "a", 1)
    await bank.runner().keyed("d").run(deposit_with_result, "a", 1)
    units: Any = bank.units
    assert await purge(units(), limit=2) == 2
    assert await purge(units(), limit=2) == 1
    assert await purge(units()) == 0
    assert await bank.runner().keyed("d").run(deposit_with_result, "a", 1) == 4


async def test_a_schema_without_a_table_for_keys_is_refused(storage: Adapter) -> None:
    """Contract 34: the error says what to add."""
    async with storage.database(Schema(Account)) as database:
        unit = storage.unit(BankUnitOfWork)  # type: ignore[type-abstract]  # a port
        runner = Runner(lambda: unit(database)).keyed("once")
        with pytest.raises(MisuseError, match="no table for operation keys"):
            await runner.run(deposit, "a", 1)
