"""Positive controls: histories in which the checker must find an anomaly, for certain.

The units of each are interleaved by the order of the lines, in one task: nothing here
depends on time. A history in which a unit failed is one that the storage prevented.
"""

from unitwork.adapters.making import IsolationName
from unitwork.adapters.storage import AbstractDatabase
from unitwork.testing.conformance.histories.history import History
from unitwork.testing.conformance.histories.recording import Recorder
from unitwork.testing.conformance.histories.weakened import Weakened


async def lost_update(
    database: AbstractDatabase, level: IsolationName, *, versions: bool = False
) -> History:
    """Append to one log from two units that read the same version of it.

    Args:
        database: with the schema `LEDGER`; each control wants a fresh one.
        level: the isolation of the units.
        versions: whether storage guards them; without, the first append is lost.
    """
    recorder = Recorder(Weakened(database, versions=versions, reads=versions), level)
    async with recorder.unit() as first:
        await first.append("x", 1)
        await first.commit()
    async with recorder.unit() as one, recorder.unit() as two:
        await one.append("x", 2)
        await two.append("x", 3)
        await one.commit()
        await two.commit()
    async with recorder.unit() as last:
        await last.read("x")
        await last.commit()
    return recorder.history()


async def write_skew(
    database: AbstractDatabase, level: IsolationName, *, reads: bool = True
) -> History:
    """Append to two logs from two units, each of which has read the other's.

    Args:
        database: with the schema `LEDGER`; each control wants a fresh one.
        level: the isolation of the units.
        reads: whether storage reads again what a serializable unit read.
    """
    recorder = Recorder(Weakened(database, reads=reads), level)
    async with recorder.unit() as one, recorder.unit() as two:
        await one.read("x")
        await one.append("y", 1)
        await two.read("y")
        await two.append("x", 2)
        await one.commit()
        await two.commit()
    async with recorder.unit() as last:
        await last.read("x")
        await last.read("y")
        await last.commit()
    return recorder.history()


async def skew_by_phantoms(
    database: AbstractDatabase, level: IsolationName, *, reads: bool = True
) -> History:
    """Find a group empty in two units, and put a member in from each.

    Args:
        database: with the schema `LEDGER`; each control wants a fresh one.
        level: the isolation of the units.
        reads: whether storage runs a serializable unit's queries again.
    """
    recorder = Recorder(Weakened(database, reads=reads), level)
    async with recorder.unit() as one, recorder.unit() as two:
        for unit, member in ((one, 1), (two, 2)):
            await unit.list("room 7")
            unit.join("room 7", member)
        await one.commit()
        await two.commit()
    return recorder.history()


async def read_skew(
    database: AbstractDatabase, level: IsolationName, *, snapshots: bool = True
) -> History:
    """Read one log before, and another one after a unit that appends to both.

    Args:
        database: with the schema `LEDGER`; each control wants a fresh one.
        level: the isolation of the units.
        snapshots: whether storage reads a snapshot unit's logs at one moment.
    """
    recorder = Recorder(Weakened(database, snapshots=snapshots), level)
    async with recorder.unit() as reader:
        await reader.read("x")
        async with recorder.unit() as writer:
            await writer.append("x", 1)
            await writer.append("y", 2)
            await writer.commit()
        await reader.read("y")
        await reader.commit()
    async with recorder.unit() as last:
        await last.read("x")
        await last.commit()
    return recorder.history()
