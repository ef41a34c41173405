"""FastStream: a message is an operation, and its identifier the key: an inbox.

Contract: 34, 37, 40.
"""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from faststream import Context, StreamMessage

from unitwork.application.encoding import name_of
from unitwork.application.runner import Runner
from unitwork.domain.errors import MisuseError
from unitwork.domain.unit_of_work import UNSTATED, AbstractUnitOfWork
from unitwork.entrypoints.jobs.disguise import disguise
from unitwork.entrypoints.jobs.job_keys import WEEK, job_key

U = TypeVar("U", bound=AbstractUnitOfWork)
P = ParamSpec("P")
R = TypeVar("R")

_MESSAGE = inspect.Parameter(
    "unitwork_message",
    inspect.Parameter.KEYWORD_ONLY,
    annotation=Annotated[StreamMessage[Any], Context("message")],
)
_HEADERS = ("message_id", "Nats-Msg-Id")


def message_id(message: StreamMessage[Any]) -> str | None:
    """Return what identifies a message each time that it is delivered, if anything.

    That is what its sender calls it: RabbitMQ's property, which FastStream's publishers
    set, or a header `message_id` or `Nats-Msg-Id`; or else its place in a stream of
    NATS or Redis. FastStream's own `message.message_id` may be another one each time.
    """
    raw = message.raw_message
    said = getattr(raw, "message_id", None)
    said = said or next(filter(None, map(message.headers.get, _HEADERS)), None)
    return str(said) if said else _place(raw)


def consumer(
    runner: Runner[U],
    operation: Callable[Concatenate[U, P], Awaitable[R]],
    *,
    name: str | None = None,
    key: Callable[[StreamMessage[Any]], str | None] = message_id,
    keep: timedelta = WEEK,
) -> Callable[P, Awaitable[R]]:
    """Make the function of a subscriber.

        broker.subscriber("orders")(consumer(runner, on_order))

    A message that is delivered again takes effect once for each consumer. Called as a
    function, it runs without a key.

    Args:
        runner: makes the units, and tries again what was not applied.
        operation: gets what FastStream parses and injects, behind the unit.
        name: of this consumer, among those of the same messages; default: the
            operation's.
        key: what identifies a message; None: nothing does.
        keep: for how long a message may come again.

    Raises:
        MisuseError: when a message has no identifier; the message is not consumed.
    """
    consumer_name = name_of(operation) if name is None else name

    async def body(*args: Any, unitwork_message: Any = None, **kwargs: Any) -> R:
        if unitwork_message is None:
            return await runner.run(operation, *args, **kwargs)
        identifier = key(unitwork_message)
        if not identifier:
            raise _anonymous(consumer_name)
        keyed = runner.keyed(
            job_key("message", consumer_name, identifier),
            request=_request(unitwork_message.body),
            keep=keep,
        )
        return await keyed.run(operation, *args, **kwargs)

    disguise(body, operation, _MESSAGE)
    return body


def _place(raw: Any) -> str | None:
    """Return where a message stands in a stream, which may have been made anew."""
    if isinstance(raw, Mapping):
        entries = raw.get("message_ids") or ()
        place = f"{raw.get('channel')}:{'+'.join(map(bytes.decode, entries))}"
        return place if entries else None
    if not str(getattr(raw, "reply", "")).startswith("$JS.ACK"):
        return None
    known = raw.metadata
    return f"{known.stream}:{known.sequence.stream}:{known.timestamp.isoformat()}"


def _request(body: object) -> object:
    """Digest what was sent; not what FastStream made of it, which may have no JSON."""
    return hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else UNSTATED


def _anonymous(consumer_name: str) -> MisuseError:
    return MisuseError(
        f"A message for {consumer_name} has no identifier.",
        "It tells a message that is delivered again from another one with equal words.",
        "Publish it with a message_id (RabbitMQ) or a header message_id (elsewhere);"
        " or say by key= what identifies it.",
    )
