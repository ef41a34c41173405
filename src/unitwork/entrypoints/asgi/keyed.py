"""A request with an Idempotency-Key: it takes effect once. Contract: 34."""

from http import HTTPStatus
from typing import Any

import attrs

from unitwork.application.attempts import finish
from unitwork.application.hosting import Terms
from unitwork.application.keys import KeyedOperation, OperationKey
from unitwork.application.retry import RetryPolicy
from unitwork.domain.errors import PersistenceError
from unitwork.domain.operation_errors import (
    OperationKeyReusedError,
    OperationResultMissingError,
)
from unitwork.domain.request_errors import BodyTooLargeError
from unitwork.domain.unit_of_work import UNSTATED
from unitwork.entrypoints.asgi.exchange import EXPECTED, Exchange
from unitwork.entrypoints.asgi.idempotency import Response, ResponseCodec
from unitwork.entrypoints.asgi.recording import Recording
from unitwork.entrypoints.asgi.types import START, Message, Receive, Scope


class KeyedExchange(Exchange):
    """Looks the key up first, and again after a failure; stores the response."""

    __slots__ = (
        "_commit",
        "_key",
        "_keyed",
        "_limit",
        "_recording",
        "_replayed",
        "_stored",
    )
    _key: str
    _keyed: KeyedOperation
    _limit: int
    _commit: bool
    """Whether the response that is recorded commits."""
    _recording: Recording | None
    _replayed: bool
    """Whether the client was answered as a faster twin was."""
    _stored: bool

    async def prepare(self, scope: Scope, receive: Receive) -> Receive | None:
        """Repeat the response to the request, if it has one.

        Returns:
            What gives the request to the application; None: it was answered.
        """
        options: Any = self.host.idempotency
        self._recording, self._replayed, self._stored = None, False, False
        self._limit = options.limit_bytes
        try:
            self._key = options.key_of(scope)
            body = await whole_body(receive, self._limit)
            if body is None:
                return None
            self._keyed = KeyedOperation(
                OperationKey(self._key, keep=options.keep),
                options.fingerprint(scope, body),
                ResponseCodec(),
                Response,
            )
            if await self._repeat():
                return None
        except EXPECTED as error:
            await super().answer(error)
            return None
        return _again(body, receive)

    def terms(self, scope: Scope) -> Terms:
        """Let the commit store the key."""
        del scope
        return Terms(claim=self._keyed.claim())

    async def forward(self, message: Message) -> None:
        """Record a response; let it out when what is to be stored of it is stored."""
        if self._replayed:
            return  # a faster twin's answer has gone out, and this one goes nowhere
        if self._recording is None:
            if message["type"] != START or self.ended:
                await self.out(message)
            else:
                await self._begin(message)
            return
        self._recording.add(message)
        await self._go_on(self._recording)

    async def _begin(self, start: Message) -> None:
        self._commit = self.commits(start)
        if not self._commit and not self._claimed:
            await self.end(commit=False)
            self._replayed = await self._repeat_twin()
            if not self._replayed:
                await self.out(start)
            return
        self._recording = recording = Recording(start, self._limit)
        if not recording.held:
            await self.end(commit=self._commit, result=self._result(recording))
        await self._go_on(recording)

    async def _go_on(self, recording: Recording) -> None:
        if recording.held and not recording.complete:
            return
        if not self.ended:
            await self.end(commit=self._commit, result=self._result(recording))
        if recording.complete and self._claimed:
            await self._store(recording.response())
        for message in recording.pending():
            await self.out(message)

    def _result(self, recording: Recording) -> object:
        """Return what the commit stores; of a stream that is not known yet."""
        known = recording.complete or not recording.kept
        return recording.response() if known else UNSTATED

    @property
    def _claimed(self) -> bool:
        """Tell whether the effects are stored, and the response is not."""
        return self.uow is not None and self.uow.claimed and not self._stored

    async def _store(self, response: Response) -> None:
        self._stored = True
        await finish(self._keyed, self.host.fresh, response, RetryPolicy())

    # ── failures ────────────────────────────────────────────────────────────

    async def answered(self, error: BaseException) -> bool:
        """Answer as a faster twin was answered, if there was one."""
        begun = self.ended
        if await super().answered(error):
            return True
        if not isinstance(error, Exception):
            return False
        if self._claimed:
            await self._store(Response(HTTPStatus.INTERNAL_SERVER_ERROR))
            return False
        return not begun and await self._repeat_twin()

    async def answer(self, error: Exception) -> None:
        """Answer as a faster twin was answered, or by a problem, which is stored."""
        if not self._claimed:
            if not await self._repeat_twin():
                await super().answer(error)
            return
        start, body = self.problem(error)
        response = Response(start["status"])
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            response = attrs.evolve(Response.begun_by(start), body=body["body"])
        await self._store(response)
        await self.out(start)
        await self.out(body)

    async def _repeat(self) -> bool:
        """Send the stored response; tell whether there is one.

        Raises:
            OperationKeyReusedError: the key stands for another request.
            OperationResultMissingError: the response was not stored.
        """
        found = await self._keyed.find(self.host.fresh)
        if found is None:
            return False
        response: Response = found.result
        if response.body is None:
            raise OperationResultMissingError(self._key)
        for message in response.messages():
            await self.out(message)
        return True

    async def _repeat_twin(self) -> bool:
        """Send what a twin was answered that took effect meanwhile."""
        try:
            return await self._repeat()
        except (OperationKeyReusedError, OperationResultMissingError) as error:
            await super().answer(error)
            return True
        except PersistenceError:
            return False  # what this request met is told instead


async def whole_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """Read the body of a request, or None: its client has gone.

    Raises:
        BodyTooLargeError: it is longer than the limit.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise BodyTooLargeError(limit_bytes)
        more = message.get("more_body", False)
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already; then what else the client sends."""
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def first_the_body() -> Message:
        message = next(given, None)
        return await receive() if message is None else message

    return first_the_body
