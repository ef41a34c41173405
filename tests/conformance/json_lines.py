"""A storage in a file of JSON lines: an adapter as a third party would write it.

A commit is one line, written and synced before anybody sees it; opening the file
replays its lines. A last line that is torn was never committed, and is cut off. All
rows are in memory, so the file is a journal; one process has it open at a time.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from unitwork import CommitOutcomeUnknownError, ConcurrencyConflictError
from unitwork.adapters.locks import Locks
from unitwork.adapters.mapping import Schema
from unitwork.adapters.mapping.description import AggregateMapping, with_key
from unitwork.adapters.mapping.plain import from_plain, to_plain
from unitwork.adapters.rows import Rows, Snapshot
from unitwork.adapters.storage import (
    AbstractDatabase,
    AbstractStorageSession,
    ChangeSet,
    Delete,
    Insert,
    Isolation,
    Query,
    Record,
    UnitOptions,
    Update,
    Write,
)
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.storage_errors import (
    StorageBusyError,
    StorageCorruptError,
    StorageError,
)
from unitwork.testing import Adapter, Capabilities


class JsonLinesUnitOfWork(TrackingUnitOfWork):
    """Join it with a port: `class JsonLinesStock(JsonLinesUnitOfWork, Stock)`."""


class Journal:
    """The file: whole lines, each of them durable."""

    def __init__(self, path: Path) -> None:
        """Open or make it, and cut a torn line off."""
        self._file = path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise StorageBusyError(f"another process has {path} open") from error
        self._file.seek(0)
        self._found = self._file.read().splitlines(keepends=True)
        if self._found and not self._found[-1].endswith(b"\n"):
            self._found.pop()
        self._size = sum(map(len, self._found))
        self._file.truncate(self._size)
        os.fsync(self._file)
        _sync_folder(path.parent)

    def take_lines(self) -> Iterator[Any]:
        """Give what was there when it was opened, once."""
        found, self._found = self._found, []
        for number, line in enumerate(found, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise StorageCorruptError(f"line {number} is no JSON") from error

    def append(self, content: Any) -> None:
        """Write a line and sync it, or leave the file as it was.

        Raises:
            StorageError: it could not be written.
            CommitOutcomeUnknownError: nor could what was written be taken back.
        """
        line = json.dumps(content, ensure_ascii=False).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError("the line was not written whole")  # noqa: TRY301 - as any other
            os.fsync(self._file)
        except (OSError, ValueError) as error:
            self._take_back(error)
            raise StorageError(str(error)) from error
        self._size += len(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _take_back(self, cause: Exception) -> None:
        try:
            self._file.truncate(self._size)
            os.fsync(self._file)
        except (OSError, ValueError):
            self._file.close()  # nobody shall write behind what may be half a line
            raise CommitOutcomeUnknownError(str(cause)) from cause


class JsonLinesDatabase(AbstractDatabase):
    """One file, open in this process."""

    def __init__(
        self, schema: Schema, path: Path, *, lock_timeout: float = 5.0
    ) -> None:
        """Replay the file's lines.

        Args:
            schema: what is stored.
            path: the file; it is made if it is not there.
            lock_timeout: how long a lock is waited for, in seconds.
        """
        self.schema = schema
        self.rows = Rows(schema.mappings)
        self.locks = Locks(lock_timeout)
        self.journal = Journal(path)
        self._mappings = {each.tables[0].name: each for each in schema.mappings}
        try:
            self._replay()
        except BaseException:
            self.close()
            raise

    def open(self, options: UnitOptions) -> "JsonLinesSession":
        """Begin a session."""
        return JsonLinesSession(self, options)

    def close(self) -> None:
        """Close the file."""
        self.journal.close()

    def _replay(self) -> None:
        for token, *written in self.journal.take_lines():
            writes = tuple(self._again(*each) for each in written)
            self.rows.apply(ChangeSet(token, writes))

    def _again(self, verb: str, name: str, plain: Any) -> Write:
        """Make a write of a line again, from what it finds."""
        mapping = self._mappings[name]
        state = from_plain(mapping, plain)
        found = self.rows.find(mapping, state[0][0][0])
        if found is None:
            return Insert(mapping, state)
        if verb == "delete":
            return Delete(mapping, found.version, found.state)
        return Update(mapping, found.version, found.state, state)


class JsonLinesSession(AbstractStorageSession):
    """Read rows of the present, or of one moment; write through the journal."""

    def __init__(self, database: JsonLinesDatabase, options: UnitOptions) -> None:
        """Read nothing yet."""
        self._rows, self._locks = database.rows, database.locks
        self._journal = database.journal
        self._stands_still = options.isolation is not Isolation.READ_COMMITTED
        self._view: Snapshot | None = None

    async def load(
        self, mapping: AggregateMapping, keys: Sequence[Any]
    ) -> list[Record]:
        """Look the keys up."""
        await self._begin()
        found = (self._rows.find(mapping, key, self._view) for key in keys)
        return [record for record in found if record is not None]

    async def scan(self, query: Query) -> list[Record]:
        """Go through all rows of the class."""
        await self._begin()
        return self._rows.scan(query, self._view)

    async def count(self, query: Query) -> int:
        """Go through all rows of the class."""
        await self._begin()
        return self._rows.count(query, self._view)

    async def exists(self, query: Query) -> bool:
        """Go through the rows of the class, up to the first that matches."""
        await self._begin()
        return self._rows.exists(query, self._view)

    async def lock(self, mapping: AggregateMapping, key: Any) -> Record | None:
        """Wait until nobody else has the key; what is read must be the latest."""
        await self._locks.acquire((mapping, key), self)
        await self._begin()
        latest = self._rows.find(mapping, key)
        if latest is not self._rows.find(mapping, key, self._view):
            raise ConcurrencyConflictError(mapping.aggregate, key)
        return latest

    async def apply(self, changes: ChangeSet) -> Mapping[int, Any]:
        """Wait for locks; then check and write without a pause, the file last."""
        await asyncio.sleep(0)
        for write in changes.guards:
            await self._locks.acquire((write.mapping, write.key), self)
        try:
            for read in changes.reads:
                self._rows.check(read)
            return self._rows.apply(
                changes, keep=lambda made: self._journal.append(_line(changes, made))
            )
        finally:
            self._end()

    async def close(self) -> None:
        """Give the snapshot and the locks back."""
        self._end()

    async def _begin(self) -> None:
        await asyncio.sleep(0)  # others may run, as if this had to wait for a disk
        if self._stands_still and self._view is None:
            self._view = self._rows.open_snapshot()

    def _end(self) -> None:
        if self._view is not None:
            self._rows.close_snapshot(self._view)
            self._view = None
        self._locks.release(self)


def _line(changes: ChangeSet, made: Mapping[int, Any]) -> list[Any]:
    """Write a change set down: its token, and what became of each row."""
    line: list[Any] = [changes.token]
    for number, write in enumerate(changes.writes):
        if isinstance(write, Delete):
            verb, state = "delete", write.before
        else:
            verb, state = "put", with_key(write.after, made.get(number, write.key))
        plain = to_plain(write.mapping, state)
        line.append([verb, write.mapping.tables[0].name, plain])
    return line


def _sync_folder(folder: Path) -> None:
    """Make the file's name as durable as what is in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class JsonLinesAdapter(Adapter):
    """What the suite is handed."""

    unit_of_work = JsonLinesUnitOfWork
    capabilities = Capabilities(raw=False)

    @asynccontextmanager
    async def database(
        self, schema: Schema, *, lock_timeout: float = 5.0
    ) -> AsyncIterator[JsonLinesDatabase]:
        """Make a file in a folder of its own."""
        with TemporaryDirectory(prefix="unitwork-") as folder:
            path = Path(folder, "rows.jsonl")
            database = JsonLinesDatabase(schema, path, lock_timeout=lock_timeout)
            try:
                yield database
            finally:
                database.close()
