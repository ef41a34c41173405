"""Values: what comes back as it was, what is refused, and how it compares.

Numbers in docstrings are rows of the table of what engines do when nobody normalises.
"""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_UP, Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.samples import (
    CANONICAL,
    REFUSED,
    TEXTS,
    VALUES,
    Color,
    Label,
    Sample,
    Samples,
    open_samples,
)
from unitwork import InvalidValueError, JsonValue, UncommittedChangesError, all_of

if TYPE_CHECKING:
    from tests.storages import Storage
    from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork

UNORDERED = {"color", "facts"}
AMBIGUOUS = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""It comes twice that night: `fold` tells which."""


@pytest.fixture
async def samples(storage: "Storage") -> AsyncIterator[Samples]:
    """An empty database of samples, on each storage in turn."""
    async with open_samples(storage) as opened:
        yield opened


def same(found: Any, meant: Any) -> bool:
    """Tell whether two values are equal, of one type, and written alike."""
    return type(found) is type(meant) and repr(found) == repr(meant)


async def test_every_value_comes_back_as_it_was(samples: Samples) -> None:
    """Contract 24: 22, 26, 33, 37, 40, 44, 46, 49, 52, 54, 58: every type's edges."""
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


async def test_a_value_is_found_by_itself_and_by_no_other(samples: Samples) -> None:
    """Contract 24: 4, 5, 7, 13, 14, 35, 51, 58: equal is what Python calls equal."""
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


async def test_values_are_ordered_as_python_orders_them(samples: Samples) -> None:
    """Contract 24: 12, 55: text by code point, bytes by byte, numbers by size."""
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
async def test_equal_values_come_back_in_one_form(samples: Samples, name: str) -> None:
    """Contract 24: 31, 38, 41, 42, 47: a scale, one zero, UTC, sorted JSON keys."""
    for value, canonical in CANONICAL[name]:
        found = await samples.kept(name, value)
        assert same(found, canonical), value
        assert found == value
        async with samples.unit() as uow:
            assert await uow.samples.exists(getattr(Sample, name) == value), value


async def test_negative_zero_is_zero(samples: Samples) -> None:
    """Contract 24: 38: it has no sign when it comes back, and it is no change."""
    assert math.copysign(1, await samples.kept("ratio", -0.0)) == 1.0
    async with samples.unit() as uow:
        sample = await uow.samples.get(0)
        before = uow.version_of(sample)
        sample.ratio = -0.0
        await uow.commit()
        assert uow.version_of(sample) == before


@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_storage_would_change_is_refused_before_it_is_asked(
    samples: Samples, name: str
) -> None:
    """Contract 24: 19-21, 23-30, 32, 34, 36, 43, 45, 47, 49, 50, 53, 54, 56, 57."""
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


async def test_texts_that_look_alike_are_different_unique_values(
    samples: Samples,
) -> None:
    """Contract 24: 1-5: case, accents, blanks and forms count; None never clashes."""
    alike = [text for text in TEXTS if len(text) < 255]
    await samples.store(
        *(Sample(id=number, unique=text) for number, text in enumerate(alike)),
        *(Sample(id=-number, unique=None) for number in (1, 2)),
    )
    async with samples.unit() as uow:
        for number, text in enumerate(alike):
            [found] = await uow.samples.matching(Sample.unique == text)
            assert (found.id, found.unique) == (number, text)


async def test_texts_that_look_alike_are_different_keys(samples: Samples) -> None:
    """Contract 24: 2-5, 13, 14: of aggregates, and of what they hold in dict or set."""
    alike = [text for text in TEXTS if len(text) < 255]
    full = Label(name="full", notes={t: t for t in alike}, marks=set(alike))
    await samples.store(full, *(Label(name=text) for text in alike))
    async with samples.unit() as uow:
        for text in alike:
            assert (await uow.labels.get(text)).name == text
        found = await uow.labels.get("full")
        assert found.marks == set(alike)
        assert found.notes == {text: text for text in alike}
        for text in alike[:10]:
            found.marks.remove(text)
            del found.notes[text]
        await uow.commit()
    async with samples.unit() as uow:
        found = await uow.labels.get("full")
        assert found.marks == set(found.notes) == set(alike[10:])


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63)])
async def test_any_integer_is_a_key(samples: Samples, number: int) -> None:
    """Contract 24: 61: zero is a key like any other, nobody counts it up."""
    await samples.store(Sample(id=number, text="found"), Sample(id=5))
    async with samples.unit() as uow:
        assert (await uow.samples.get(number)).text == "found"
        assert await uow.samples.find(1) is None


async def test_no_json_is_none_and_json_may_hold_null(samples: Samples) -> None:
    """Contract 24: 48: None in a JSON column is SQL's NULL, inside of it JSON's."""
    await samples.store(
        Sample(id=1), Sample(id=2, facts=[None]), Sample(id=3, facts={"a": None})
    )
    async with samples.unit() as uow:
        missing = await uow.samples.matching(Sample.facts.is_none())
        assert [sample.id for sample in missing] == [1]
        assert (await uow.samples.get(1)).facts is None
        assert (await uow.samples.get(2)).facts == [None]


async def test_json_is_compared_by_what_it_says(samples: Samples) -> None:
    """Contract 24: 51: the order of names is nothing, that of a list is something."""
    await samples.store(
        Sample(id=1, facts={"a": 1, "b": [1, 2]}), Sample(id=2, facts={"a": 1.0})
    )
    cases: list[tuple[JsonValue, int]] = [
        ({"b": [1, 2], "a": 1}, 1),
        ({"b": [2, 1], "a": 1}, 0),
        ({"a": 1}, 0),
        ({"a": 1.0}, 1),
    ]
    async with samples.unit() as uow:
        for facts, count in cases:
            assert await uow.samples.count(Sample.facts == facts) == count, facts


async def test_a_change_inside_json_is_a_change(samples: Samples) -> None:
    """Contract 24: what was loaded is compared as text, so 1 is not 1.0 or True."""
    await samples.store(Sample(id=1, facts={"a": [1]}))
    for value in (1.0, True, [1], 1):
        async with samples.unit() as uow:
            facts: Any = (await uow.samples.get(1)).facts
            facts["a"][0] = value
            await uow.commit()
        async with samples.unit() as uow:
            assert repr((await uow.samples.get(1)).facts) == repr({"a": [value]})


ALIKE: list[tuple[str, Any, Any]] = [
    ("facts", {"a": 1}, {"a": True}),
    ("facts", {"a": [1]}, {"a": [1.0]}),
    ("moment", AMBIGUOUS, AMBIGUOUS.replace(fold=1)),
]
"""Values that Python calls equal, and storage does not."""


@pytest.mark.parametrize(("name", "value", "equal"), ALIKE, ids=repr)
async def test_a_nested_block_puts_back_what_equals_what_it_set(
    samples: Samples, name: str, value: Any, equal: Any
) -> None:
    """Contract 6, 7: an inner block is undone to the outer block's value."""
    await samples.store(Sample(id=1, **{name: value}), Sample(id=2))
    async with samples.unit() as uow:
        for number in (1, 2):
            sample = await uow.samples.get(number)
            setattr(sample, name, value)
            async with uow:
                setattr(sample, name, equal)
                await uow.rollback()
            assert same(getattr(sample, name), value)
            setattr(sample, name, equal)
            async with uow:
                setattr(sample, name, value)
                await uow.rollback()
            assert same(getattr(sample, name), equal)
        await uow.commit()
    async with samples.unit() as uow:
        first, second = [await uow.samples.get(number) for number in (1, 2)]
        assert getattr(first, name) == getattr(second, name)
        meant = equal.astimezone(UTC) if name == "moment" else equal
        assert same(getattr(first, name), meant)


@pytest.mark.parametrize(("name", "value", "equal"), ALIKE, ids=repr)
async def test_what_equals_what_was_flushed_is_stored(
    sql_storage: "Storage", name: str, value: Any, equal: Any
) -> None:
    """Contract 13: a change is one of the state, of what was written before too."""
    async with open_samples(sql_storage) as samples:
        await samples.store(Sample(id=1))
        async with samples.unit() as uow:
            sample = await uow.samples.get(1)
            setattr(sample, name, value)
            await cast("SqlAlchemyUnitOfWork", uow).connection()
            setattr(sample, name, equal)
            await uow.commit()
        async with samples.unit() as uow:
            found = getattr(await uow.samples.get(1), name)
            meant = equal.astimezone(UTC) if name == "moment" else equal
            assert same(found, meant)


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


async def test_a_decimal_sum_is_compared_exactly(samples: Samples) -> None:
    """Contract 24: 35: three times a tenth is three tenths."""
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


async def test_a_moment_is_the_same_from_every_time_zone(samples: Samples) -> None:
    """Contract 24: 41-43: only the moment is kept, in UTC."""
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
