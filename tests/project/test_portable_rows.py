"""Where engines differ, a case of the kit shows that storages do not."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from unitwork.testing.conformance import cases
from unitwork.testing.conformance.declaring import portable, rows_of
from unitwork.testing.conformance.portable import LEFT_OUT, PORTABLE


def kit() -> Iterator[Callable[..., Any]]:
    for found in iter_modules(cases.__path__):
        module = import_module(f"{cases.__name__}.{found.name}")
        yield from (case for name, case in vars(module).items() if name[:5] == "test_")


def test_every_row_is_shown_by_a_case_or_left_out_for_a_reason() -> None:
    """None is both, and none of the seventy is forgotten."""
    shown = {row for case in kit() for row in rows_of(case)}

    assert sorted([*PORTABLE, *LEFT_OUT]) == [*range(1, 71)]
    assert PORTABLE.keys() - shown == set()


def test_a_case_cannot_show_what_is_no_row() -> None:
    """A slip of the number is told where it stands."""
    with pytest.raises(LookupError):
        portable(1, 99)
