"""Looking for a seeded bug."""

import asyncio
from contextlib import AbstractContextManager

import pytest

from unitwork.adapters.storage import AbstractDatabase, Query
from unitwork.testing.conformance.campaign.own import InMemory
from unitwork.testing.conformance.sabotage.bug import Bug, Wrong, session_bug
from unitwork.testing.conformance.sabotage.catalogue import CONTROL, bug_named
from unitwork.testing.conformance.sabotage.hunting import Effort, hunt

LITTLE = Effort(programs=40, queries=300, laws=3, transactions=60)


class CountsNeverEnd(Wrong):
    """Waits for ever where it shall count."""

    async def count(self, query: Query) -> int:
        await asyncio.Event().wait()
        return await super().count(query)


async def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A control: what the bugs share is not what is found."""
    assert await hunt(InMemory(), CONTROL, LITTLE) is None


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("commits/nothing-is-written", "programs"),
        ("corruption/float-of-32-bits-loaded", "queries"),
        ("locks/locks-find-nothing", "histories"),
    ],
)
async def test_a_bug_is_found_by_what_can_see_it(name: str, by: str) -> None:
    """Whatever it is that looks first."""
    kill = await hunt(InMemory(), bug_named(name), LITTLE)
    assert kill is not None
    assert kill.by == by
    assert kill.number >= 1
    assert kill.seen


async def test_a_bug_that_waits_for_ever_is_found() -> None:
    """The hunt ends all the same."""
    bug = session_bug("loading", "counts-never-end", CountsNeverEnd)
    kill = await hunt(InMemory(), bug, LITTLE, seconds=0.5)
    assert kill is not None
    assert kill.seen == "no end after 0 seconds"


async def test_a_bug_that_raises_is_found() -> None:
    """Even where nothing of the kit is asked yet."""

    def refusing(database: AbstractDatabase) -> AbstractContextManager[None]:
        raise OSError("no")

    kill = await hunt(InMemory(), Bug("x", "refuses", "Refuses.", refusing), LITTLE)
    assert kill is not None
    assert kill.seen == "OSError: no"
