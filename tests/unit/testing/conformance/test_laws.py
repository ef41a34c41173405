"""Laws that any storage keeps, whatever the model says."""

import pytest

from tests.unit.testing.conformance.broken import (
    CountsWhatTheUnitHolds,
    ForgetsReads,
    LosesChildren,
    WritesHalf,
    memory,
)
from unitwork.adapters.memory.session import InMemorySession
from unitwork.testing.conformance.laws import LAWS, BrokenLaw, check_laws


async def broken(kind: type[InMemorySession], seeds: int) -> list[BrokenLaw]:
    return [law async for law in check_laws(memory(kind), range(seeds))]


async def test_the_memory_storage_keeps_every_law() -> None:
    """Contract 2, 12, 13, 18, 20, 22."""
    assert await broken(InMemorySession, 60) == []


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (LosesChildren, "a_key_gives_what_a_query_by_key_gives"),
        (CountsWhatTheUnitHolds, "a_criterion_parts_the_rows"),
        (WritesHalf, "a_failed_commit_leaves_no_trace"),
    ],
)
async def test_a_broken_storage_breaks_a_law(
    kind: type[InMemorySession], law: str
) -> None:
    """No law is one that cannot fail."""
    assert law in {found.law for found in await broken(kind, 20)}


async def test_what_no_law_is_about_is_left_to_the_model() -> None:
    """A phantom is seen by a program, not by an answer against another."""
    assert await broken(ForgetsReads, 20) == []


def test_the_laws_say_what_they_are() -> None:
    """Their names are in reports."""
    assert sorted(LAWS) == [
        "a_criterion_parts_the_rows",
        "a_failed_commit_leaves_no_trace",
        "a_key_gives_what_a_query_by_key_gives",
        "own_writes_are_read_as_they_will_be",
        "who_only_reads_never_conflicts",
    ]
