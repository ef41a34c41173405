"""Values that look alike, or that Python calls equal, and that are kept apart."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from unitwork.domain.json_value import JsonValue
from unitwork.testing.conformance.declaring import needs, portable
from unitwork.testing.conformance.samples import (
    TEXTS,
    Label,
    Sample,
    Samples,
    same,
)

AMBIGUOUS = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""It comes twice that night: `fold` tells which."""


@portable(1, 2, 3, 4, 5)
async def test_texts_that_look_alike_are_different_unique_values(
    samples: Samples,
) -> None:
    """Contract 24: case, accents, blanks and forms count; None never clashes."""
    alike = [text for text in TEXTS if len(text) < 255]
    await samples.store(
        *(Sample(id=number, unique=text) for number, text in enumerate(alike)),
        *(Sample(id=-number, unique=None) for number in (1, 2)),
    )
    async with samples.unit() as uow:
        for number, text in enumerate(alike):
            [found] = await uow.samples.matching(Sample.unique == text)
            assert (found.id, found.unique) == (number, text)


@portable(13, 14)
async def test_texts_that_look_alike_are_different_keys(samples: Samples) -> None:
    """Contract 24: of aggregates, and of what they hold in dict or set."""
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


@portable(48)
async def test_no_json_is_none_and_json_may_hold_null(samples: Samples) -> None:
    """Contract 24: None in a JSON column is SQL's NULL, inside of it JSON's."""
    await samples.store(
        Sample(id=1), Sample(id=2, facts=[None]), Sample(id=3, facts={"a": None})
    )
    async with samples.unit() as uow:
        missing = await uow.samples.matching(Sample.facts.is_none())
        assert [sample.id for sample in missing] == [1]
        assert (await uow.samples.get(1)).facts is None
        assert (await uow.samples.get(2)).facts == [None]


@portable(51)
async def test_json_is_compared_by_what_it_says(samples: Samples) -> None:
    """Contract 24: the order of names is nothing, that of a list is something."""
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


@needs("raw")
@pytest.mark.parametrize(("name", "value", "equal"), ALIKE, ids=repr)
async def test_what_equals_what_was_flushed_is_stored(
    samples: Samples, name: str, value: Any, equal: Any
) -> None:
    """Contract 13: a change is one of the state, of what was written before too."""
    await samples.store(Sample(id=1))
    async with samples.unit() as uow:
        sample = await uow.samples.get(1)
        setattr(sample, name, value)
        raw: Any = uow
        await raw.connection()
        setattr(sample, name, equal)
        await uow.commit()
    async with samples.unit() as uow:
        found = getattr(await uow.samples.get(1), name)
        meant = equal.astimezone(UTC) if name == "moment" else equal
        assert same(found, meant)
