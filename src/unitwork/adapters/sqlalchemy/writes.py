"""Writing aggregates: the phase of a commit up to COMMIT. Contract: 25, 26."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from unitwork.adapters.mapping.description import AggregateMapping, Row
from unitwork.adapters.sqlalchemy.criteria import packed
from unitwork.adapters.sqlalchemy.dialects.dialect import AbstractDialect
from unitwork.adapters.sqlalchemy.drivers.port import Phase, Step, Writes
from unitwork.adapters.sqlalchemy.layout import Layout
from unitwork.adapters.sqlalchemy.reads import Reads
from unitwork.adapters.sqlalchemy.statements import Statements
from unitwork.adapters.storage import ChangeSet, Delete, Insert, Update, Write
from unitwork.domain.errors import ConcurrencyConflictError

Keys = dict[int, Any]
Numbered = tuple[int, Any]
