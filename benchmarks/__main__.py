"""Time every candidate in turn, several rounds in one run, and print ratios."""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import asgi, candidates, composition, in_memory
from benchmarks.candidates import Unit

MAKERS = (
    candidates.raw_sqlite,
    candidates.unitwork_sqlite,
    candidates.async_session_sqlite,
)


async def seconds(unit: Unit, first: int, number: int) -> float:
    begun = time.perf_counter()
    for each in range(first, first + number):
        await unit(each)
    return (time.perf_counter() - begun) / number


async def on_sqlite(rounds: int, number: int) -> None:
    print(
        "\nSQLite (WAL, NORMAL): microseconds a unit,"
        f" median of {rounds} rounds; x the first"
    )
    async with AsyncExitStack() as open_:
        folder = Path(open_.enter_context(TemporaryDirectory()))
        pairs = [await open_.enter_async_context(make(folder)) for make in MAKERS]
        for kind, name in enumerate(("write unit", "read unit")):
            taken: list[list[float]] = [[] for _ in pairs]
            for turn in range(rounds):
                for pair, into in zip(pairs, taken, strict=True):
                    into.append(await seconds(pair[kind], turn * number, number))
            for make, times in zip(MAKERS, taken, strict=True):
                each = zip(times, taken[0], strict=True)
                ratio = statistics.median(mine / first for mine, first in each)
                median = statistics.median(times) * 1e6
                print(f"  {name:11} {make.__name__:22}{median:9.1f}{ratio:8.1f}x")


async def measure(options: argparse.Namespace) -> None:
    if options.only in (None, "sqlite"):
        await on_sqlite(options.rounds, options.units)
    if options.only in (None, "fakes"):
        await in_memory.beside_fakes(options.rounds * 20)
    if options.only in (None, "scale"):
        await in_memory.at_scale(options.rounds * 20)
    if options.only in (None, "composition"):
        await composition.for_a_request(options.rounds * 20)
    if options.only in (None, "asgi"):
        await asgi.compare(options.rounds * 20)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--units", type=int, default=500, help="units a round")
    kinds = ("sqlite", "fakes", "scale", "composition", "asgi")
    parser.add_argument("--only", choices=kinds)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
