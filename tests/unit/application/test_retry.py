"""When an operation is tried again."""

import pytest

from unitwork import MisuseError
from unitwork.application import RetryPolicy


def test_a_policy_allows_as_many_attempts_as_it_says() -> None:
    policy = RetryPolicy(attempts=3)

    assert policy.pause(1, spent=0) is not None
    assert policy.pause(2, spent=0) is not None
    assert policy.pause(3, spent=0) is None


def test_no_attempt_begins_after_the_time_of_the_policy() -> None:
    policy = RetryPolicy(seconds=10, base_seconds=0)

    assert policy.pause(1, spent=10) == 0
    assert policy.pause(1, spent=10.001) is None


def test_pauses_are_drawn_from_zero_to_a_limit_that_doubles() -> None:
    """Source: full jitter."""
    policy = RetryPolicy(attempts=100, seconds=1000, base_seconds=1, cap_seconds=6)
    for failed, longest in [(1, 1), (2, 2), (3, 4), (4, 6), (90, 6)]:
        drawn = [policy.pause(failed, spent=0) or 0 for _ in range(400)]
        assert 0 <= min(drawn) < longest / 4
        assert longest * 3 / 4 < max(drawn) <= longest


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"attempts": 0}, "RetryPolicy(attempts=0) is out of range.\nIt is an int"),
        ({"attempts": True}, "RetryPolicy(attempts=True) is out of range."),
        ({"seconds": -1}, "RetryPolicy(seconds=-1) is out of range.\nIt is seconds"),
        ({"base_seconds": "1"}, "RetryPolicy(base_seconds='1') is out of range."),
        ({"cap_seconds": float("nan")}, "RetryPolicy(cap_seconds=nan) is out of range"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(
    said: dict[str, object], message: str
) -> None:
    with pytest.raises(MisuseError) as refused:
        RetryPolicy(**said)  # type: ignore[arg-type]  # that is the case
    assert str(refused.value).startswith(message)
