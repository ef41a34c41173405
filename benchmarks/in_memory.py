"""The in-memory unit beside deep-copying fakes, and at 1,000 and 1,000,000 stored.

A unit gets an order of three lines by its key, changes a quantity, and commits.
"""

import resource
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks import fakes, shop
from benchmarks.shop import RICH, SMALL, InMemoryShop, Kind
from unitwork.adapters.memory import InMemoryDatabase

Unit = Callable[[int], Awaitable[None]]
FEW, MANY = 1_000, 1_000_000
CHUNK = 10_000
STRIDE = 7_919
"""A prime: keys are taken from all over the store."""


async def seconds(unit: Unit, first: int, number: int) -> float:
    begun = time.perf_counter()
    for each in range(first, first + number):
        await unit(each * STRIDE)
    return (time.perf_counter() - begun) / number


async def ours(kind: Kind, stored: int) -> Unit:
    """This library, with `stored` orders committed by units of its own."""
    database = InMemoryDatabase(shop.schema())
    for first in range(0, stored, CHUNK):
        async with InMemoryShop(database) as uow:
            for number in range(first, min(first + CHUNK, stored)):
                getattr(uow, kind.name).add(kind.make(number))
            await uow.commit()
    keys = [kind.key(number) for number in range(stored)]

    async def unit(number: int) -> None:
        async with InMemoryShop(database) as uow:
            order = await getattr(uow, kind.name).get(keys[number % stored])
            order.lines[1].quantity += 1
            await uow.commit()

    return unit


def fake(kind: Kind, made: Any, stored: int) -> Unit:
    """A fake, with `stored` orders in its dict."""
    keys = [kind.key(number) for number in range(stored)]
    store = {key: kind.plain(number) for number, key in enumerate(keys)}

    async def unit(number: int) -> None:
        async with made(store) as uow:
            order = await uow.get(keys[number % stored])
            order.lines[1].quantity += 1
            await uow.commit()

    return unit


async def compare(units: dict[str, tuple[Unit, int]], rounds: int) -> None:
    """Print each, and its ratio to the first: the best of `rounds` rounds.

    The best, because other processes only ever add to the time.

    Args:
        units: with how many of them make one round.
        rounds: short ones, in each of which all take their turns.
    """
    taken: dict[str, list[float]] = {name: [] for name in units}
    for turn in range(-1, rounds):  # the round before the first is for warming up
        for name, (unit, number) in units.items():
            time_ = await seconds(unit, turn * number, number)
            if turn >= 0:
                taken[name].append(time_)
    first = min(next(iter(taken.values())))
    for name, times in taken.items():
        print(f"  {name:36}{min(times) * 1e6:11.1f}{min(times) / first:9.2f}x")


async def beside_fakes(rounds: int) -> None:
    """Copies of stores go by themselves: what they leave of caches costs the others."""
    for kind in (RICH, SMALL):
        print(f"\nin memory, {kind.name} order: microseconds a unit; x the first")
        unit = {"unitwork": (await ours(kind, FEW), 100)}
        twice = fake(kind, fakes.CopiesTwice, FEW), 30
        thrice = fake(kind, fakes.CopiesThrice, FEW), 20
        copies = {
            "copy out, copy in": twice,
            "copy out, copy to compare, copy in": thrice,
        }
        await compare(unit | copies, rounds)
        stores = {
            f"copy of the store, {stored:,} stored": (
                fake(kind, fakes.CopiesTheStore, stored),
                100 // stored or 1,
            )
            for stored in (10, 100, 1_000)
        }
        await compare(unit | stores, rounds)


async def at_scale(rounds: int) -> None:
    units = {}
    print("\nin memory, small order: microseconds a unit; x the first")
    for stored in (FEW, MANY):
        units[f"unitwork, {stored:,} stored"] = await ours(SMALL, stored), 200
    await compare(units, rounds * 2)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  most memory used by this process: {used:,} MiB")
