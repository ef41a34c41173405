"""What a schedule has no room for: threads, sockets, processes, signals."""

import re
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from unitwork.domain.errors import MisuseError

REMEDY = "Put it behind a port, and give the test an adapter that works in memory."
_METHODS = {
    "threads": r"run_in_executor|set_default_executor",
    "the network": (
        r"get(addr|name)info|create_(?!future|task)\w+|connect_accepted_socket"
        r"|start_tls|sendfile|sock_\w+|(add|remove)_(reader|writer)"
    ),
    "other processes": r"subprocess_\w+|connect_\w+_pipe",
    "signals": r"(add|remove)_signal_handler",
}
L = TypeVar("L", bound=type[AbstractEventLoop])


def refusing(loop: L) -> L:
    """Make every method of a loop that reaches outside of the process raise."""
    for what, methods in _METHODS.items():
        for name in dir(AbstractEventLoop):
            if re.fullmatch(methods, name):
                setattr(loop, name, _refusal(name, what))
    return loop


def _refusal(name: str, what: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise refused(f"loop.{name}() was called under @schedules.", what)

    return refuse


def refused(happened: str, what: str) -> MisuseError:
    """Make the error that says why there is no `what` here."""
    why = f"A schedule decides what runs when, and it cannot decide that for {what}."
    return MisuseError(happened, why, REMEDY)
