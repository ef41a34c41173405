"""Fakes as people write them: a dict of objects, kept apart by deepcopy."""

import copy
from typing import Any, Self

Store = dict[Any, Any]


class CopiesTheStore:
    """The fake of the books: it copies all that is stored, to be able to roll back.

    What it hands out is what is stored.
    """

    def __init__(self, stored: Store) -> None:
        self._stored = stored

    async def __aenter__(self) -> Self:
        self._before = copy.deepcopy(self._stored)
        self._committed = False
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._committed:
            self._stored.clear()
            self._stored.update(self._before)

    async def get(self, key: Any) -> Any:
        return self._stored[key]

    async def commit(self) -> None:
        self._committed = True


class CopiesThrice:
    """Hands out copies, keeps others to see what was changed, and stores copies."""

    def __init__(self, stored: Store) -> None:
        self._stored = stored

    async def __aenter__(self) -> Self:
        self._held: Store = {}
        self._before: Store = {}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._held.clear()

    async def get(self, key: Any) -> Any:
        if key not in self._held:
            self._held[key] = copy.deepcopy(self._stored[key])
            self._before[key] = copy.deepcopy(self._stored[key])
        return self._held[key]

    async def commit(self) -> None:
        for key, held in self._held.items():
            if held != self._before[key]:
                self._stored[key] = copy.deepcopy(held)


class CopiesTwice(CopiesThrice):
    """The least that keeps callers from storage: a copy out, and a copy in.

    It stores whatever it handed out, changed or not.
    """

    async def get(self, key: Any) -> Any:
        if key not in self._held:
            self._held[key] = copy.deepcopy(self._stored[key])
        return self._held[key]

    async def commit(self) -> None:
        for key, held in self._held.items():
            self._stored[key] = copy.deepcopy(held)
