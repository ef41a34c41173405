"""What can go wrong with an operation as a whole: its key, its time."""

from typing import ClassVar

from unitwork.domain.errors import PersistenceError, error
from unitwork.domain.outcome import Outcome


@error
class OperationKeyReusedError(PersistenceError):
    """The key stands for another request already. Contract: 34."""

    key: str
    code: ClassVar[str] = "operation-key-reused"

    def describe(self) -> tuple[str, str, str]:
        """Name the key."""
        return (
            f"The operation key {self.key!r} was used for another request.",
            "A key stands for one request: this one was not begun.",
            "Make a new key for each request; keep it only to repeat that request.",
        )


@error
class OperationResultMissingError(PersistenceError):
    """The operation took effect before, and its result was not kept. Contract: 34."""

    key: str
    code: ClassVar[str] = "operation-result-missing"
    outcome: Outcome = Outcome.COMMITTED

    def describe(self) -> tuple[str, str, str]:
        """Name the key, and advise to commit the result with the effects."""
        return (
            f"The operation of the key {self.key!r} took effect; its result is lost.",
            "It was not stored: the process ended first, or it has no JSON.",
            "Look for its effects; `commit(result=...)` stores both in one commit.",
        )


@error
class DeadlineExceededError(PersistenceError, TimeoutError):
    """The time for the operation was up. Contract: 32."""

    seconds: float
    outcome: Outcome = Outcome.ROLLED_BACK
    code: ClassVar[str] = "deadline-exceeded"

    def describe(self) -> tuple[str, str, str]:
        """Name the time, and what is known of the operation's writes."""
        return (
            f"The operation took longer than its {self.seconds} s.",
            f"It was stopped where it stood; what it wrote is {self.outcome.value}.",
            "Give it more time, or less to do.",
        )
