"""Fields: typed on the class as expressions, on the instance as plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

import attrs

from unitwork.domain.errors import KeyNotAssignedError, MisuseError
from unitwork.domain.expression import Path

T = TypeVar("T")
A = TypeVar("A")
_NOTHING: Any = attrs.NOTHING


class Field(Generic[T]):
    """Mark a persisted attribute: `sku: Field[str]`.

    At run time a non-data descriptor, so that reading and writing an attribute of an
    instance is plain attribute access and costs nothing extra.
    """

    __slots__ = ("path",)

    def __init__(self, path: Path[Any, T]) -> None:
        """Stand for `path` on its class."""
        self.path = path

    @overload
    def __get__(self, instance: None, owner: type[A]) -> Path[A, T]: ...
    @overload
    def __get__(self, instance: object, owner: type[A]) -> T: ...
    def __get__(self, instance: object, owner: type[Any]) -> Any:
        """Give the expression; on an instance the value, which is not there yet."""
        if instance is None:
            return self.path
        raise KeyNotAssignedError(owner, self.path.names[0])

    if TYPE_CHECKING:

        def __set__(self, instance: object, value: T) -> None: ...


class Key(Field[T]):
    """Mark the attribute that identifies: `reference: Key[str]`."""

    __slots__ = ()


@dataclass(frozen=True)
class Declaration:
    """What a class says of one attribute, beside its annotation."""

    default: Any = _NOTHING
    factory: Callable[[], Any] | None = None
    alias: str | None = None
    validator: Callable[[Any], object] | None = None
    convert: Callable[[Any], Any] | None = None
    generated: bool = False
    persisted: bool = True


@overload
def field(
    *,
    default: T,
    alias: str | None = None,
    validator: Callable[[T], object] | None = None,
    convert: Callable[[Any], T] | None = None,
) -> Field[T]: ...
@overload
def field(
    *,
    factory: Callable[[], T],
    alias: str | None = None,
    validator: Callable[[T], object] | None = None,
    convert: Callable[[Any], T] | None = None,
) -> Field[T]: ...
@overload
def field(
    *,
    alias: str | None = None,
    validator: Callable[[Any], object] | None = None,
    convert: Callable[[Any], Any] | None = None,
) -> Any: ...
def field(**options: Any) -> Any:  # noqa: D417 - the overloads name them
    """Say more of a persisted attribute than its annotation does.

    Args:
        default: the value where the constructor is given none; not a list, dict or
            set, which all instances would share.
        factory: makes that value anew for each instance.
        alias: the constructor's name for it, for private attributes.
        validator: called with each new value; raises to refuse it.
        convert: called with each new value; what it returns is kept.

    Loading from storage runs neither validators nor converters (contract 13).
    """
    if isinstance(options.get("default"), list | dict | set):
        raise MisuseError(
            f"field(default={options['default']!r}) would be shared by all instances.",
            "A default is one object; a list, dict or set of it can be changed.",
            f"Write field(factory={type(options['default']).__name__}).",
        )
    return Declaration(**options)


def key(*, factory: Callable[[], T], alias: str | None = None) -> Key[T]:
    """Make keys on the client.

    As in `id: Key[UUID] = key(factory=new_id)`.
    """
    declared: Any = Declaration(factory=factory, alias=alias)
    return declared  # type: ignore[no-any-return]  # what a checker sees is the Key


def generated(*, init: Literal[False] = False) -> Any:
    """Let the database make an integer key, at commit (contract 17).

    Args:
        init: not an option; it tells type checkers that the constructor has no such
            parameter.
    """
    del init
    return Declaration(generated=True)


def transient(*, factory: Callable[[], Any], init: Literal[False] = False) -> Any:
    """Declare an attribute that is not persisted.

    As in `cache: dict[str, int] = transient(factory=dict)`. A loaded aggregate has
    the factory's value.
    """
    del init
    return Declaration(factory=factory, persisted=False)
