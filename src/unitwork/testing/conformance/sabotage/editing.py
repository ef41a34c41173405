"""A bug that is an edit of the library's own source, made while a block runs.

The core is what all storages share, so the same bug is in all of them: only what does
not come from the core - the model, the laws, the battery's own evaluation, the cases -
can see it.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from unitwork.adapters.storage import AbstractDatabase
from unitwork.domain.errors import MisuseError
from unitwork.testing.conformance.sabotage.bug import Bug

Edit = tuple[str, str, Callable[..., Any], str, str]
"""Name, what is wrong, the function, a piece of its source, and what stands instead."""


def edits(
    family: str, *made: Edit, survives: dict[str, str] | None = None
) -> tuple[Bug, ...]:
    """Make bugs of edits.

    Args:
        family: of all of them.
        made: the edits.
        survives: why nothing can see it, by the names of those that are equivalent.
    """
    reasons = survives or {}
    return tuple(
        Bug(family, name, wrong, _Edited(at, old, new).plant, reasons.get(name, ""))
        for name, wrong, at, old, new in made
    )


class _Edited:
    """One function, edited while at least one database has the bug."""

    def __init__(self, right: Callable[..., Any], old: str, new: str) -> None:
        self._source = textwrap.dedent(inspect.getsource(right))
        self._module = sys.modules[right.__module__]
        *owners, name = right.__qualname__.split(".")
        self._name: str = name
        self._owner: Any = self._module
        for owner in owners:
            self._owner = getattr(self._owner, owner)
        self._right = inspect.getattr_static(self._owner, self._name)
        self._planted = 0
        self._wrong = self._edited(old, new)

    @contextmanager
    def plant(self, _: AbstractDatabase) -> Iterator[None]:
        """Put the edited function in the right one's place, wherever it is known."""
        if not self._planted:
            self._put(self._right, self._wrong)
        self._planted += 1
        try:
            yield
        finally:
            self._planted -= 1
            if not self._planted:
                self._put(self._wrong, self._right)

    def _put(self, before: Any, after: Any) -> None:
        setattr(self._owner, self._name, after)
        for name, module in list(sys.modules.items()):  # what has imported it
            if name.startswith("unitwork.") and vars(module).get(self._name) is before:
                setattr(module, self._name, after)

    def _edited(self, old: str, new: str) -> Any:
        if self._source.count(old) != 1:
            raise MisuseError(
                f"{self._owner.__name__}.{self._name} has no single {old!r}.",
                "The function has been changed since the bug was made up.",
                "Make up another one.",
            )
        made: dict[str, Any] = {}
        code = compile(self._source.replace(old, new), "<sabotage>", "exec")
        exec(code, vars(self._module), made)  # noqa: S102 - the library's own source
        return made[self._name]
