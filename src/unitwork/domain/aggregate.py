"""Building blocks of a domain: aggregate roots, entities and values, over attrs."""

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform, get_origin

import attrs

from unitwork.domain.definition import define
from unitwork.domain.errors import MisuseError
from unitwork.domain.event import DomainEvent, recording_order
from unitwork.domain.expression import Path
from unitwork.domain.field import (
    Declaration,
    Field,
    Key,
    field,
    generated,
    key,
    transient,
)

_HEAD = re.compile(r"^\s*([\w.]+)\s*\[")
_DECLARATION = "unitwork"


def _define(cls: type, make: Any, **options: Any) -> None:
    """Apply attrs to a class, and put expressions where its fields are read."""
    markers = {name: _marker(cls, hint) for name, hint in _annotations(cls).items()}
    these = {
        name: _attribute(cls, name, marker)
        for name, marker in markers.items()
        if not _is_class_variable(_annotations(cls)[name])
    }
    for name in these:
        if name in cls.__dict__:
            delattr(cls, name)
    define(cls, make, these=these, slots=False, **options)
    for defined in attrs.fields(cls):
        marker = markers.get(defined.name) or type(_inherited(cls, defined.name))
        if isinstance(marker, type) and issubclass(marker, Field):
            setattr(cls, defined.name, marker(Path(cls, (defined.name,))))


def _attribute(cls: type, name: str, marker: type | None) -> Any:
    said = cls.__dict__.get(name, attrs.NOTHING)
    if not isinstance(said, Declaration):
        if marker is not None and said is not attrs.NOTHING:
            raise MisuseError(
                f"{cls.__name__}.{name} = {said!r} is no way to give a default.",
                "On the class the name stands for an expression, not for a value.",
                f"Write {name}: ... = field(default={said!r}).",
            )
        said = Declaration(default=said)
    check, factory = said.validator, said.factory
    return attrs.field(
        default=attrs.Factory(factory) if factory else said.default,
        init=not said.generated and said.persisted,
        alias=said.alias or name,
        validator=(lambda _self, _attribute, value: check(value)) if check else None,
        converter=said.convert,
        metadata={_DECLARATION: said},
    )


def _annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):  # pragma: no cover - not among the tested versions
        import annotationlib  # noqa: PLC0415 - exists from 3.14 on

        return annotationlib.get_annotations(
            cls, format=annotationlib.Format.FORWARDREF
        )
    return inspect.get_annotations(cls)


def _marker(cls: type, hint: Any) -> type | None:
    """Tell Field from Key from anything else, without resolving what is inside."""
    if not isinstance(hint, str):
        origin = get_origin(hint)
        return origin if origin in (Field, Key) else None
    head = _HEAD.match(hint)
    if head is None:
        return None
    names = vars(sys.modules[cls.__module__])
    first, *rest = head[1].split(".")
    found = names.get(first)
    for part in rest:
        found = getattr(found, part, None)
    if found is None:  # imported inside a function: go by the name
        found = {"Field": Field, "Key": Key}.get(head[1].rpartition(".")[2])
    return found if found in (Field, Key) else None


def _is_class_variable(hint: Any) -> bool:
    if isinstance(hint, str):
        return hint.rpartition("ClassVar")[0] in ("", "typing.", "t.") and (
            "ClassVar" in hint
        )
    return hint is ClassVar or get_origin(hint) is ClassVar


def _inherited(cls: type, name: str) -> Any:
    return next((vars(k)[name] for k in cls.__mro__ if name in vars(k)), None)


class _Block:
    """What roots and entities share: attrs underneath, identity, a safe repr."""

    __slots__ = ()
    _positional: ClassVar[bool] = True

    def __init_subclass__(cls, *, kw_only: bool | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if kw_only is None:
            kw_only = not cls._positional
        _define(cls, attrs.define, kw_only=kw_only, eq=False, repr=False)

    def __repr__(self) -> str:
        """Show the attributes; a key that the database will make shows as unset."""
        names = (a.name for a in attrs.fields(type(self)))  # type: ignore[arg-type]  # a subclass is attrs
        shown = ", ".join(
            f"{name}={self.__dict__[name]!r}"
            if name in self.__dict__
            else f"{name}=<not assigned>"
            for name in names
        )
        return f"{type(self).__name__}({shown})"


@dataclass_transform(
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(field, key, generated, transient),
)
class AggregateRoot(_Block):
    """Derive from it to make an aggregate: the unit of loading, saving and locking.

    A subclass is an attrs class with keyword-only parameters, compared by identity,
    whose persisted attributes are `Field` or `Key`.

    Source: Aggregate (Evans); one root, one version (Optimistic Offline Lock, Fowler).
    """

    __slots__ = ("__weakref__", "_recorded")
    _positional = False
    if TYPE_CHECKING:
        _recorded: list[tuple[int, DomainEvent]]

    def record(self, event: DomainEvent) -> None:
        """Remember that something happened; the unit of work collects it.

        Contract: 35.
        """
        try:
            recorded = self._recorded
        except AttributeError:
            recorded = self._recorded = []
        recorded.append((next(recording_order), event))

    def __getstate__(self) -> dict[str, Any]:
        """Leave recorded events out of copies and pickles."""
        return self.__dict__.copy()


@dataclass_transform(
    eq_default=False, field_specifiers=(field, key, generated, transient)
)
class Entity(_Block):
    """Derive from it to make a part of an aggregate that has an identity.

    It is loaded, saved and versioned with its root. A subclass is an attrs class,
    compared by identity. Its parameters may be given by position, so those that have
    a default come last; `class Slot(Entity, kw_only=True)` takes keywords in any order.

    Source: Entity (Evans).
    """

    __slots__ = ("__weakref__",)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """Derive from it to make a value: frozen, compared by its attributes.

    As with an `Entity`, `kw_only=True` makes it by keywords alone.

    Source: Value Object (Evans).
    """

    def __init_subclass__(cls, *, kw_only: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        _define(cls, attrs.frozen, kw_only=kw_only)


def declaration(attribute: "attrs.Attribute[Any]") -> Declaration:
    """Return what a class said of one of its attributes."""
    said = attribute.metadata.get(_DECLARATION)
    return said if isinstance(said, Declaration) else Declaration()
