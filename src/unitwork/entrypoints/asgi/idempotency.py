"""What is remembered of a request with an Idempotency-Key. Contract: 34.

Source: The Idempotency-Key HTTP Header Field (IETF draft, HTTPAPI working group).
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs

from unitwork.application.operations import DAY, LONGEST_KEY
from unitwork.domain.json_value import JsonValue
from unitwork.domain.request_errors import MalformedHeaderError
from unitwork.entrypoints.asgi.types import BODY, START, Message, Scope

HEADER = b"idempotency-key"
PREFIX = "http:"
"""So that no client can take the key of a job or of a message."""
MEGABYTE = 1 << 20
_PASSING = {b"connection", b"keep-alive", b"transfer-encoding", b"date", b"server"}
"""Headers of one answer, or of one connection; all others are kept."""


def authorization(scope: Scope) -> str:
    """Return the credentials of a request: another client's are other ones."""
    return "\n".join(_values(scope, b"authorization"))


@attrs.frozen
class Idempotency:
    """How requests with an Idempotency-Key take effect once.

    The schema needs the table of `OperationRecord`.
    """

    keep: timedelta = DAY
    """For how long a response is kept; longer than any client repeats a request."""
    limit_bytes: int = MEGABYTE
    """The longest request that is read, and the longest response that is kept."""
    owner: Callable[[Scope], str] = authorization
    """Who asks. The key of one is refused to others, who get no answer that is not
    theirs; a repeated request does not reach what checks credentials in the app."""

    def concerns(self, scope: Scope) -> bool:
        """Tell whether a request has a key."""
        return any(name == HEADER for name, _ in scope["headers"])

    def key_of(self, scope: Scope) -> str:
        """Return the operation key of a request.

        Raises:
            MalformedHeaderError: the header is empty, too long, or there twice.
        """
        longest = LONGEST_KEY - len(PREFIX)
        given = list(_values(scope, HEADER))
        if len(given) == 1 and 0 < len(given[0]) <= longest:
            return PREFIX + given[0]
        rule = f"It is one text of 1 to {longest} characters."
        raise MalformedHeaderError("Idempotency-Key", ", ".join(given), rule)

    def fingerprint(self, scope: Scope, body: bytes) -> str:
        """Digest what is asked for, and by whom."""
        query = scope["query_string"].decode("latin-1")
        said = [scope["method"], scope["path"], query, self.owner(scope)]
        return hashlib.sha256(json.dumps(said).encode() + b"\n" + body).hexdigest()


@attrs.frozen
class Response:
    """A response as it is kept."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes | None = None
    """None: it was too long, or is not to be repeated."""

    @classmethod
    def begun_by(cls, start: Message) -> "Response":
        """Take what a first message says."""
        headers = ((bytes(n), bytes(value)) for n, value in start.get("headers", ()))
        kept = tuple(pair for pair in headers if pair[0].lower() not in _PASSING)
        return cls(start["status"], kept)

    def messages(self) -> tuple[Message, ...]:
        """Return the messages that say it again."""
        headers = [*self.headers, (b"idempotent-replayed", b"true")]
        start = {"type": START, "status": self.status, "headers": headers}
        return start, {"type": BODY, "body": self.body or b""}


class ResponseCodec:
    """Turns responses into JSON and back."""

    def encode(self, result: Response, /) -> JsonValue:
        """Return a response as JSON, with its body in Base64."""
        pairs = result.headers
        return {
            "status": int(result.status),  # not a member of HTTPStatus
            "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in pairs],
            "body": None if result.body is None else b64encode(result.body).decode(),
        }

    def decode(self, kept: JsonValue, /) -> Response:
        """Return the response again."""
        assert isinstance(kept, dict)
        headers: Any = kept["headers"]
        body: Any = kept["body"]
        return Response(
            int(str(kept["status"])),
            tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in headers),
            None if body is None else b64decode(body),
        )


def _values(scope: Scope, wanted: bytes) -> Iterator[str]:
    for name, value in scope["headers"]:
        if name == wanted:
            yield value.decode("latin-1")
