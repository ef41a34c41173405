"""The life of an application, and that of its databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol


class Disposable(Protocol):
    """What has connections, tasks or the like: a database object."""

    async def dispose(self) -> None:
        """Give everything back."""


def lifespan(
    *resources: Disposable,
) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Dispose of databases when the application stops.

        app = FastAPI(lifespan=lifespan(database))

    Starlette and FastAPI take it as `lifespan=`, Litestar in its list. All are disposed
    of, the last one first, even where one fails.
    """

    @asynccontextmanager
    async def living(_: object) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for resource in resources:
                stack.push_async_callback(resource.dispose)
            yield

    return living
