"""Random programs of several units do what the model of the contract says."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.capabilities import Capabilities
from unitwork.testing.conformance.coverage import Coverage
from unitwork.testing.conformance.generator import generate
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.printing import as_python
from unitwork.testing.conformance.runner import emptied, run_programs

PROGRAMS, BLOCKS = 100, 2
_REFUSED = "ReferenceViolationError"


@pytest.mark.parametrize("block", range(BLOCKS))
async def test_programs(storage: Adapter, warehouse: MakeUnit, block: int) -> None:
    """Contract 2, 12, 16, 18, 20, 22, 23, 26: 100 programs; none passes for nothing."""
    can = storage.capabilities
    seeds, coverage = islice(_seeds(can, block), PROGRAMS), Coverage()
    async for progress in run_programs(emptied(warehouse), seeds, levels=can.levels):
        found = progress.difference
        assert found is None, f"{found}\n\n{as_python(found.program)}"
        coverage = progress.coverage
    assert coverage.programs == PROGRAMS
    if can.references:
        coverage.check()


def _seeds(can: Capabilities, block: int) -> Iterator[int]:
    """Give seeds, no block those of another; of programs that the storage can run."""
    for seed in count(block * 100_000):
        if can.references or _REFUSED not in _met(seed, can):
            yield seed


def _met(seed: int, can: Capabilities) -> set[str]:
    return {kind for kind, _ in generate(seed, levels=can.levels).met}
