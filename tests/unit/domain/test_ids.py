"""Identifiers made by the client."""

import time
from itertools import pairwise

import pytest

from unitwork import new_id


def test_new_id_is_a_uuid_of_version_7() -> None:
    """RFC 9562: version 7, variant 1."""
    made = new_id()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_new_ids_of_a_process_increase() -> None:
    """Also within one millisecond."""
    made = [new_id() for _ in range(2000)]

    assert all(before < after for before, after in pairwise(made))


def test_new_id_carries_the_time_in_milliseconds() -> None:
    """The first 48 bits sort by time."""
    before = time.time_ns() // 1_000_000
    milliseconds = new_id().int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= milliseconds <= after + 1


def test_new_ids_increase_when_the_clock_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last value counts up."""
    earlier = new_id()
    monkeypatch.setattr("unitwork.domain.ids.time.time_ns", lambda: 0)

    assert new_id().int == earlier.int + 1
