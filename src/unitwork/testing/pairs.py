"""Prove that a finder in SQL and its in-memory twin find the same."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from random import Random
from typing import Any

from hypothesis import strategies as st

from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.pair_examples import Example, Fate, Side
from unitwork.testing.pair_search import Search

Maker = st.SearchStrategy[Any] | Callable[[Random], Any]
_MOST_STORED, _MOST_ADDED = 6, 2


async def verified_pair(
    finder: Callable[..., Awaitable[Any]],
    *,
    fake: AbstractUnitOfWork,
    real: AbstractUnitOfWork,
    made: Sequence[Maker],
    ordered: bool = True,
) -> None:
    """Look for data on which a hand-written finder and its twin disagree.

        await verified_pair(
            BatchRepository.emptied,
            fake=InMemoryWarehouse(InMemoryDatabase(schema)),
            real=SqlAlchemyWarehouse(database),
            made=[st.builds(Batch, reference=st.text(max_size=2), ...)],
        )

    Both are asked over the same stored aggregates: by a unit that has changed nothing,
    then by one that has added, changed and removed some. What they return is compared:
    aggregates, in lists or alone, or any values that can be compared.

    Args:
        finder: the method, as the port of the repository declares it.
        fake: a unit that is not open, on an in-memory database.
        real: one that is not open, on a database of the tests: what it has of the
            aggregates' classes is removed.
        made: how to make an aggregate, then how to make each argument of the finder:
            Hypothesis strategies, or functions that are given a `random.Random`. For
            a finder that looks at several classes, one_of(...). Let values clash.
        ordered: whether the order of a list is part of the finder's promise.

    Raises:
        AssertionError: they disagree, shown by an example that Hypothesis has made
            small; or nothing was ever found, so that nothing is proved.

    Cost: four units on each storage for each example; there are as many as
        Hypothesis's profile says, 100 if it says nothing.
    """
    __tracebackhide__ = True  # what disagrees is told by the message
    sides = Side(_tracking(fake), finder), Side(_tracking(real), finder)
    found = 0

    async def compare(example: Example) -> str | None:
        nonlocal found
        difference, anything = await example.compare(*sides, ordered=ordered)
        found += anything
        return difference

    strategies = [_strategy(maker) for maker in made]
    examples = _examples(strategies[0], strategies[1:])
    difference = await Search(compare).smallest(examples)
    if difference is not None:
        raise AssertionError(difference)
    if not found:
        raise AssertionError(
            f"{finder.__qualname__} found nothing, or raised, in every example, and"
            " nothing is proved: make aggregates, and arguments, that it is about."
            + _met(sides[0])
        )


def _met(side: Side) -> str:
    """Tell what was raised, the most frequent first; references want their targets."""
    told = (f"\n  {count} times: {what!r}" for what, count in side.met.most_common())
    return "".join(told)


def _examples(
    aggregate: st.SearchStrategy[Any], arguments: Sequence[st.SearchStrategy[Any]]
) -> st.SearchStrategy[Example]:
    fate = st.one_of(st.sampled_from([Fate.KEPT, Fate.REMOVED]), aggregate)
    return st.builds(  # what comes first is made empty first: simple examples win
        _example,
        added=st.lists(aggregate, max_size=_MOST_ADDED),
        fates=st.lists(fate, max_size=_MOST_STORED),
        stored=st.lists(aggregate, max_size=_MOST_STORED),
        arguments=st.tuples(*arguments),
    )


def _example(
    stored: list[Any], *, fates: list[Any], added: list[Any], arguments: tuple[Any, ...]
) -> Example:
    paired = zip_longest(stored, fates[: len(stored)], fillvalue=Fate.KEPT)
    return Example(list(paired), added, arguments)


def _strategy(maker: Maker) -> st.SearchStrategy[Any]:
    if isinstance(maker, st.SearchStrategy):
        return maker
    return st.randoms(use_true_random=False).map(maker)


def _tracking(uow: AbstractUnitOfWork) -> TrackingUnitOfWork:
    if isinstance(uow, TrackingUnitOfWork):
        return uow
    raise MisuseError(
        f"verified_pair() was given {type(uow).__name__}.",
        "It looks at the unit's schema and repositories, which this class has not.",
        "Give it units of the library's adapters that are not open.",
    )
