"""From the annotations of a port to repositories of an adapter."""

import types
from abc import abstractmethod
from typing import Any

import pytest

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    Key,
    MisuseError,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.memory import (
    InMemoryDatabase,
    InMemoryRepository,
    InMemoryUnitOfWork,
)


class Thing(AggregateRoot):
    id: Key[int]
    size: Field[int]


class Things(AbstractRepository[Thing, int]):
    """A port with a finder on criteria: concrete."""

    async def small(self) -> list[Thing]:
        return await self.matching(Thing.size < 3)


class RawThings(AbstractRepository[Thing, int]):
    """A port with a finder that needs raw SQL: abstract."""

    @abstractmethod
    async def largest(self) -> Thing | None: ...


class InMemoryRawThings(RawThings, InMemoryRepository[Thing, int]):
    async def largest(self) -> Thing | None:
        things = await self.all()
        return max(things, key=lambda thing: thing.size, default=None)


class Port(AbstractUnitOfWork):
    plain: AbstractRepository[Thing, int]
    things: Things
    name: str


class RawPort(AbstractUnitOfWork):
    things: RawThings


class InMemory(InMemoryUnitOfWork, Port): ...


class InMemoryRaw(InMemoryUnitOfWork, RawPort, repositories=[InMemoryRawThings]): ...


async def test_concrete_finders_need_no_adapter_code() -> None:
    """They are domain code on criteria."""
    uow = InMemory(InMemoryDatabase(Schema(Thing)))
    async with uow:
        uow.plain.add(Thing(id=1, size=1))
        uow.things.add(Thing(id=2, size=5))

        assert [thing.id for thing in await uow.things.small()] == [1]
        assert uow.things is uow.things
        await uow.rollback()


async def test_abstract_finders_are_handed_over_as_a_class() -> None:
    """`repositories=[...]`."""
    uow = InMemoryRaw(InMemoryDatabase(Schema(Thing)))
    async with uow:
        for number in range(3):
            uow.things.add(Thing(id=number, size=number))
        largest = await uow.things.largest()
        await uow.rollback()

    assert largest is not None
    assert largest.id == 2


def test_an_unwritten_finder_is_an_error_when_the_class_is_made() -> None:
    """Not when a service first needs it."""
    with pytest.raises(MisuseError) as refused:

        class Unwritten(InMemoryUnitOfWork, RawPort): ...

    assert str(refused.value) == (
        "RawThings.largest of Unwritten.things is not written.\n"
        "It is abstract in the port, and this storage has no code for it.\n"
        "Write a class (RawThings, InMemoryRepository) with largest, and pass it:"
        " class Unwritten(..., repositories=[ThatClass]). [misuse]"
    )


def test_a_repository_class_that_fits_nothing_is_an_error() -> None:
    """It would be forgotten without a word."""
    with pytest.raises(MisuseError) as refused:

        class Surplus(InMemoryUnitOfWork, Port, repositories=[InMemoryRawThings]): ...

    assert str(refused.value) == (
        "repositories=['InMemoryRawThings'] fit nothing in Surplus.\n"
        "A repository class serves the port's annotation that it derives from.\n"
        "Annotate the port with the class's own port, or leave it out. [misuse]"
    )


def test_a_repository_must_say_what_it_holds() -> None:
    """The mapping is found by the aggregate."""

    class Vague(AbstractUnitOfWork):
        things: AbstractRepository  # type: ignore[type-arg]  # what is tested

    with pytest.raises(MisuseError) as refused:

        class InMemoryVague(InMemoryUnitOfWork, Vague): ...

    assert str(refused.value) == (
        "InMemoryVague.things does not say what it holds.\n"
        "A repository is annotated with its aggregate and its key.\n"
        "Write things: AbstractRepository[YourAggregate, YourKey]. [misuse]"
    )


def test_an_annotation_that_cannot_be_resolved_is_an_error() -> None:
    """Hidden under TYPE_CHECKING, for example."""

    class Hidden(AbstractUnitOfWork):
        things: "AbstractRepository[Missing, int]"  # type: ignore[name-defined]  # noqa: F821 - what is tested

    with pytest.raises(MisuseError) as refused:

        class InMemoryHidden(InMemoryUnitOfWork, Hidden): ...

    assert str(refused.value) == (
        "An annotation of Hidden cannot be resolved: name 'Missing' is not defined.\n"
        "Annotations of a port are read at run time, to supply its repositories.\n"
        "Import the name outside of `if TYPE_CHECKING:`; for ruff, set"
        " [tool.ruff.lint.flake8-type-checking] runtime-evaluated-base-classes ="
        ' ["unitwork.AbstractUnitOfWork"]. [misuse]'
    )


async def test_a_port_made_in_a_function_resolves_its_local_names() -> None:
    """As tests do."""

    class Local(AggregateRoot):
        id: Key[int]

    class LocalPort(AbstractUnitOfWork):
        locals: "AbstractRepository[Local, int]"

    class InMemoryLocal(InMemoryUnitOfWork, LocalPort): ...

    uow: Any = InMemoryLocal(InMemoryDatabase(Schema(Local)))
    async with uow:
        uow.locals.add(Local(id=1))
        await uow.commit()


def test_on_the_class_a_repository_shows_what_it_supplies() -> None:
    """For whoever looks."""
    assert vars(InMemory)["things"].aggregate is Thing
    assert InMemory.things is vars(InMemory)["things"]


def test_a_port_of_a_module_of_the_library_is_supplied_too() -> None:
    """Only the core's own classes are no ports: the conformance kit brings one."""
    kit = types.new_class(
        "Kit",
        (AbstractUnitOfWork,),
        exec_body=lambda body: body.update(
            __module__="unitwork.testing.kit",
            __annotations__={"things": AbstractRepository[Thing, int]},
        ),
    )

    joined = types.new_class("InMemoryKit", (InMemoryUnitOfWork, kit))

    assert isinstance(
        joined(InMemoryDatabase(Schema(Thing))).things, InMemoryRepository
    )
