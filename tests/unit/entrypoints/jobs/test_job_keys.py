"""Keys of jobs: readable, and always such that any storage can keep them."""

import pytest

from unitwork.application.operations import LONGEST_KEY, checked_key
from unitwork.entrypoints.jobs.job_keys import job_key


def test_a_key_says_what_it_is_of() -> None:
    """Whoever looks into the table sees which job it was."""
    assert job_key("procrastinate", 7) == "procrastinate:7"


@pytest.mark.parametrize(
    "identifier", ["x" * LONGEST_KEY, "a\x00b", "a\nb", "\ud800"], ids=ascii
)
def test_an_identifier_that_no_storage_can_keep_is_digested(identifier: str) -> None:
    """A stranger's message cannot stop its consumer."""
    key = job_key("message", identifier)

    assert checked_key(key).isalnum()
    assert key == job_key("message", identifier)
    assert key != job_key("message", identifier + "x")


def test_the_longest_key_is_kept_as_it_is() -> None:
    """The digest begins where it must."""
    assert job_key("x" * LONGEST_KEY) == "x" * LONGEST_KEY
