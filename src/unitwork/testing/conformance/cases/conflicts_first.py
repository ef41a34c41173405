"""A conflict is told before a constraint: whoever retries it sees more."""

import pytest

from unitwork.domain.errors import ConcurrencyConflictError
from unitwork.domain.ids import new_id
from unitwork.testing.conformance.declaring import needs
from unitwork.testing.conformance.shop import Counter, Customer, Order, Shop


async def test_a_conflict_has_precedence_over_a_taken_value(shop: Shop) -> None:
    """Contract 26: who retries loads the new values, and may not clash any more."""
    await shop.store(Order(number="1"), Order(number="2"), Counter(name="x"))
    async with shop.unit() as uow:
        [two] = await uow.orders.matching(Order.number == "2")
        two.number = "1"
        (await uow.counters.get("x")).value = 1
        await shop.put(x=2)
        with pytest.raises(ConcurrencyConflictError) as raised:
            await uow.commit()

    assert (raised.value.aggregate, raised.value.key) == (Counter, "x")


async def test_a_conflict_has_precedence_over_a_missing_target(shop: Shop) -> None:
    """Contract 26: whether what is stale is changed or removed."""
    await shop.put(x=1)
    async with shop.unit() as uow:
        uow.orders.add(Order(number="1", customer=new_id()))
        uow.counters.remove(await uow.counters.get("x"))
        await shop.put(x=2)
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


@needs("serializable")
async def test_what_a_serializable_unit_found_free_and_is_taken_is_a_conflict(
    shop: Shop,
) -> None:
    """Contract 18, 26: its reads come first; a retry will find the value taken."""
    async with shop.unit("serializable") as uow:
        assert not await uow.customers.exists(Customer.email == "a@example.org")
        uow.customers.add(Customer(name="Ann", email="a@example.org"))
        await shop.store(Customer(name="Bob", email="a@example.org"))
        with pytest.raises(ConcurrencyConflictError):
            await uow.commit()


async def test_an_aggregate_removed_and_added_again_by_others_is_a_conflict(
    shop: Shop,
) -> None:
    """Contract 16, 26: the same key and values are not the same version."""
    await shop.put(x=1)
    for kind in ("change", "remove"):
        async with shop.unit() as uow:
            counter = await uow.counters.get("x")
            if kind == "change":
                counter.value = 2
            else:
                uow.counters.remove(counter)
            async with shop.unit() as other:
                other.counters.remove(await other.counters.get("x"))
                await other.commit()
            await shop.put(x=1)
            with pytest.raises(ConcurrencyConflictError):
                await uow.commit()

    assert await shop.counters() == {"x": 1}
