"""ASGI: a request is a unit of work, committed before its response begins."""

from unitwork.entrypoints.asgi.etags import etag, expected_version
from unitwork.entrypoints.asgi.idempotency import Idempotency
from unitwork.entrypoints.asgi.lifespan import lifespan
from unitwork.entrypoints.asgi.middleware import UnitOfWorkMiddleware
from unitwork.entrypoints.asgi.policy import Policy
from unitwork.entrypoints.asgi.units import new_unit, unit_of

__all__ = [
    "Idempotency",
    "Policy",
    "UnitOfWorkMiddleware",
    "etag",
    "expected_version",
    "lifespan",
    "new_unit",
    "unit_of",
]
