"""Where a task is suspended, as its author would say it."""

import asyncio
import linecache
from collections.abc import Iterator
from pathlib import Path
from types import CoroutineType, FrameType, GeneratorType
from typing import Any

_PACKAGE = str(Path(__file__).parents[2])
_STANDARD = str(Path(asyncio.__file__).parents[1])
_KINDS: dict[type, tuple[str, str]] = {
    CoroutineType: ("cr_frame", "cr_await"),
    GeneratorType: ("gi_frame", "gi_yieldfrom"),
}
"""Where each kind of awaited object keeps its frame, and what it awaits itself."""


def place(task: asyncio.Task[Any]) -> str:
    """Return file, line and source of where a task waits, in the user's own code.

    It is the innermost frame that is neither the library's nor the standard
    library's; the innermost of all if there is no such.
    """
    frames = list(_frames(task.get_coro()))
    if not frames:
        return "?"
    own = [frame for frame in frames if _is_own(frame.f_code.co_filename)]
    frame = (own or frames)[-1]
    file, line = frame.f_code.co_filename, frame.f_lineno
    return f"{_short(file)}:{line}  {linecache.getline(file, line).strip()}".rstrip()


def _frames(awaited: Any) -> Iterator[FrameType]:
    """Go from a coroutine inwards, along what each one awaits."""
    while type(awaited) in _KINDS:
        frame, inner = _KINDS[type(awaited)]
        if getattr(awaited, frame) is not None:
            yield getattr(awaited, frame)
        awaited = getattr(awaited, inner)


def _is_own(file: str) -> bool:
    installed = "site-packages" in file or "dist-packages" in file
    return not file.startswith(_PACKAGE) and (
        installed or not file.startswith(_STANDARD)
    )


def _short(file: str) -> str:
    path = Path(file)
    here = path.is_relative_to(Path.cwd())
    return path.relative_to(Path.cwd()).as_posix() if here else path.name
