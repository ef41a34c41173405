"""Random programs of blocks, savepoints, SQL and changes, against a dict."""

from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.shop import Counter, Shop, open_shop

if TYPE_CHECKING:
    from tests.storages import Storage

INSERT = text("INSERT INTO counter (name, value, version) VALUES (:name, 1, 7)")
PROGRAMS = 25


class _Undone(Exception):  # noqa: N818 - no failure: it leaves a block
    """Leaves a block, or a savepoint."""


class _Program:
    """A random program, and what must be stored in the end."""

    def __init__(self, uow: Any, random: Random) -> None:
        self.uow = uow
        self.random = random
        self.made = 0
        self.said: list[str] = []

    def name(self) -> str:
        self.made += 1
        return f"c{self.made}"

    async def block(self, stored: dict[str, int], depth: int = 0) -> None:
        """Do some steps; change `stored` as they change what is stored."""
        for _ in range(self.random.randint(1, 5)):
            step = self.random.choice([self.act, self.act, self.savepoint, self.nest])
            await step(stored, depth)

    async def act(self, stored: dict[str, int], depth: int) -> None:
        uow, verb = self.uow, self.random.randrange(8)
        self.said.append("  " * depth + f"act {verb}")
        match verb:
            case 0:
                uow.counters.add(added := Counter(name=self.name()))
                stored[added.name] = 0
            case 1:
                held = await uow.counters.get("held")
                held.value = stored["held"] = self.made = self.made + 1
            case 2:
                await uow.counters.get("held", lock=True)
            case 3 | 4:
                await (uow.connection() if verb == 3 else uow.session())
            case 5 | 6:
                handle = await (uow.connection() if verb == 5 else uow.session())
                await handle.execute(INSERT, {"name": (name := self.name())})
                stored[name] = 1
            case _:
                if depth:
                    raise _Undone

    async def nest(self, stored: dict[str, int], depth: int) -> None:
        """Open a block: its changes and its SQL are undone together."""
        inner, keep = dict(stored), self.random.random() < 0.5
        self.said.append("  " * depth + f"block, keep={keep}")
        with suppress(_Undone):
            async with self.uow:
                await self.block(inner, depth + 1)
                await (self.uow.commit() if keep else self.uow.rollback())
            if keep:
                stored.clear()
                stored.update(inner)

    async def savepoint(self, stored: dict[str, int], depth: int) -> None:
        """Let user code open a savepoint: changes of the unit survive its undoing."""
        uow, keep = self.uow, self.random.random() < 0.5
        self.said.append("  " * depth + f"savepoint, keep={keep}")
        handle = await (
            uow.session() if self.random.random() < 0.5 else uow.connection()
        )
        inserted = []
        with suppress(_Undone):
            async with handle.begin_nested():
                for _ in range(2):
                    await (await uow.session()).execute(INSERT, {"name": self.name()})
                    inserted.append(f"c{self.made}")
                    uow.counters.add(added := Counter(name=self.name()))
                    stored[added.name] = 0
                    if self.random.random() < 0.5:
                        await uow.connection()
                if not keep:
                    raise _Undone
            stored.update(dict.fromkeys(inserted, 1))


@pytest.fixture
async def sql_shop(sql_storage: "Storage") -> AsyncIterator[Shop]:
    """A fresh shop on each storage that has SQL."""
    async with open_shop(sql_storage) as opened:
        yield opened


async def test_random_programs_store_what_was_kept(sql_shop: Shop) -> None:
    """Contract 6, 28: whatever opened SQL, where, and how often."""
    for seed in range(PROGRAMS):
        stored = {"held": 0}
        await sql_shop.store(Counter(name="held"))
        uow: Any = sql_shop.unit()
        program = _Program(uow, Random(seed))
        async with uow:
            await program.block(stored)
            await uow.commit()
        said = "\n".join(program.said)
        assert await sql_shop.counters() == stored, f"seed {seed}\n{said}"
        async with uow:
            async for counter in uow.counters.stream():
                uow.counters.remove(counter)
            await uow.commit()
