"""What the middleware decides by the request and the status of its response."""

from http import HTTPStatus

import attrs

from unitwork.entrypoints.asgi.types import Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@attrs.frozen
class Policy:
    """Say what is committed, and what only reads. Contract: 38.

    Derive from it to decide otherwise:

        class CommitsRefusals(Policy):
            def commits(self, scope: Scope, status: int) -> bool:
                return status == 402 or super().commits(scope, status)
    """

    def commits(self, scope: Scope, status: int) -> bool:
        """Tell whether a response with this status commits the request's unit."""
        del scope
        return status < HTTPStatus.BAD_REQUEST

    def reads_only(self, scope: Scope) -> bool:
        """Tell whether the request is lent a unit that refuses to write."""
        return scope["method"] in SAFE
