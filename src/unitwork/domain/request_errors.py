"""What an entry point refuses before anything is begun: the request is to blame."""

from typing import ClassVar

from unitwork.domain.errors import UnitworkError, error


class RequestError(UnitworkError):
    """The request cannot be served as it was sent; nothing was begun."""

    code: ClassVar[str] = "request"

    def describe(self) -> tuple[str, str, str]:
        """Say it in general."""
        return (
            "The request cannot be served as it was sent.",
            "Nothing was begun.",
            "Send it in another way.",
        )


@error
class MalformedHeaderError(RequestError, ValueError):
    """A header is not what its standard says. HTTP: 400."""

    header: str
    value: str
    rule: str
    code: ClassVar[str] = "malformed-header"

    def describe(self) -> tuple[str, str, str]:
        """Name the header, and the rule that it breaks."""
        shown = self.value if len(self.value) <= 80 else f"{self.value[:77]}..."  # noqa: PLR2004
        return (
            f"The header {self.header} cannot be {shown!r}.",
            self.rule,
            "Send it as its standard says.",
        )


@error
class PreconditionRequiredError(RequestError):
    """The request does not say which version it changes. HTTP: 428."""

    code: ClassVar[str] = "precondition-required"

    def describe(self) -> tuple[str, str, str]:
        """Point at If-Match."""
        return (
            "The request needs the header If-Match.",
            "It says which version is changed, so that no other change is lost.",
            "Read the resource, and send its ETag with the change.",
        )


@error
class BodyTooLargeError(RequestError):
    """The body is longer than what is read for an Idempotency-Key. HTTP: 413."""

    limit_bytes: int
    code: ClassVar[str] = "body-too-large"

    def describe(self) -> tuple[str, str, str]:
        """Name the limit."""
        return (
            f"With an Idempotency-Key a body has at most {self.limit_bytes} bytes.",
            "It is read as a whole before the request is begun, to compare it.",
            "Send less, or without the key; the limit is Idempotency(limit_bytes=).",
        )
