"""One look at an adapter outside of pytest: what it is, or what a file says of it."""

import asyncio
from functools import partial
from pathlib import Path

import attrs

from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.cabinet import CABINET, CabinetUnit
from unitwork.testing.conformance.campaign.state import About
from unitwork.testing.conformance.programs import Program
from unitwork.testing.conformance.replaying import read, replay_case, replay_program
from unitwork.testing.conformance.runner import fresh_warehouse
from unitwork.testing.conformance.warehouse import warehouse_schema


def about(kind: type[Adapter]) -> About:
    """Open a database of an adapter once.

    Raises:
        MissingDatabaseError: there is nothing to reach.
    """
    return asyncio.run(_about(kind))


async def _about(kind: type[Adapter]) -> About:
    with kind.opened() as adapter:
        async with adapter.database(CABINET) as database:
            version = await adapter.version(database)
    return About(version, attrs.asdict(kind.capabilities))


async def replay(kind: type[Adapter], file: Path) -> str | None:
    """Run a file's program or case on an adapter, and say how it differs, if it does.

    Raises:
        MissingDatabaseError: there is nothing to reach.
        MisuseError: the file has neither.
    """
    kept = read(file)
    with kind.opened() as adapter:
        if isinstance(kept, Program):
            async with adapter.database(warehouse_schema()) as database:
                return await replay_program(fresh_warehouse(adapter, database), kept)
        async with adapter.database(CABINET) as database:
            unit = partial(CabinetUnit, database)
            return await replay_case(unit, kept, kind.capabilities.levels)
