"""Values that one storage or another would change are refused on all of them."""

from decimal import Decimal

import pytest

from unitwork.domain.errors import InvalidValueError, UncommittedChangesError
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.samples import REFUSED, Sample, Samples


@pytest.mark.parametrize("name", REFUSED)
@portable(
    19,
    20,
    21,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    32,
    34,
    36,
    43,
    45,
    47,
    49,
    50,
    53,
    54,
    56,
    57,
)
async def test_what_a_storage_would_change_is_refused_before_it_is_asked(
    samples: Samples, name: str
) -> None:
    """Contract 24: by the core, with the rule; nothing beside it is stored."""
    for number, (value, rule) in enumerate(REFUSED[name]):
        async with samples.unit() as uow:
            uow.samples.add(Sample(id=100 + number, text="beside"))
            uow.samples.add(Sample(id=number, **{name: value}))
            with pytest.raises(InvalidValueError) as raised:
                await uow.commit()
        assert raised.value.attribute == name
        assert raised.value.rule == rule
        assert isinstance(raised.value, ValueError)
    async with samples.unit() as uow:
        assert await uow.samples.count() == 0


@pytest.mark.parametrize("name", REFUSED)
async def test_what_was_refused_in_a_new_aggregate_is_refused_in_a_loaded_one(
    samples: Samples, name: str
) -> None:
    """Contract 24: a loaded aggregate takes no other values than a new one."""
    await samples.store(Sample(id=0))
    for value, rule in REFUSED[name]:
        async with samples.unit() as uow:
            setattr(await uow.samples.get(0), name, value)
            with pytest.raises(InvalidValueError, match=rule[:20]):
                await uow.commit()


async def test_a_value_that_cannot_be_compared_is_refused_and_undone(
    samples: Samples,
) -> None:
    """Contract 4, 7, 24: an sNaN raises whenever it is compared, even to itself."""
    await samples.store(Sample(id=1, price=Decimal(1), tiny=1))
    async with samples.unit() as uow:
        sample = await uow.samples.get(1)
        async with uow:
            sample.price, sample.tiny = Decimal("sNaN"), 2
            async with uow:
                await uow.commit()
            await uow.rollback()
        assert (sample.price, sample.tiny) == (Decimal(1), 1)
        sample.price = Decimal("sNaN")
        with pytest.raises(InvalidValueError, match="It must be finite"):
            await uow.samples.count()
        with pytest.raises(InvalidValueError, match="It must be finite"):
            await uow.samples.exists(Sample.price == Decimal("sNaN"))
        await uow.rollback()
    assert sample.price == Decimal(1)
    async with samples.unit() as uow:
        (await uow.samples.get(1)).price = Decimal("sNaN")
        with pytest.raises(InvalidValueError, match="It must be finite"):
            await uow.commit()


async def test_a_value_that_cannot_be_compared_hides_no_other_error(
    samples: Samples,
) -> None:
    """Contract 4, 5: an exception passes; what nobody committed is named."""
    await samples.store(Sample(id=1, price=Decimal(1)))
    with pytest.raises(KeyError) as passed:
        async with samples.unit() as uow:
            (await uow.samples.get(1)).price = Decimal("sNaN")
            raise KeyError
    assert not getattr(passed.value, "__notes__", [])
    with pytest.raises(UncommittedChangesError, match="changed Sample 1"):
        async with samples.unit() as uow:
            (await uow.samples.get(1)).price = Decimal("sNaN")
