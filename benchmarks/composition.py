"""What a request pays for its objects: a service of two parts, and its own unit."""

import warnings
from collections.abc import Awaitable, Callable

import attrs
import dishka
import punq

from benchmarks import in_memory, shop
from benchmarks.shop import InMemoryShop
from unitwork.adapters.memory import InMemoryDatabase
from unitwork.application.bootstrap import Composition

with warnings.catch_warnings(action="ignore"):  # it imports starlette's test client
    import svcs

REQUESTS = 200


class Clock: ...


class Prices: ...


@attrs.frozen
class Service:
    """What a request needs."""

    uow: InMemoryShop
    clock: Clock
    prices: Prices


@attrs.frozen
class Services:
    """The factory of it, which is put together at start."""

    database: InMemoryDatabase
    clock: Clock
    prices: Prices

    def make(self) -> Service:
        return Service(InMemoryShop(self.database), self.clock, self.prices)


def unit(database: InMemoryDatabase) -> InMemoryShop:
    return InMemoryShop(database)


def at_start(database: InMemoryDatabase) -> Callable[[], object]:
    parts = Composition().instance(database).factory(Clock).factory(Prices)
    return parts.factory(Services).start().get(Services).make


def by_punq(database: InMemoryDatabase) -> Callable[[], object]:
    container = punq.Container()
    container.register(InMemoryShop, factory=lambda: unit(database))
    container.register(Clock, instance=Clock())
    container.register(Prices, instance=Prices())
    container.register(Service)
    return lambda: container.resolve(Service)


def by_svcs(database: InMemoryDatabase) -> Callable[[], object]:
    registry = svcs.Registry()
    registry.register_value(InMemoryDatabase, database)
    registry.register_value(Clock, Clock())
    registry.register_value(Prices, Prices())

    def service(services: svcs.Container) -> Service:
        made, *others = services.get(InMemoryDatabase, Clock, Prices)
        return Service(unit(made), *others)

    registry.register_factory(Service, service)

    def request() -> object:
        with svcs.Container(registry) as services:
            return services.get(Service)

    return request


def by_dishka(database: InMemoryDatabase) -> Callable[[], object]:
    provider = dishka.Provider(scope=dishka.Scope.APP)
    provider.provide(lambda: database, provides=InMemoryDatabase)
    provider.provide_all(Clock, Prices)
    provider.provide(unit, scope=dishka.Scope.REQUEST)
    provider.provide(Service, scope=dishka.Scope.REQUEST)
    container = dishka.make_container(provider)

    def request() -> object:
        with container() as services:
            return services.get(Service)

    return request


def awaited(request: Callable[[], object]) -> Callable[[int], Awaitable[None]]:
    async def once(_: int) -> None:
        request()

    return once


async def for_a_request(rounds: int) -> None:
    database = InMemoryDatabase(shop.schema())
    print("\ncomposition: microseconds a request; x the first")
    made = {
        "a factory resolved at start": at_start(database),
        "svcs, a container a request": by_svcs(database),
        "dishka, a container a request": by_dishka(database),
        "punq, resolve a request": by_punq(database),
    }
    requests = {name: (awaited(make), REQUESTS) for name, make in made.items()}
    await in_memory.compare(requests, rounds)
