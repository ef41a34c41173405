"""What a snapshot unit may lock, and when."""

import pytest

from unitwork.adapters.making import IsolationName
from unitwork.domain.errors import (
    ConcurrencyConflictError,
    MisuseError,
    PersistenceError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.storage_errors import StorageBusyError
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Shop

NEEDS = ["locks"]

LATER: list[IsolationName] = ["snapshot", "serializable"]


@pytest.mark.parametrize("level", LATER)
async def test_a_snapshot_unit_locks_before_its_first_read_or_not_at_all(
    shop: Shop, level: IsolationName
) -> None:
    """Contract 21: an older snapshot would not show what the lock protects."""
    await shop.put(x=10, y=20)
    async with shop.unit(level) as uow:
        await uow.counters.count()
        with pytest.raises(MisuseError, match="after it had read"):
            await uow.counters.get("x", lock=True)
    async with shop.unit(level) as uow:
        (await uow.counters.get("x", lock=True)).value = 11
        assert (await uow.counters.get("y", lock=True)).value == 20
        assert await uow.counters.count(Counter.value == 11) == 1
        with pytest.raises(MisuseError, match="after it had read"):
            await uow.counters.find("z", lock=True)
        await uow.commit()

    assert await shop.counters() == {"x": 11, "y": 20}


@needs("snapshot")
async def test_a_later_lock_is_of_the_same_snapshot_as_the_first_one_or_conflicts(
    hasty_shop: Shop,
) -> None:
    """Contract 21: what a snapshot unit locks is not newer than its snapshot."""
    async with hasty_shop.unit("snapshot") as uow:
        await uow.counters.get("x", lock=True)
        try:
            await hasty_shop.put(y=21)
        except StorageBusyError:  # one lock is all the database has
            assert (await uow.counters.get("y", lock=True)).value == 20
        else:
            with pytest.raises(ConcurrencyConflictError):
                await uow.counters.get("y", lock=True)


@needs("serializable")
async def test_a_locked_key_that_nobody_had_is_kept_free_for_a_serializable_unit(
    hasty_shop: Shop,
) -> None:
    """Contract 18, 21: of two that add what the other found missing, one is refused."""
    failed = []
    async with (
        hasty_shop.unit("serializable") as one,
        hasty_shop.unit("serializable") as two,
    ):
        assert await two.counters.find("a") is None
        assert await one.counters.find("b", lock=True) is None
        one.counters.add(Counter(name="a"))
        two.counters.add(Counter(name="b"))
        for uow in (two, one):
            try:
                await uow.commit()
            except PersistenceError as error:
                failed.append(error)

    [refused] = failed
    assert refused.retryable
    assert refused.outcome is Outcome.ROLLED_BACK


@needs("raw")
@pytest.mark.parametrize("hatch", ["connection", "session"])
@pytest.mark.parametrize("level", LATER)
async def test_a_snapshot_unit_opens_the_raw_hatch_before_its_first_read_or_not_at_all(
    shop: Shop, level: IsolationName, hatch: str
) -> None:
    """Contract 21: the raw transaction would not see the unit's snapshot."""
    await shop.put(x=10)
    async with shop.unit(level) as uow:
        await uow.counters.count()
        with pytest.raises(MisuseError, match="after it had read"):
            await getattr(uow, hatch)()
    async with shop.unit(level) as uow:
        await getattr(uow, hatch)()
        (await uow.counters.get("x")).value = 11
        await uow.commit()

    assert await shop.counters() == {"x": 11}
