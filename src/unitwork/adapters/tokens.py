"""Versions: a random number for each unit of work that writes. Contract: 16."""

import os
from random import Random

_random = Random()  # noqa: S311 - no secret; it must only not come twice
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)  # else both would draw the same


def new_token() -> int:
    """Return 63 bits, not 0, that no other unit of any process has drawn.

    Of a generator of its own, which the operating system has seeded: an application
    that seeds Python's does not make versions come again.
    """
    return _random.getrandbits(63) or 1
