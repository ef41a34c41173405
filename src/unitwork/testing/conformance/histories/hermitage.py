# ruff: noqa: PLR2004 - the numbers are Hermitage's
"""Hermitage's anomalies, one by one: what a unit of each level may meet.

Every case plays two or three units of one level, interleaved by the order of its lines,
on a table of two cells, x = 10 and y = 20. It tells whether the anomaly showed.

Source: Kleppmann, Hermitage: Testing transaction isolation levels; Adya, Weak
Consistency (1999).
"""

from collections.abc import Awaitable, Callable

import attrs

from unitwork.adapters.making import IsolationName
from unitwork.domain.errors import PersistenceError
from unitwork.testing.conformance.histories.cells import Table
from unitwork.testing.conformance.histories.ledger import Cell, LedgerUnit


@attrs.frozen
class Case:
    """One anomaly."""

    anomaly: str
    shown_at: tuple[IsolationName, ...]
    """The levels that the contract lets it show at. Contract: 18."""
    play: Callable[[Table], Awaitable[bool]]
    """Try to make it happen; tell whether it did."""


CASES: list[Case] = []
Play = Callable[[Table], Awaitable[bool]]


def _case(anomaly: str, *shown_at: IsolationName) -> Callable[[Play], Play]:
    def note(play: Play) -> Play:
        CASES.append(Case(anomaly, shown_at, play))
        return play

    return note


async def _value(uow: LedgerUnit, name: str) -> int:
    return (await uow.cells.get(name)).value


async def _committed(uow: LedgerUnit) -> bool:
    """Commit; tell whether storage let it."""
    try:
        await uow.commit()
    except PersistenceError:
        return False
    return True


# ── what no level shows ─────────────────────────────────────────────────────


@_case("G0 dirty write")
async def dirty_write(table: Table) -> bool:
    """Write both cells from two units; one from each would be left."""
    async with table.unit() as one, table.unit() as two:
        for uow, value in ((one, 11), (two, 12)):
            for name in ("x", "y"):
                (await uow.cells.get(name)).value = value
        await _committed(one)
        await _committed(two)
    return len(set((await table.values()).values())) > 1


@_case("G1a aborted read")
async def aborted_read(table: Table) -> bool:
    """Look for a value that another unit wrote, before and after it rolls back."""
    async with table.unit() as one, table.unit() as two:
        (await one.cells.get("x")).value = 101
        before = await two.cells.count(Cell.value == 101)
        await one.rollback()
        after = await two.cells.count(Cell.value == 101)
        return bool(before or after) or await _value(two, "x") == 101


@_case("G1b intermediate read")
async def intermediate_read(table: Table) -> bool:
    """Look at a cell while another unit changes it step by step, and after that."""
    seen = []
    async with table.unit() as one:
        changed = await one.cells.get("x")
        for step in (101, 102, 11):
            changed.value = step
            async with table.unit() as two:
                seen.append(await _value(two, "x"))
        await one.commit()
    async with table.unit() as two:
        seen.append(await _value(two, "x"))
    return bool({101, 102} & set(seen))


@_case("G1c circular information flow")
async def circular_information_flow(table: Table) -> bool:
    """Let each of two units look at what the other one has changed."""
    async with table.unit() as one, table.unit() as two:
        (await one.cells.get("x")).value = 11
        (await two.cells.get("y")).value = 22
        seen = (await _value(one, "y"), await _value(two, "x"))
        await _committed(one)
        await _committed(two)
    return seen == (22, 11)


@_case("OTV observed transaction vanishes")
async def observed_transaction_vanishes(table: Table) -> bool:
    """Read one cell before, and the other one after a unit writes over another's.

    Who has seen the second writer's x must not see the first writer's y after it.
    """
    async with table.unit() as one, table.unit() as two, table.unit() as reader:
        for uow, (x, y) in ((one, (11, 19)), (two, (12, 18))):
            (await uow.cells.get("x")).value = x
            (await uow.cells.get("y")).value = y
        await one.commit()
        x = await _value(reader, "x")
        await _committed(two)
        y = await _value(reader, "y")
    return (x, y) == (12, 19)


@_case("P2 fuzzy read of a loaded aggregate")
async def fuzzy_read(table: Table) -> bool:
    """Read a cell again after another unit has changed it."""
    async with table.unit() as uow:
        first = await _value(uow, "x")
        await table.put(x=11)
        found = await uow.cells.matching(Cell.name == "x")
        return first != found[0].value or first != await _value(uow, "x")


@_case("P4 lost update")
async def lost_update(table: Table) -> bool:
    """Add to one cell from two units that read the same value."""
    added = 0
    async with table.unit() as one, table.unit() as two:
        for uow in (one, two):
            (await uow.cells.get("x")).value += 1
        for uow in (one, two):
            added += await _committed(uow)
    return (await table.values())["x"] != 10 + added


@_case("PMP with a write predicate")
async def many_preceders_of_a_write(table: Table) -> bool:
    """Remove what matches, where another unit makes other cells match meanwhile."""
    async with table.unit() as one, table.unit() as two:
        for cell in await one.cells.matching(Cell.value >= 0):
            cell.value += 10
        for cell in await two.cells.matching(Cell.value == 20):
            two.cells.remove(cell)
        await one.commit()
        removed = await _committed(two)
    return removed and await table.values() != {"y": 30}


# ── what read_committed shows ───────────────────────────────────────────────


@_case("PMP predicate-many-preceders, phantom", "read_committed")
async def phantom(table: Table) -> bool:
    """Query again after another unit has put in what matches."""
    async with table.unit() as uow:
        before = await uow.cells.matching(Cell.value == 30)
        await table.put(z=30)
        return len(before) != len(await uow.cells.matching(Cell.value == 30))


@_case("G-single read skew", "read_committed")
async def read_skew(table: Table) -> bool:
    """Read two cells, one before and one after a unit that changes both."""
    async with table.unit() as uow:
        x = await _value(uow, "x")
        await table.put(x=12, y=18)
        return x + await _value(uow, "y") != 30


@_case("G-single with predicates", "read_committed")
async def read_skew_by_predicates(table: Table) -> bool:
    """Count what a change takes out of one query and puts into the other."""
    async with table.unit() as uow:
        tens = await uow.cells.count(Cell.value == 10)
        await table.put(x=12)
        twelves = await uow.cells.count(Cell.value == 12)
    return tens + twelves != 1


@_case("G-single with a write predicate")
async def read_skew_written(table: Table) -> bool:
    """Remove by a query what a stale read says should be there."""
    async with table.unit() as uow:
        await uow.cells.matching(Cell.value >= 10)
        await table.put(x=12, y=18)
        for cell in await uow.cells.matching(Cell.value == 20):
            uow.cells.remove(cell)
        await _committed(uow)
    return "y" not in await table.values()


# ── what only serializable does not show ────────────────────────────────────


@_case("G2-item write skew", "read_committed", "snapshot")
async def write_skew(table: Table) -> bool:
    """Read both cells in two units, and change another one in each."""
    async with table.unit() as one, table.unit() as two:
        for uow, name in ((one, "x"), (two, "y")):
            await _value(uow, "x")
            await _value(uow, "y")
            (await uow.cells.get(name)).value += 1
        return await _committed(one) and await _committed(two)


@_case("G2 write skew by phantoms", "read_committed", "snapshot")
async def write_skew_by_phantoms(table: Table) -> bool:
    """Find nothing in two units, and add in each what the other one looked for."""
    async with table.unit() as one, table.unit() as two:
        for uow, name in ((one, "a"), (two, "b")):
            await uow.cells.exists(Cell.value == 30)
            uow.cells.add(Cell(name=name, value=30))
        return await _committed(one) and await _committed(two)


@_case("G2 with two edges, the read-only anomaly", "read_committed", "snapshot")
async def read_only_anomaly(table: Table) -> bool:
    """Let a reader see a change that an older unit's commit then ignores.

    The reader puts y's change before the unit that is open, which did not see it.
    Source: Fekete, O'Neil, O'Neil, A Read-Only Transaction Anomaly Under Snapshot
    Isolation (2004).
    """
    async with table.unit() as one:
        await _value(one, "x")
        await _value(one, "y")
        await table.put(y=25)
        async with table.unit(read_only=True) as reader:
            seen = (await _value(reader, "x"), await _value(reader, "y"))
            await reader.commit()
        (await one.cells.get("x")).value = 0
        return await _committed(one) and seen == (10, 25)
