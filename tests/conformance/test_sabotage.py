"""Every seeded bug is found that is not equivalent to what is right."""

from pathlib import Path

import pytest

from unitwork.testing.conformance.campaign.own import InMemory, Sqlite
from unitwork.testing.conformance.campaign.publishing import Results
from unitwork.testing.conformance.sabotage.catalogue import CONTROL, all_bugs, bug_named
from unitwork.testing.conformance.sabotage.hunting import Effort, hunt
from unitwork.testing.conformance.sabotage.suites import hunt_by_cases

USUAL = Effort(programs=600, queries=3_000)
ON_SQL = ["objects/updates-say-what-is-stored"]
"""The fake does not ask what there was before an update."""
BY_CASES = {
    "children/children-are-read-in-turn": "TestGeneratedKeys",
    "constraints/conflicts-are-final": "TestObjectsVersions",
    "generated/keys-grow-from-the-largest": "TestGeneratedKeys",
    "isolation/aggregates-are-torn": "TestStoragePort",
    "loading/the-last-key-is-not-loaded": "TestStoragePort",
    "locks/locks-are-reads": "TestLocks",
    "locks/locks-give-up-at-once": "TestLocks",
    "locks/locks-are-forgotten-by-the-next": "TestLocks",
    "locks/locks-show-old-versions": "TestLocks",
    "locks/locks-outlive-the-session": "TestLocks",
    "locks/waiters-conflict": "TestLocks",
    "objects/foreign-objects-can-be-removed": "TestObjectsIdentity",
    "objects/keys-may-change": "TestObjectsIdentity",
    "scopes/events-of-added-objects-stay": "TestRollback",
    "scopes/events-stay-with-their-objects": "TestRollback",
    "scopes/recorded-events-are-not-undone": "TestUnitLeaving",
    "windows/keyset-is-ignored": "TestStoragePort",
    "windows/keyset-looks-at-the-first-term": "TestStoragePort",
    "write-behind/freed-values-are-not-waited-for": "TestUniqueness",
    "write-behind/removed-objects-have-a-version": "TestObjectsVersions",
}
"""What random programs and queries cannot see, and the section that does."""
STOPPED = ["locks/locks-wait-for-ever", "locks/locks-outlive-the-commit"]
"""Found by their being stopped: it would take a minute here."""
RAW = ["objects/removals-of-new-objects-are-written"]
"""Only in a raw transaction."""
EQUIVALENT = [name for name, bug in all_bugs().items() if bug.survives]
AT_RANDOM = sorted(
    all_bugs().keys() - {*BY_CASES, *STOPPED, *RAW, *ON_SQL, *EQUIVALENT}
)
PAGE = Path(__file__).parents[2] / "docs/conformance.json"
PUBLISHED = {
    f"{row.family}/{row.bug}": row
    for row in Results.from_json(PAGE.read_text("utf-8")).bugs
}
STORAGES = "tests/conformance/test_storages.py"
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("name", AT_RANDOM)
async def test_a_bug_is_found_at_random(name: str) -> None:
    """On the fake, by what the published page says: programs, queries, histories."""
    said = PUBLISHED[name].killed_by
    assert said is not None
    kill = await hunt(InMemory(), bug_named(name), USUAL, first=said)
    assert kill is not None
    assert kill.by == said


@pytest.mark.parametrize("name", ON_SQL)
async def test_a_bug_is_found_at_random_on_sql(name: str) -> None:
    """By programs on SQLite."""
    with Sqlite.opened() as sqlite:
        assert await hunt(sqlite, bug_named(name), USUAL) is not None


@pytest.mark.parametrize(("name", "section"), BY_CASES.items())
def test_a_bug_is_found_by_a_case(name: str, section: str) -> None:
    """One of a section of the suite, on the fake."""
    suite = f"{STORAGES}::TestInMemory::{section}"
    assert hunt_by_cases(suite, bug_named(name)) is not None


@pytest.mark.parametrize("name", RAW)
def test_a_bug_is_found_in_a_raw_transaction(name: str) -> None:
    """By a case on SQLite."""
    suite = f"{STORAGES}::TestSqlite::TestRaw"
    assert hunt_by_cases(suite, bug_named(name)) is not None


@pytest.mark.parametrize("name", EQUIVALENT)
async def test_an_equivalent_bug_is_not_found(name: str) -> None:
    """Its reason holds, as far as can be seen."""
    assert await hunt(InMemory(), bug_named(name), USUAL) is None


async def test_nothing_is_found_at_random_where_nothing_is_wrong() -> None:
    """A control, of all that looks."""
    assert await hunt(InMemory(), CONTROL, USUAL) is None


@pytest.mark.parametrize("section", sorted({*BY_CASES.values()}))
def test_nothing_is_found_by_a_case_where_nothing_is_wrong(section: str) -> None:
    """A control, of each section that finds a bug."""
    assert hunt_by_cases(f"{STORAGES}::TestInMemory::{section}", CONTROL) is None
