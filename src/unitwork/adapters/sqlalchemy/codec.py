"""How one kind of column is kept in one database."""

from collections.abc import Callable
from typing import Any

import attrs
from sqlalchemy.types import TypeEngine, UserDefinedType

Convert = Callable[[Any], Any]


@attrs.frozen
class Codec:
    """Turn canonical values into what a driver stores, and back, exactly.

    None for `write` or `read` means that the driver's own value is the canonical one.
    """

    declared: TypeEngine[Any]
    """The type in CREATE TABLE."""
    write: Convert | None = None
    read: Convert | None = None
    """Raises `Refused` for a stored value that is outside the contract."""
    as_text: bool = False
    """Whether it is selected and compared as text."""
    collation: str | None = None
    """The collation that expressions must name, since the column does not."""
    cast: str | None = None
    """The type that a parameter must name where no column tells it."""

    @property
    def parameter(self) -> "Plain":
        """Return the type of a parameter that meets no column."""
        return PLAIN if self.cast is None else Cast(self.cast)


class Plain(UserDefinedType[Any]):
    """The type of every parameter: the driver gets the value as it is, without a cast.

    Databases infer the type of a parameter from the column that it meets.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Refuse: no column is declared with it."""
        raise NotImplementedError


class Cast(Plain):
    """The same, with a cast written round the parameter."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, name: str) -> None:
        """Take the name of the type, without a length: casts to a length cut."""
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return self.name


PLAIN = Plain()
