"""Versions come only once."""

import os
import random
import subprocess
import sys

import pytest

from unitwork.adapters.tokens import new_token

FORKING = """
import os
from unitwork.adapters.tokens import new_token
child = os.fork()
os.write(1, f"{new_token()}\\n".encode())  # in one piece
if child:
    os.waitpid(child, 0)
"""


def test_tokens_have_63_bits_and_are_not_0() -> None:
    """So that every database has a column for them."""
    assert all(0 < new_token() < 1 << 63 for _ in range(1000))


def test_an_application_that_seeds_random_does_not_make_tokens_come_again() -> None:
    """Tests and simulations do."""
    random.seed(1)
    first = new_token()
    random.seed(1)
    assert new_token() != first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_process_draws_tokens_of_its_own() -> None:
    """As the workers of a server do, which are forked after the import."""
    made = subprocess.check_output([sys.executable, "-c", FORKING], text=True)
    assert len(set(made.split())) == 2
