"""The in-memory storage, behind sessions that are wrong."""

from functools import partial

from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.battery.cabinet import CABINET
from unitwork.testing.conformance.sabotage.bug import Wrong


def behind(kind: type[Wrong]) -> InMemoryDatabase:
    database = InMemoryDatabase(CABINET)
    database.interposers = (partial(kind, database, {}),)
    return database
