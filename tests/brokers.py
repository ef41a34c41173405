"""Message brokers for the tests: those that are named, or those on this machine."""

import os
import socket
from urllib.parse import urlsplit

from tests.servers import missing

BROKERS = {
    "rabbitmq": ("UNITWORK_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/"),
    "nats": ("UNITWORK_NATS_URL", "nats://127.0.0.1:4222"),
    "redis": ("UNITWORK_REDIS_URL", "redis://127.0.0.1:6379"),
}


def broker_url(name: str) -> str:
    """Return where a broker answers; skip the test, or fail it, where none does."""
    variable, usual = BROKERS[name]
    url = os.environ.get(variable, usual)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port or 0), timeout=5).close()
    except OSError as error:
        missing(name, f"{parts.hostname}:{parts.port}, {variable} ({error})")
    return url
