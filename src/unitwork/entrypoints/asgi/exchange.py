"""One request and its response: the unit first, then the first byte. Contract: 38."""

import asyncio
import json
import logging
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from unitwork.application.hosting import HostedUnitOfWork, Terms, take_back
from unitwork.domain.errors import (
    DomainError,
    InvalidValueError,
    PersistenceError,
    UnitOfWorkClosedError,
)
from unitwork.domain.outcome import Outcome
from unitwork.domain.request_errors import RequestError
from unitwork.domain.unit_of_work import UNSTATED
from unitwork.entrypoints.asgi.host import Host
from unitwork.entrypoints.asgi.types import BODY, START, Message, Scope, Send
from unitwork.entrypoints.problems import MEDIA_TYPE, problem

EXPECTED = (PersistenceError, DomainError, InvalidValueError, RequestError)
"""What is an answer to the client; any other error is the server's own."""
KEY = "unitwork"
"""Where a scope keeps its exchange."""
_log = logging.getLogger("unitwork")


class Exchange:
    """What stands between the application and the server, for one request."""

    __slots__ = ("_failure", "_order", "_scope", "ended", "host", "out", "outer", "uow")
    _order: asyncio.Lock
    _scope: Scope
    """Only while the unit may be in use: it refers to this object."""

    def __init__(self, host: Host, scope: Scope, send: Send) -> None:
        """Begin: nobody has asked for a unit."""
        self.host = host
        self.out = send
        self.outer: Exchange | None = scope.get(KEY)
        """That of another middleware, which lends units of another port."""
        self.uow: HostedUnitOfWork | None = None
        self.ended = False
        """Whether the response has begun, and with it the unit's end."""
        self._failure: Exception | None = None
        scope[KEY] = self

    def unit(self, scope: Scope) -> HostedUnitOfWork:
        """Return the request's unit, made when it is first asked for.

        Raises:
            UnitOfWorkClosedError: the response has begun. Contract: 39.
        """
        if self.uow is None:
            if self.ended:
                raise UnitOfWorkClosedError(Outcome.ROLLED_BACK)
            made = self.host.fresh()
            made.lend(self.terms(scope))
            self._order, self._scope = asyncio.Lock(), scope
            self.uow = made
        return self.uow

    def terms(self, scope: Scope) -> Terms:
        """Say on what terms the unit is lent."""
        return Terms(read_only=self.host.policy.reads_only(scope))

    def commits(self, start: Message) -> bool:
        """Tell whether a response commits the unit."""
        return self.host.policy.commits(self._scope, start["status"])

    def send(self, message: Message) -> Awaitable[None]:
        """Let a message out; the first one only when the unit has ended.

        Raises:
            PersistenceError: the commit failed. The client has been told so, and
                nothing that the application sends goes out any more.
        """
        if self.uow is None:
            if message["type"] == START:
                self.ended = True
            return self.out(message)
        return self._send_in_order(message)

    async def _send_in_order(self, message: Message) -> None:
        async with self._order:
            if self._failure is not None:
                raise self._failure
            await self.forward(message)

    async def forward(self, message: Message) -> None:
        """Let a message out, of a request that was lent a unit."""
        if message["type"] == START and not self.ended:
            await self.end(commit=self.commits(message))
        await self.out(message)

    async def end(self, *, commit: bool, result: object = UNSTATED) -> None:
        """End the unit; where that fails, the client is told that and nothing else."""
        assert self.uow is not None
        self.ended = True
        try:
            await self.uow.conclude(commit=commit, result=result)
        except Exception as error:
            self._failure = error
            await self.answer(error)
            raise

    async def close(self) -> None:
        """Roll back where the application has returned without a response."""
        if not self.ended:
            await self.end(commit=False)
        self._scope = {}

    async def answered(self, error: BaseException) -> bool:
        """Take the unit back after an error; tell whether the client was answered."""
        begun, self.ended = self.ended, True
        if self.uow is not None:
            await take_back(self.uow, error)
            self._scope = {}
        if self._failure is not None and isinstance(error, Exception):
            return isinstance(self._failure, EXPECTED)
        if begun or not isinstance(error, EXPECTED):
            return False
        await self.answer(error)
        return True

    async def answer(self, error: Exception) -> None:
        """Tell the client of an error."""
        for message in self.problem(error):
            await self.out(message)

    def problem(self, error: Exception) -> tuple[Message, Message]:
        """Return the messages that tell of an error."""
        host = self.host
        found = problem(error, statuses=host.statuses, types=host.types)
        if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("A request ended in status %s", found.status, exc_info=error)
        body = json.dumps(found.document()).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        headers.append((b"content-length", b"%d" % len(body)))
        if getattr(error, "retryable", False):
            headers.append((b"retry-after", b"%d" % host.retry_after_seconds))
        start: dict[str, Any] = {"type": START, "status": found.status}
        return {**start, "headers": headers}, {"type": BODY, "body": body}
