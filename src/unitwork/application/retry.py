"""When an operation is tried again, and how long that is waited for."""

import random

import attrs

from unitwork.domain.errors import MisuseError


@attrs.frozen
class RetryPolicy:
    """Say how often, and for how long, an operation is tried. Contract: 33.

    Only what is known not to have been applied is tried again, and only where the error
    says that trying may help (`PersistenceError.retryable`).

    Source: Exponential Backoff And Jitter, full jitter (Brooker, 2015).
    """

    attempts: int = 5
    """From 1: no retries. The first one counts."""
    seconds: float = 10.0
    """No attempt begins later than this after the first one began."""
    base_seconds: float = 0.01
    """The longest wait before the second attempt; doubled for each further one."""
    cap_seconds: float = 1.0
    """The longest wait before any attempt."""

    def __attrs_post_init__(self) -> None:
        times = (self.seconds, self.base_seconds, self.cap_seconds)
        if type(self.attempts) is not int or self.attempts < 1:
            raise _no_policy("attempts", self.attempts, "an int from 1")
        for name, value in zip(_TIMES, times, strict=True):
            if type(value) not in (int, float) or not value >= 0:
                raise _no_policy(name, value, "seconds, from 0")

    def pause(self, failed: int, spent: float) -> float | None:
        """Draw how long to wait before the next attempt, or None: there is none.

        Args:
            failed: how many attempts have failed, from 1.
            spent: seconds since the first one began.
        """
        if failed >= self.attempts:
            return None
        longest = min(self.cap_seconds, self.base_seconds * 2 ** min(failed - 1, 60))
        pause = random.uniform(0, longest)  # noqa: S311 - no secret
        return pause if spent + pause <= self.seconds else None


_TIMES = ("seconds", "base_seconds", "cap_seconds")


def _no_policy(name: str, value: object, range_: str) -> MisuseError:
    return MisuseError(
        f"RetryPolicy({name}={value!r}) is out of range.",
        f"It is {range_}.",
        "RetryPolicy(attempts=1) never tries again; RetryPolicy() tries 5 times.",
    )
