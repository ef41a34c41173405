"""The cases see what is broken; tests/conformance plays them on every storage."""

import pytest

from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories.hermitage import CASES
from unitwork.testing.conformance.histories.phenomena import LEVELS
from unitwork.testing.conformance.histories.verdicts import Verdicts, play_all, promised
from unitwork.testing.conformance.histories.weakened import Weakened

SKEWED_WRITES = {
    "G2-item write skew",
    "G2 write skew by phantoms",
    "G2 with two edges, the read-only anomaly",
}
SKEWED_READS = {
    "PMP predicate-many-preceders, phantom",
    "G-single read skew",
    "G-single with predicates",
}
STALE_WRITES = {
    "P4 lost update",
    "PMP with a write predicate",
    "G-single with a write predicate",
}


def shown(verdicts: Verdicts) -> list[set[str]]:
    """List the anomalies that showed, level by level."""
    return [
        {anomaly for anomaly, at in verdicts.items() if at[level]} for level in LEVELS
    ]


def test_the_contract_lets_a_level_show_what_a_higher_one_does_not() -> None:
    """Contract 18: what each level shows."""
    assert shown(promised()) == [SKEWED_READS | SKEWED_WRITES, SKEWED_WRITES, set()]


def test_every_case_says_what_it_does() -> None:
    """They read as documentation."""
    assert len({case.anomaly for case in CASES}) == len(CASES) == 15
    assert all(case.play.__doc__ for case in CASES)


async def test_a_storage_without_versions_shows_stale_writes(
    database: InMemoryDatabase,
) -> None:
    """Contract 16: versions are what prevents them, at every level."""
    verdicts = await play_all(Weakened(database, versions=False, reads=False))

    assert shown(verdicts) == [
        SKEWED_READS | SKEWED_WRITES | STALE_WRITES,
        SKEWED_WRITES | STALE_WRITES,
        SKEWED_WRITES | STALE_WRITES,
    ]


async def test_a_storage_that_reads_nothing_again_shows_write_skew(
    database: InMemoryDatabase,
) -> None:
    """Contract 18: serializable is a snapshot whose reads are run again."""
    verdicts = await play_all(Weakened(database, reads=False))

    assert shown(verdicts)[2] == SKEWED_WRITES


@pytest.mark.parametrize("number", [1, 2])
async def test_a_storage_without_snapshots_shows_read_skew(
    database: InMemoryDatabase, number: int
) -> None:
    """Contract 18: snapshots are what prevents it."""
    verdicts = await play_all(Weakened(database, snapshots=False))

    assert shown(verdicts)[number] >= SKEWED_READS
