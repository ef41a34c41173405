"""Values that come back as they were, found and ordered alike everywhere."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_UP, Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unitwork.domain.specification import all_of
from unitwork.testing.conformance.declaring import portable
from unitwork.testing.conformance.samples import (
    CANONICAL,
    VALUES,
    Color,
    Sample,
    Samples,
    same,
)

UNORDERED = {"color", "facts"}


@portable(22, 33, 37, 40, 44, 46, 49, 52, 54)
async def test_every_value_comes_back_as_it_was(samples: Samples) -> None:
    """Contract 24: every type's edges."""
    wrong = []
    given = [(name, value) for name, values in VALUES.items() for value in values]
    await samples.store(
        *(
            Sample(id=number, **{name: value})
            for number, (name, value) in enumerate(given)
        )
    )
    async with samples.unit() as uow:
        found = await uow.samples.matching(all_of())
    for sample, (name, value) in zip(found, given, strict=True):
        if not same(getattr(sample, name), value):
            wrong.append((name, value, getattr(sample, name)))

    assert wrong == []


@portable(7, 13, 14, 58)
async def test_a_value_is_found_by_itself_and_by_no_other(samples: Samples) -> None:
    """Contract 24: equal is what Python calls equal."""
    await _store_all(samples)
    wrong = []
    async with samples.unit() as uow:
        for name, values in VALUES.items():
            path = getattr(Sample, name)
            for value in values:
                equal = [v for v in values if v == value and same(v, value)]
                if await uow.samples.count(path == value) != len(equal):
                    wrong.append((name, value, "=="))
                if await uow.samples.count(path != value) != len(values) - len(equal):
                    wrong.append((name, value, "!="))
            if await uow.samples.count(path.in_(values)) != len(values):
                wrong.append((name, values, "in"))

    assert wrong == []


@portable(12, 55)
async def test_values_are_ordered_as_python_orders_them(samples: Samples) -> None:
    """Contract 24: text by code point, bytes by byte, numbers by size."""
    await _store_all(samples)
    wrong = []
    async with samples.unit() as uow:
        for name in VALUES.keys() - UNORDERED:
            path, values = getattr(Sample, name), sorted(VALUES[name])
            found = await uow.samples.matching(~path.is_none(), order_by=path.asc())
            if [getattr(sample, name) for sample in found] != values:
                wrong.append((name, "asc"))
            middle = values[len(values) // 2]
            smaller = sum(value < middle for value in values)
            if await uow.samples.count(path < middle) != smaller:
                wrong.append((name, "<"))
            if await uow.samples.count(path >= middle) != len(values) - smaller:
                wrong.append((name, ">="))

    assert wrong == []


async def _store_all(samples: Samples) -> None:
    """Store the n-th value of every type in the n-th sample."""
    rows = max(map(len, VALUES.values()))
    await samples.store(
        *(
            Sample(
                id=number,
                **{name: v[number] for name, v in VALUES.items() if number < len(v)},
            )
            for number in range(rows)
        )
    )


@pytest.mark.parametrize("name", CANONICAL)
@portable(31, 38, 41, 42, 47)
async def test_equal_values_come_back_in_one_form(samples: Samples, name: str) -> None:
    """Contract 24: a scale, one zero, UTC, sorted JSON keys."""
    for value, canonical in CANONICAL[name]:
        found = await samples.kept(name, value)
        assert same(found, canonical), value
        assert found == value
        async with samples.unit() as uow:
            assert await uow.samples.exists(getattr(Sample, name) == value), value


@portable(38, 64)
async def test_negative_zero_is_zero(samples: Samples) -> None:
    """Contract 24: it has no sign when it comes back, and it is no change."""
    assert math.copysign(1, await samples.kept("ratio", -0.0)) == 1.0
    async with samples.unit() as uow:
        sample = await uow.samples.get(0)
        before = uow.version_of(sample)
        sample.ratio = -0.0
        await uow.commit()
        assert uow.version_of(sample) == before


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63)])
@portable(61)
async def test_any_integer_is_a_key(samples: Samples, number: int) -> None:
    """Contract 24: zero is a key like any other, nobody counts it up."""
    await samples.store(Sample(id=number, text="found"), Sample(id=5))
    async with samples.unit() as uow:
        assert (await uow.samples.get(number)).text == "found"
        assert await uow.samples.find(1) is None


FINITE = st.floats(allow_nan=False, allow_infinity=False)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)


ANY: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "short": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    "tiny": st.integers(-(2**15), 2**15 - 1),
    "medium": st.integers(-(2**31), 2**31 - 1),
    "whole": st.integers(-(2**63), 2**63 - 1),
    "ratio": FINITE,
    "price": st.decimals(-(10**8) + 1, 10**8 - 1, places=2),
    "exact": st.decimals(-(10**20) + 1, 10**20 - 1, places=10),
    "flag": st.booleans(),
    "moment": st.datetimes(timezones=st.just(UTC)),
    "day": st.dates(),
    "span": st.timedeltas(timedelta(days=-(10**8)), timedelta(days=10**8)),
    "uid": st.uuids(),
    "color": st.sampled_from(Color),
    "raw": st.binary(),
    "facts": JSON,
}


@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.fixed_dictionaries(ANY), min_size=2, max_size=4))
async def test_any_values_come_back_and_are_ordered_alike(
    samples: Samples, given: list[dict[str, Any]]
) -> None:
    """Contract 24: whatever the core lets through, every storage keeps exactly."""
    async with samples.unit() as uow:
        for old in await uow.samples.matching(all_of()):
            uow.samples.remove(old)
        await uow.commit()
    await samples.store(*(Sample(id=n, **values) for n, values in enumerate(given)))
    async with samples.unit() as uow:
        found = await uow.samples.matching(all_of())
        for sample, values in zip(found, given, strict=True):
            for name, value in values.items():
                assert getattr(sample, name) == value
    for name in ANY.keys() - UNORDERED:
        async with samples.unit() as uow:
            path = getattr(Sample, name)
            stored = await uow.samples.matching(all_of(), order_by=path.desc())
            assert [getattr(s, name) for s in stored] == sorted(
                (values[name] for values in given), reverse=True
            )


@portable(35)
async def test_a_decimal_sum_is_compared_exactly(samples: Samples) -> None:
    """Contract 24: three times a tenth is three tenths."""
    await samples.store(Sample(id=1, price=Decimal("0.1") * 3))
    async with samples.unit() as uow:
        assert await uow.samples.count(Sample.price == Decimal("0.3")) == 1
        assert await uow.samples.count(Sample.price <= Decimal("0.29")) == 0


async def test_no_context_of_decimals_rounds_what_is_stored(samples: Samples) -> None:
    """Contract 24: a caller may count with few digits; storage keeps all of them."""
    few = Context(prec=3, rounding=ROUND_UP, Emin=-3, Emax=3, capitals=0)
    for name in ("price", "exact"):
        for value in VALUES[name]:
            with localcontext(few):
                kept = await samples.kept(name, value)
                async with samples.unit() as uow:
                    found = await uow.samples.count(getattr(Sample, name) == value)
            assert same(kept, value)
            assert found == 1


@portable(41, 42, 64)
async def test_a_moment_is_the_same_from_every_time_zone(samples: Samples) -> None:
    """Contract 24: only the moment is kept, in UTC."""
    moment = datetime(2024, 3, 31, 1, 30, 0, 5, tzinfo=UTC)
    await samples.store(Sample(id=1, moment=moment))
    async with samples.unit() as uow:
        for hours in (-12, 0, 2, 14):
            there = moment.astimezone(timezone(timedelta(hours=hours)))
            assert await uow.samples.exists(Sample.moment == there)
        sample = await uow.samples.get(1)
        sample.moment = moment.astimezone(timezone(timedelta(hours=5)))
        before = uow.version_of(sample)
        await uow.commit()
        assert uow.version_of(sample) == before
