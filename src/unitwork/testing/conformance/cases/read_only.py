"""A read-only unit changes nothing."""

import pytest

from unitwork.domain.errors import ReadOnlyError
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.shop import Counter, Shop


async def test_a_read_only_unit_refuses_changes_at_commit(
    shop: Shop, calls: list[str]
) -> None:
    """Contract 11: what was changed, added and removed is named; nothing is sent."""
    await shop.store(Counter(name="a"), Counter(name="c"))
    calls.clear()
    async with shop.unit(read_only=True) as uow:
        (await uow.counters.get("a")).value = 1
        uow.counters.add(Counter(name="b"))
        uow.counters.remove(await uow.counters.get("c"))
        with pytest.raises(ReadOnlyError) as refused:
            await uow.commit()
    assert sorted(refused.value.changes) == [
        "added Counter 'b'",
        "changed Counter 'a'",
        "removed Counter 'c'",
    ]
    assert (uow.outcome, calls) == (Outcome.ROLLED_BACK, ["load", "load"])


async def test_a_read_only_unit_reads_and_commits(shop: Shop) -> None:
    """Contract 11: without changes it is a unit like any other."""
    await shop.store(Counter(name="a", value=3))
    async with shop.unit(read_only=True) as uow:
        assert (await uow.counters.get("a")).value == 3
        assert await uow.counters.count() == 1
        await uow.commit()
    assert uow.outcome is Outcome.COMMITTED
