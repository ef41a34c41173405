"""A response as it goes out, recorded so that it can be repeated. Contract: 34."""

from http import HTTPStatus

import attrs

from unitwork.entrypoints.asgi.idempotency import Response
from unitwork.entrypoints.asgi.types import BODY, Message

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED}


class Recording:
    """Keeps the messages of a response, up to a limit.

    One that says its length is held until it is complete, so that it can stand in the
    commit of the effects. One that does not is a stream: it goes out as it comes.
    """

    def __init__(self, start: Message, limit_bytes: int) -> None:
        """Begin with the first message."""
        self._response = Response.begun_by(start)
        self._body = bytearray()
        self._limit = limit_bytes
        self._pending = [start]
        self.complete = False
        length = self._length()
        self.kept = (
            length <= limit_bytes
            and self._response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        )
        self.held = self.kept and length >= 0

    def _length(self) -> int:
        """Return how long the body is; -1: it does not say."""
        if self._response.status in _BODILESS:
            return 0
        for name, value in self._response.headers:
            if name.lower() == b"content-length" and value.isdigit():
                return int(value)
        return -1

    def add(self, message: Message) -> None:
        """Take the next message."""
        self._pending.append(message)
        if message["type"] != BODY:  # a file to be sent, or the like
            self.complete = True
            self._drop()
            return
        self._body += message.get("body", b"")
        if len(self._body) > self._limit:
            self._drop()
        self.complete = not message.get("more_body", False)

    def _drop(self) -> None:
        self.kept = self.held = False
        self._body.clear()

    def pending(self) -> list[Message]:
        """Return what has not gone out yet; it is about to."""
        pending, self._pending = self._pending, []
        return pending

    def response(self) -> Response:
        """Return what is kept; the bare status where it is too long to be."""
        if not self.kept:
            return Response(self._response.status)
        return attrs.evolve(self._response, body=bytes(self._body))
