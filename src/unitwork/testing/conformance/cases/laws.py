"""Two answers of one storage go together."""

import pytest

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.interpreter import MakeUnit
from unitwork.testing.conformance.laws import LAWS, check_laws
from unitwork.testing.conformance.programs import ISOLATIONS
from unitwork.testing.conformance.runner import emptied

REFUSED = "a_failed_commit_leaves_no_trace"


@pytest.mark.parametrize("law", [law for law in LAWS if law != REFUSED])
async def test_laws(storage: Adapter, warehouse: MakeUnit, law: str) -> None:
    """Contract 2, 12, 13, 20, 22: whatever the model says."""
    await judge(storage, warehouse, law)


@needs("references")
async def test_a_failed_commit_leaves_no_trace(
    storage: Adapter, warehouse: MakeUnit
) -> None:
    """Contract 2: it fails by a reference to nothing."""
    await judge(storage, warehouse, REFUSED)


async def judge(storage: Adapter, warehouse: MakeUnit, law: str) -> None:
    """Judge a law by seeds; each of them means one level, to laws that look at it."""
    levels = storage.capabilities.levels
    seeds = [seed for seed in range(9) if ISOLATIONS[seed % 3] in levels]
    fresh = emptied(warehouse)
    assert [broken async for broken in check_laws(fresh, seeds, names=[law])] == []
