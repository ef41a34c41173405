"""A bug that is seeded on purpose, and the sessions that storage bugs are made of."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias

import attrs

from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
    Insert,
    Isolation,
    Record,
    UnitOptions,
    Update,
    Write,
)
from unitwork.testing.passing import Keys, PassingSession, interposed

Plant: TypeAlias = Callable[[AbstractDatabase], AbstractContextManager[None]]
"""Makes a database wrong while the block runs."""


@attrs.frozen
class Bug:
    """One thing that is wrong."""

    family: str
    name: str
    wrong: str
    """A sentence: what it does."""
    plant: Plant = attrs.field(repr=False, eq=False)
    survives: str = ""
    """Why nothing can see it, if it is equivalent to what is right."""

    def __str__(self) -> str:
        """Name it as the command line takes it: family/name."""
        return f"{self.family}/{self.name}"


class Wrong(PassingSession):
    """A session with a bug, before a right one. The docstring says what is wrong."""

    survives = ""

    def __init__(
        self,
        database: AbstractDatabase,
        kept: dict[Any, Any],
        inner: AbstractStorageSession,
    ) -> None:
        """Stand before `inner`; all sessions of the database share `kept`."""
        super().__init__(inner)
        self.database = database
        self.kept = kept

    @asynccontextmanager
    async def another(
        self, isolation: Isolation = Isolation.READ_COMMITTED
    ) -> AsyncIterator[AbstractStorageSession]:
        """Lend a right session, which sees the latest commit."""
        session = self.database.open(UnitOptions(isolation))
        try:
            yield session
        finally:
            await session.close()

    async def latest(self, write: Write) -> Record | None:
        """Read what is stored now under the key of a write."""
        async with self.another() as session:
            found = await session.load(write.mapping, [write.key])
        return found[0] if found else None

    async def write(self, changes: ChangeSet, *writes: Write) -> Keys:
        """Write something else instead."""
        return await super().apply(attrs.evolve(changes, writes=writes))

    async def one_by_one(self, changes: ChangeSet, *passed: type[Exception]) -> Keys:
        """Commit each write by itself; pass over those that are refused so."""
        made: dict[int, Any] = {}
        for number, write in enumerate(changes.writes):
            only = attrs.evolve(changes, writes=(write,), reads=())
            try:
                async with self.another() as session:
                    keys = await session.apply(only)
            except passed:
                continue
            if 0 in keys:
                made[number] = keys[0]
        return made


def bugs_of(module: ModuleType) -> tuple[Bug, ...]:
    """Collect the bugs of a module: its classes of wrong sessions, and its `BUGS`."""
    family = module.__name__.rpartition(".")[2]
    return (*_classes(module, family), *getattr(module, "BUGS", ()))


def _classes(module: ModuleType, family: str) -> Iterator[Bug]:
    for kind in vars(module).values():
        ours = isinstance(kind, type) and issubclass(kind, Wrong)
        private = getattr(kind, "__name__", "_").startswith("_")
        if ours and not private and kind.__module__ == module.__name__:
            yield session_bug(family, spelled(kind.__name__), kind)


def session_bug(family: str, name: str, kind: type[Wrong]) -> Bug:
    """Make the bug that a class of wrong sessions is."""
    said = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    return Bug(family, name, said, partial(_plant, kind), kind.survives)


def _plant(
    kind: type[Wrong], database: AbstractDatabase
) -> AbstractContextManager[None]:
    return interposed(database, partial(kind, database, {}))


def spelled(name: str) -> str:
    """Spell a class's name: UpdatesAreLost, updates-are-lost."""
    return "-".join(re.findall(r"[A-Z][a-z0-9]*", name)).lower()


def after(write: Write) -> Any:
    """Return the state that a write leaves; None after a removal."""
    return write.after if isinstance(write, Insert | Update) else None
