"""A phase: all statements of a read, or of a commit up to COMMIT.

Written as a generator: it yields steps and is sent what each gave, or thrown the
error of the library that each met. It does no I/O itself, so a driver may run it in a
thread or in a greenlet.

Source: sans-I/O.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import attrs
from sqlalchemy.sql.base import Executable

from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.storage import Isolation

T = TypeVar("T")
Parameters = Mapping[str, Any]


@attrs.frozen
class Writes:
    """Which table a step writes, for errors: the n-th of a mapping."""

    mapping: AggregateMapping
    table: int
    removes: bool = False


@attrs.frozen
class Step:
    """One statement, for one or many sets of parameters."""

    statement: Executable
    parameters: Sequence[Parameters]
    fetches: bool = True
    """Whether its rows are wanted; otherwise the number of rows, or -1 if unknown."""
    writes: Writes | None = None


Phase = Generator[Step, Any, T]


@attrs.frozen
class Begin:
    """Begin a transaction before the first step."""

    isolation: Isolation
    writes: bool
    """Whether it will write; otherwise it is only a snapshot."""
