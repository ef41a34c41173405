"""One unit for each call of a command of one's own. Contract 40."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import click
import pytest
import typer
from click.testing import CliRunner
from typer.testing import CliRunner as TyperRunner

from tests.shop import Counter, ShopUnitOfWork
from unitwork import (
    DomainError,
    MisuseError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import InMemoryDatabase, InMemoryUnitOfWork
from unitwork.application import RetryPolicy, Runner
from unitwork.entrypoints.cli.decorator import unit_of_work
from unitwork.testing import FaultPlan, conflict, lost_reply


class InMemoryShop(InMemoryUnitOfWork, ShopUnitOfWork): ...


class RefusedError(DomainError): ...


class Shop:
    """A database, and what is in it."""

    def __init__(self) -> None:
        self.database = InMemoryDatabase(Schema(Counter))
        self.made = 0

    def unit(self) -> InMemoryShop:
        self.made += 1
        return InMemoryShop(self.database)

    def names(self) -> list[str]:
        async def look(uow: ShopUnitOfWork) -> None:
            found = await uow.counters.matching(Counter.value >= 0)
            names.extend(sorted(counter.name for counter in found))

        names: list[str] = []
        unit_of_work(self.unit)(look)()
        return names


@pytest.fixture
def shop() -> Shop:
    return Shop()


def called(command: Callable[..., Any], *arguments: str) -> tuple[int, str]:
    """Call a command as Click does."""
    made = click.command()(click.argument("name")(command))
    result = CliRunner().invoke(made, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stderr


def test_what_a_command_did_is_committed_when_it_returns(shop: Shop) -> None:
    """Contract 3, 40: use without a block opens the unit, and the decorator ends it."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))

    assert called(add, "a") == (0, "")
    assert called(add, "b") == (0, "")
    assert shop.names() == ["a", "b"]


def test_a_service_that_a_command_calls_commits_by_itself(shop: Shop) -> None:
    """Contract 3, 40: the handle is not open, as in the service's test."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        async with uow:
            uow.counters.add(Counter(name=name))
            await uow.commit()

    assert called(add, "a") == (0, "")
    assert shop.names() == ["a"]


def test_a_refusal_of_the_domain_rolls_back_and_is_told(shop: Shop) -> None:
    """Contract 40: three lines, and the code of what was rolled back."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))
        raise RefusedError("Not today.")

    code, said = called(add, "a")
    assert (code, said.splitlines()[0]) == (1, "RefusedError: Not today.")
    assert shop.names() == []


def test_a_failed_commit_is_told(shop: Shop) -> None:
    """Contract 40: once only, since what a command prints cannot be taken back."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))

    with FaultPlan().at_commit(1, conflict).on(shop.database):
        code, said = called(add, "a")
    assert (code, shop.made) == (1, 1)
    assert "concurrent" in said
    assert shop.names() == []


def test_an_unknown_outcome_has_a_code_of_its_own(shop: Shop) -> None:
    """Contract 40: nobody shall take it for a failure and repeat it blindly."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))

    with FaultPlan().at_commit(1, lost_reply).on(shop.database):
        code, said = called(add, "a")
    assert code == 3
    assert said.startswith("Nobody can tell whether")


def test_what_fails_after_a_commit_has_a_code_of_its_own(shop: Shop) -> None:
    """Contract 40: it is stored, and whoever repeats it shall know."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        async with uow:
            uow.counters.add(Counter(name=name))
            await uow.commit()
        await uow.counters.get("b")

    code, said = called(add, "a")
    assert code == 4
    assert said.endswith("It came after a commit: what was committed is stored.\n")
    assert shop.names() == ["a"]


@pytest.mark.parametrize(
    "error", [click.BadParameter("no"), click.Abort(), KeyError("a"), SystemExit(7)]
)
def test_other_exceptions_roll_back_and_pass(shop: Shop, error: BaseException) -> None:
    """Contract 4, 40: Click's own do what Click says."""

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))
        raise error

    with pytest.raises(type(error)) as raised:
        add("a")
    assert raised.value is error
    assert shop.names() == []


def test_a_runner_does_as_it_is_set(shop: Shop) -> None:
    """Contract 33: who hands over a Runner wants its retries."""
    runner = Runner(shop.unit, retry=RetryPolicy(base_seconds=0))

    @unit_of_work(runner)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))

    with FaultPlan().at_commit(1, conflict).on(shop.database):
        assert called(add, "a") == (0, "")
    assert shop.made == 2


def test_a_unit_is_closed_when_its_command_has_ended(shop: Shop) -> None:
    """Contract 39: whoever has kept it."""
    kept: list[ShopUnitOfWork] = []

    @unit_of_work(shop.unit)
    async def keep(uow: ShopUnitOfWork) -> str:
        kept.append(uow)
        return "done"

    assert keep() == "done"

    @unit_of_work(shop.unit)
    async def use(uow: ShopUnitOfWork) -> None:
        with pytest.raises((UnitOfWorkClosedError, UnitOfWorkNotOpenError)):
            await kept[0].counters.count()

    use()


def test_what_runs_after_the_commit_is_waited_for(shop: Shop) -> None:
    """Contract 35: the process ends when it has run."""
    told: list[str] = []

    async def tell() -> None:
        await asyncio.sleep(0)
        told.append("stored")

    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str) -> None:
        uow.counters.add(Counter(name=name))
        uow.after_commit(tell)

    assert called(add, "a") == (0, "")
    assert told == ["stored"]


def test_typer_sees_a_plain_function_without_the_unit(shop: Shop) -> None:
    """Names, kinds, defaults and help are those of the command."""
    app = typer.Typer()

    @app.command()
    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str, value: int = 1) -> None:
        """Add a counter."""
        uow.counters.add(Counter(name=name, value=value))

    runner = TyperRunner()
    assert runner.invoke(app, ["a", "--value", "3"]).exit_code == 0
    assert shop.names() == ["a"]
    shown = runner.invoke(app, ["--help"]).output
    assert "Add a counter." in shown
    assert "uow" not in shown.lower()
    assert runner.invoke(app, ["a", "--value", "x"]).exit_code == 2


def test_the_signature_is_that_of_the_command(shop: Shop) -> None:
    @unit_of_work(shop.unit)
    async def add(uow: ShopUnitOfWork, name: str, value: "int" = 1) -> None: ...

    assert str(inspect.signature(add)) == "(name: str, value: int = 1) -> None"
    assert add.__name__ == "add"
    assert not inspect.iscoroutinefunction(add)


def test_a_factory_of_something_else_is_wrong_usage(shop: Shop) -> None:
    """Contract 40: nothing was begun."""
    make: Any = lambda: shop  # noqa: E731 - the mistake

    @unit_of_work(make)
    async def add(uow: ShopUnitOfWork, name: str) -> None: ...

    code, said = called(add, "a")
    assert (code, said.splitlines()[0]) == (
        2,
        "The runner's factory made an object of Shop.",
    )


def plain(uow: ShopUnitOfWork) -> None: ...


async def empty() -> None: ...


async def unreadable(uow: ShopUnitOfWork, name: "Missing") -> None: ...  # type: ignore[name-defined]  # noqa: F821 - the mistake


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (plain, "The command plain is no async function."),
        (empty, "The command empty takes no unit of work."),
        (unreadable, "The annotations of unreadable cannot be read"),
    ],
)
def test_mistakes_are_told_when_the_command_is_defined(
    shop: Shop, command: Any, said: str
) -> None:
    with pytest.raises(MisuseError) as mistake:
        unit_of_work(shop.unit)(command)
    assert str(mistake.value).startswith(said)
