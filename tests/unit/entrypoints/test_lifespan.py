"""Databases live as long as the application."""

import pytest

from unitwork.entrypoints.asgi import lifespan


class Resource:
    def __init__(self, disposed: list[str], name: str) -> None:
        self._disposed, self._name = disposed, name

    async def dispose(self) -> None:
        self._disposed.append(self._name)
        if self._name == "c":
            raise OSError("c")


async def test_all_are_disposed_of_the_last_one_first() -> None:
    disposed: list[str] = []
    async with lifespan(*(Resource(disposed, name) for name in "ab"))(None):
        assert disposed == []
    assert disposed == ["b", "a"]


async def test_one_that_fails_does_not_keep_the_others() -> None:
    disposed: list[str] = []
    with pytest.raises(OSError, match="c"):
        async with lifespan(*(Resource(disposed, name) for name in "abc"))(None):
            pass
    assert disposed == ["c", "b", "a"]
