"""The unit of work that every storage shares: when things may happen."""

import asyncio
import logging
import sys
import warnings
from collections.abc import Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

from unitwork.adapters.announcing import announce
from unitwork.adapters.handling import run_hooks, tell_after, tell_before
from unitwork.adapters.lending import Lending, no_loan, records_mapping
from unitwork.adapters.making import IsolationName, checked_options, no_database
from unitwork.adapters.ports import supply
from unitwork.adapters.repository import TrackingRepository
from unitwork.adapters.storage import AbstractDatabase, UnitOptions
from unitwork.adapters.workspace import Hook, Workspace
from unitwork.application.hosting import HostedUnitOfWork, Terms
from unitwork.application.operations import OperationRecord
from unitwork.domain.errors import (
    PersistenceError,
    UncommittedChangesError,
    UnitOfWorkClosedError,
    UnitOfWorkNotOpenError,
    UsageError,
)
from unitwork.domain.event import DomainEvent
from unitwork.domain.outcome import Outcome
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import UNSTATED

_log = logging.getLogger("unitwork")


class TrackingUnitOfWork(HostedUnitOfWork):
    """Keep the promises of the port, over any storage behind the thin waist.

    Derive an adapter from it by naming `repository`, its kind of repository. A class
    that joins an adapter with a port is given the port's repositories.
    """

    repository: ClassVar[type[TrackingRepository[Any, Any]]] = TrackingRepository
    _workspace: Workspace | None = None
    _last: Workspace | None = None
    _lending: Lending | None = None
    _outcome = Outcome.NEW
    _committed: tuple[DomainEvent, ...] = ()
    _opened_at: tuple[str, int] = "", 0

    def __init_subclass__(
        cls, repositories: Sequence[type[Any]] = (), **options: Any
    ) -> None:
        """Supply the repositories that the port's annotations name."""
        super().__init_subclass__(**options)
        supply(cls, repositories)

    def __init__(
        self,
        database: AbstractDatabase,
        *,
        isolation: IsolationName = "read_committed",
        read_only: bool = False,
    ) -> None:
        """Make a handle that is not open; touches no storage.

        Args:
            database: where its aggregates are stored.
            isolation: what it sees of other units while it is open (contract 18).
            read_only: refuse to write, here and in the database (contract 11).
        """
        if not isinstance(database, AbstractDatabase):
            raise no_database(type(self), database)
        self.database = database
        self._options = checked_options(isolation, read_only=read_only)

    async def __aenter__(self) -> Self:
        """Open a unit, or a nested scope of the open one."""
        if self._workspace is not None:
            await self.open_workspace().enter()
            return self
        self._open()
        return self

    def _open(self) -> Workspace:
        """Open a unit; its caller's caller is told as the place."""
        if self._lending is not None and self._lending.concluded:
            raise self._closed()
        opened = Workspace(self.database, self._options)
        self._workspace = self._last = opened
        self._outcome, self._committed = Outcome.ACTIVE, ()
        self._opened_at = _caller()
        return opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Roll back what was not committed; an exception passes unchanged."""
        workspace = self._workspace
        if workspace is None:
            if error is not None:
                return
            workspace = self._require_open()
        if workspace.ownership.take():
            await workspace.ownership.settle()
            if workspace is not self._workspace:
                return  # the other task has left it
        nested = len(workspace.scopes) > 1
        if not nested:
            self._workspace = None
        changes: tuple[str, ...] = ()
        try:
            if workspace.scopes[-1].ended is None:
                changes = await self._take_back(workspace, error, nested=nested)
        finally:
            workspace.scopes.pop()
            if not nested:
                await self._release(workspace, error)
        if changes:
            by_others = workspace.session.ended_by_others
            raise by_others or UncommittedChangesError(changes)

    async def commit(self, *, result: object = UNSTATED) -> None:
        """Make everything durable; in a nested scope, hand it to the outer one."""
        workspace = self.open_workspace()
        if len(workspace.scopes) > 1:
            await workspace.keep()
            return
        lending = self._lending
        bus = self.database.bus
        try:
            if bus is not None:
                await tell_before(bus, self, workspace)
            if lending is not None:
                result = await lending.claim(self.operations, result)
            await workspace.commit()
        except BaseException as error:
            outcome = _outcome_of(error, applying=workspace.applying)
            rolled_back = outcome is Outcome.ROLLED_BACK
            self._outcome = workspace.undone_as if rolled_back else outcome
            workspace.take_keys_back()
            raise
        else:
            self._outcome = Outcome.COMMITTED
            self._committed = workspace.take_events()
            if lending is not None:
                applied = workspace.applying or bool(self._committed)
                lending.stored(applied=applied, result=result)
            announce(self._committed)
            if bus is not None and self._committed:
                tell_after(bus, self._alike, self._committed, self.database.background)
            if hooks := workspace.take_hooks():
                run_hooks(hooks, self.database.background)
        finally:
            workspace.scopes[-1].ended = self._outcome
        if workspace.session.interruption is not None:
            raise workspace.session.interruption

    async def rollback(self) -> None:
        """Undo this block: objects are as loaded, events are dropped."""
        workspace = self.open_workspace()
        await self._undo(workspace, nested=len(workspace.scopes) > 1)

    @property
    def outcome(self) -> Outcome:
        """Tell what became of the last unit opened on this handle."""
        return self._outcome

    @property
    def events(self) -> tuple[DomainEvent, ...]:
        """Give the events recorded so far; after the end, those committed."""
        if self._outcome is Outcome.ACTIVE and self._workspace is not None:
            return self._workspace.events()
        return self._committed

    def record(self, aggregate: Any, event: DomainEvent) -> None:
        """Record an event of an aggregate that is no AggregateRoot."""
        self.open_workspace().record(aggregate, event)

    def after_commit(self, hook: Hook) -> None:
        """Run something when this unit has committed. Contract: 6, 35."""
        self.open_workspace().after_commit(hook)

    def _alike(self) -> Self:
        """Make another handle of this kind."""
        return type(self)(self.database)

    def version_of(self, aggregate: Any) -> int | None:
        """Return the version that storage has of an aggregate, or None."""
        if self._last is None:
            raise UnitOfWorkNotOpenError
        return self._last.holding.entry_of(aggregate).version

    def adopt(self) -> None:
        """Make the running task the owner of an open unit that is idle."""
        self._require_open().ownership.adopt()

    def open_workspace(self) -> Workspace:
        """Return the open unit, for its owner, in a block that has not ended.

        Raises:
            UnitOfWorkNotOpenError: no block is open.
            ForeignTaskError: another task owns it.
            UnitOfWorkClosedError: the block has committed or rolled back.
        """
        workspace = self._workspace
        if workspace is None:
            workspace = self._opened_by_use()
        workspace.ownership.check()
        ended = workspace.scopes[-1].ended
        if ended is not None:
            raise UnitOfWorkClosedError(ended)
        return workspace

    def _opened_by_use(self) -> Workspace:
        lending = self._lending
        if lending is None:
            return self._require_open()
        lending.by_use = opened = self._open()
        return opened

    def _require_open(self) -> Workspace:
        if self._workspace is None:
            if self._outcome is Outcome.NEW and self._lending is None:
                raise UnitOfWorkNotOpenError
            raise self._closed()
        return self._workspace

    def _closed(self) -> UnitOfWorkClosedError:
        ended = self._outcome
        return UnitOfWorkClosedError(
            Outcome.ROLLED_BACK if ended is Outcome.NEW else ended
        )

    # ── lending ─────────────────────────────────────────────────────────────

    def lend(self, terms: Terms) -> None:
        """Let one operation use this handle, until `conclude`. Contract: 3."""
        read_only = self._options.read_only or terms.read_only
        if self._lending is not None and self._lending.concluded:
            raise no_loan("is used up", "Make a fresh one for each operation.")
        if self._workspace is not None or self._lending is not None:
            raise no_loan("is in use already", "Make a fresh one for each operation.")
        if read_only and terms.claim is not None:
            raise no_loan(
                "is read-only, and was to store an operation key",
                "Make it without read_only=True, or run the operation without a key.",
            )
        self._lending = Lending(terms)
        if terms.read_only:
            self._options = UnitOptions(self._options.isolation, read_only=True)

    async def conclude(self, *, commit: bool, result: object = UNSTATED) -> None:
        """Take it back: commit or roll back what use has opened. Contract: 3, 39."""
        lending, workspace = self._lending, self._workspace
        if lending is None:
            raise no_loan("was not lent", "Call lend() first.")
        lending.concluded = True
        if workspace is None:
            return
        if workspace.ownership.take():
            await workspace.ownership.settle()
        whole = len(workspace.scopes) == 1 and workspace.scopes[0].ended is None
        once = whole and not lending.spent  # what only reads after it, may
        error: BaseException | None = None if commit else _Discarded()
        try:
            if commit and workspace is lending.by_use and once:
                await self.commit(result=result)
        except BaseException as failure:
            error = failure
            raise
        finally:
            await self._leave(workspace, error)

    @property
    def effects(self) -> Outcome:
        """Tell what became of everything that was done since it was lent."""
        lending = self._lending
        return self._outcome if lending is None else lending.effects(self._outcome)

    @property
    def claimed(self) -> bool:
        """Tell whether a commit has stored the claim without a result."""
        return self._lending is not None and self._lending.claimed

    def operations(self) -> AbstractRepository[OperationRecord, str]:
        """Return the repository of the operations that took effect."""
        return self.repository(self, records_mapping(self.database.schema))

    async def _take_back(
        self, workspace: Workspace, error: BaseException | None, *, nested: bool
    ) -> tuple[str, ...]:
        """Undo a block that is left without commit; name what no error explains."""
        changes: tuple[str, ...] = ()
        try:
            if error is None:
                changes = workspace.undone()
            await self._undo(workspace, nested=nested)
        except (Exception, asyncio.CancelledError) as second:
            if error is None:
                raise
            _attach(error, second, workspace.ownership.cancellations)
        return changes

    async def _undo(self, workspace: Workspace, *, nested: bool) -> None:
        if nested:
            await workspace.undo()
            return
        workspace.undo_all()
        self._outcome = workspace.undone_as
        await workspace.close()

    async def _leave(self, workspace: Workspace, error: BaseException | None) -> None:
        """Leave every block that is open; the first failure passes."""
        while self._workspace is workspace:
            try:
                await self.__aexit__(
                    None if error is None else type(error), error, None
                )
            except BaseException:
                await self._leave(workspace, _Discarded())
                raise

    async def _release(self, workspace: Workspace, error: BaseException | None) -> None:
        if self._outcome is Outcome.ACTIVE and self._workspace is None:
            self._outcome = workspace.undone_as
        if self._lending is not None and self._outcome is Outcome.UNKNOWN:
            self._lending.took(Outcome.UNKNOWN)
        before = workspace.ownership.cancellations
        try:
            await workspace.close()
        except asyncio.CancelledError as second:
            if error is None:
                raise
            _attach(error, second, before)
        except Exception as second:  # noqa: BLE001 - the outcome stands, whatever it is
            if error is None:
                _log.warning("A unit of work could not be released", exc_info=True)
            else:
                _attach(error, second, before)

    def __del__(self) -> None:
        """Warn of a unit that was dropped while open. Contract: 9."""
        if self._workspace is not None:
            file, line = self._opened_at
            warnings.warn(
                f"A unit of work opened at {file}:{line} was dropped while open:"
                " nothing of it was committed. Use `async with uow:`.",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


class _Discarded(Exception):  # noqa: N818 - no error: what is pending is not wanted
    """Why a unit is rolled back that nobody has failed in."""


def _outcome_of(error: BaseException, *, applying: bool) -> Outcome:
    """Tell what an error of a commit says; an unforeseen one says nothing."""
    if isinstance(error, PersistenceError):
        return error.outcome
    known = isinstance(error, UsageError | asyncio.CancelledError)
    return Outcome.ROLLED_BACK if known or not applying else Outcome.UNKNOWN


def _attach(error: BaseException, second: BaseException, before: int) -> None:
    """Note a second failure on the first; a cancellation is due again, at an await.

    Unless the error leaves an asyncio.timeout before, which takes its own back.

    Args:
        error: what goes on.
        second: what the rollback raised.
        before: how often the task had been cancelled when the unit was opened.
    """
    error.add_note(f"The rollback failed as well: {second!r}")
    task = asyncio.current_task()
    if not isinstance(second, asyncio.CancelledError) or task is None:
        return

    def cancel_again() -> None:
        if task.cancelling() > before:
            task.uncancel()
            task.cancel(*second.args)

    task.get_loop().call_soon(cancel_again)


def _caller() -> tuple[str, int]:
    frame = sys._getframe(3)  # noqa: SLF001 - the line that says `async with`
    return frame.f_code.co_filename, frame.f_lineno
