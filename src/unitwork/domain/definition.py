"""Classes made by attrs, where a mistake in one is told in the library's own words."""

import re
from typing import Any

from unitwork.domain.errors import MisuseError

_DISORDER = re.compile(
    r"^No mandatory attributes allowed after .*?name='(\w+)'", re.DOTALL
)


def define(cls: type, make: Any, **options: Any) -> None:
    """Let attrs make a class.

    Args:
        cls: the class; it is changed in place.
        make: attrs.define or attrs.frozen.
        options: what `make` is told.

    Raises:
        MisuseError: a parameter that must be given follows one that need not.
    """
    try:
        make(cls, **options)
    except ValueError as error:
        disorder = _DISORDER.match(str(error))
        if disorder is None:
            raise
        name, base = disorder[1], cls.__bases__[0].__name__
        raise MisuseError(
            f"{cls.__name__}.{name} has no default and follows an attribute with one.",
            f"{cls.__name__} is made by position, where what may be left out is last.",
            f"Move {name} up, or write class {cls.__name__}({base}, kw_only=True),"
            " which is made by keywords in any order.",
        ) from error
