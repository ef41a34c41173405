"""How much is asked of an adapter, in chunks of seeds, or what a file says instead.

The numbers are options of pytest; the plugin `unitwork.testing.plugin` adds them. A
chunk is a test, so that several processes share a suite evenly.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from unitwork.testing.amounts import PROGRAMS, QUERIES, QUERIES_OF_A_SEED
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.programs import Program
from unitwork.testing.conformance.replaying import read

_PROGRAMS_AT_ONCE, _SEEDS_AT_ONCE = 100, 5


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a case that asks for `programs` or `queries` its chunks."""
    for name, chunks in (("programs", of_programs), ("queries", of_queries)):
        if name in metafunc.fixturenames:
            given = _replayed(metafunc.config, name)
            found = list(chunks(metafunc.config)) if given is None else given
            metafunc.parametrize(name, found, ids=_id)


def of_programs(config: pytest.Config) -> Iterator[range]:
    """Give the seeds of each chunk of programs."""
    number = _option(config, "programs", PROGRAMS)
    return _parts(number, _PROGRAMS_AT_ONCE)


def of_queries(config: pytest.Config) -> Iterator[range]:
    """Give the seeds of each chunk of queries; each has `queries_of_a_seed`."""
    number = _option(config, "queries", QUERIES)
    return _parts(ceil(number / QUERIES_OF_A_SEED), _SEEDS_AT_ONCE)


def queries_of_a_seed(config: pytest.Config) -> int:
    """Return how many questions each seed has: fewer if fewer were wanted at all."""
    return min(_option(config, "queries", QUERIES), QUERIES_OF_A_SEED)


def _option(config: pytest.Config, name: str, default: int) -> int:
    given: int | None = config.getoption(f"conformance_{name}", None)
    return default if given is None else given


def _parts(number: int, size: int) -> Iterator[range]:
    return (range(first, min(first + size, number)) for first in range(0, number, size))


def _replayed(config: pytest.Config, name: str) -> Sequence[Any] | None:
    """Give what the file of `--conformance-replay` has for a case; None: no file."""
    file = config.getoption("conformance_replay", None)
    if file is None:
        return None
    found = read(Path(file))
    wanted = Program if name == "programs" else Case
    if isinstance(found, wanted):
        return [pytest.param(found, id=Path(file).name)]
    reason = f"{file} has no {name} to replay"
    return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]


def _id(chunk: object) -> str | None:
    """Name a chunk by its seeds: 200-399."""
    return f"{chunk[0]}-{chunk[-1]}" if isinstance(chunk, range) else None
