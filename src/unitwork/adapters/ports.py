"""From the annotations of a port to repositories of an adapter."""

import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, get_args, get_origin, get_type_hints

from unitwork.adapters.workspace import Unit
from unitwork.domain.errors import MisuseError
from unitwork.domain.repository import AbstractRepository

_OUR_OWN = ("unitwork.adapters.", "unitwork.domain.")
"""Modules whose classes name no repositories of a port."""


class Supplied:
    """Make a unit's repository when it is first used, and keep it on the unit."""

    def __init__(self, name: str, kind: type[Any], aggregate: type) -> None:
        """Stand on the unit's class under `name`."""
        self.name = name
        self.kind = kind
        self.aggregate = aggregate

    def __get__(self, unit: Unit | None, owner: type) -> Any:
        """Give the unit's repository; on the class, this object."""
        if unit is None:
            return self
        mapping = unit.database.schema.mapping(self.aggregate)
        made = unit.__dict__[self.name] = self.kind(unit, mapping)
        return made


def supply(cls: type[Any], repositories: Sequence[type[Any]]) -> None:
    """Put a repository on a unit's class for every one that its port names.

    Args:
        cls: a class that joins an adapter with a port.
        repositories: adapter classes for ports whose finders are abstract.

    Raises:
        MisuseError: an annotation cannot be resolved, a finder is not written, or a
            given class serves no repository of the port.
    """
    unused = list(repositories)
    for name, port in _ports(cls):
        own = _class(port) is not AbstractRepository
        given = [k for k in repositories if own and issubclass(k, _class(port))]
        for kind in given:
            unused.remove(kind)
        kind = given[0] if given else _joined(cls, port)
        _refuse_unwritten(cls, name, kind)
        setattr(cls, name, Supplied(name, kind, _aggregate(cls, name, port)))
    if unused:
        raise MisuseError(
            f"repositories={[kind.__name__ for kind in unused]} fit nothing"
            f" in {cls.__name__}.",
            "A repository class serves the port's annotation that it derives from.",
            "Annotate the port with the class's own port, or leave it out.",
        )


def _ports(cls: type) -> Iterator[tuple[str, Any]]:
    for base in cls.__mro__:
        if "__annotations__" not in vars(base) or base.__module__.startswith(_OUR_OWN):
            continue
        for name, hint in _hints(base).items():
            kind = _class(hint)
            if isinstance(kind, type) and issubclass(kind, AbstractRepository):
                yield name, hint


def _hints(base: type) -> dict[str, Any]:
    try:
        return get_type_hints(base, localns=_callers())
    except NameError as missing:
        raise MisuseError(
            f"An annotation of {base.__name__} cannot be resolved: {missing}.",
            "Annotations of a port are read at run time, to supply its repositories.",
            "Import the name outside of `if TYPE_CHECKING:`; for ruff, set"
            " [tool.ruff.lint.flake8-type-checking] runtime-evaluated-base-classes ="
            ' ["unitwork.AbstractUnitOfWork"].',
        ) from None


def _callers() -> dict[str, Any]:
    """Collect the local names of the functions that the class is made in."""
    names: dict[str, Any] = {}
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - a class in a function
    while frame is not None:
        if frame.f_locals is not frame.f_globals:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def _class(hint: Any) -> Any:
    return get_origin(hint) or hint


def _joined(cls: type[Any], port: Any) -> type[Any]:
    declared, adapter = _class(port), cls.repository
    joined: type[Any] = adapter
    if declared is not AbstractRepository:
        joined = type(declared.__name__, (declared, adapter), {})
    return joined


def _aggregate(cls: type, name: str, port: Any) -> type:
    arguments = [port, *getattr(_class(port), "__orig_bases__", ())]
    for base in getattr(_class(port), "__mro__", ()):
        arguments += getattr(base, "__orig_bases__", ())
    for hint in arguments:
        if get_origin(hint) is AbstractRepository and isinstance(
            get_args(hint)[0], type
        ):
            return get_args(hint)[0]  # type: ignore[no-any-return]  # just checked
    raise MisuseError(
        f"{cls.__name__}.{name} does not say what it holds.",
        "A repository is annotated with its aggregate and its key.",
        f"Write {name}: AbstractRepository[YourAggregate, YourKey].",
    )


def _refuse_unwritten(cls: type[Any], name: str, kind: type[Any]) -> None:
    unwritten = sorted(getattr(kind, "__abstractmethods__", ()))
    if unwritten:
        raise MisuseError(
            f"{kind.__name__}.{unwritten[0]} of {cls.__name__}.{name} is not written.",
            "It is abstract in the port, and this storage has no code for it.",
            f"Write a class ({kind.__name__}, {cls.repository.__name__}) with"
            f" {', '.join(unwritten)}, and pass it: class {cls.__name__}(...,"
            " repositories=[ThatClass]).",
        )
