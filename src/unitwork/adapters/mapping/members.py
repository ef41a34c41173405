"""The attributes of attrs classes and dataclasses, with their annotations resolved."""

import dataclasses
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from unitwork.domain.aggregate import AggregateRoot, Entity, Value, declaration
from unitwork.domain.field import Declaration, Field, Key

UNKNOWN = object()
"""In place of an annotation that could not be resolved."""
_GENERATED_BY_ATTRS = "<attrs generated"


@attrs.frozen
class Member:
    """One attribute of a class."""

    name: str
    hint: Any
    """What is inside of Field[...], or UNKNOWN."""
    marker: type | None
    """Field, Key or neither."""
    said: Declaration
    problem: str = ""
    """Why the annotation is unknown."""

    @property
    def is_key(self) -> bool:
        """Tell whether it is marked as the key."""
        return self.marker is not None and issubclass(self.marker, Key)


def has_members(cls: type) -> bool:
    """Tell whether a class is one that attrs or dataclasses has made."""
    return attrs.has(cls) or dataclasses.is_dataclass(cls)


def is_frozen(cls: type) -> bool:
    """Tell whether attributes of its instances cannot be set."""
    if attrs.has(cls):
        return attrs.inspect(cls).is_frozen
    made = getattr(cls, "__dataclass_params__", None)
    return made is not None and bool(made.frozen)


def is_value(cls: type) -> bool:
    """Tell whether a class is kept as part of its owner, without identity."""
    if issubclass(cls, Entity | AggregateRoot):
        return False
    return issubclass(cls, Value) or (has_members(cls) and is_frozen(cls))


def in_slots(cls: type) -> bool:
    """Tell whether any attribute of its instances is outside of their `__dict__`."""
    found = (
        next((vars(k)[n] for k in cls.__mro__ if n in vars(k)), None)
        for n in names_of(cls)
    )
    return any(isinstance(f, types.MemberDescriptorType) for f in found)


def unset(cls: type) -> tuple[str, ...]:
    """Name what attrs expects to be None where `__init__` was not run."""
    if not attrs.has(cls):
        return ()
    kept = attrs.inspect(cls).hashability.name == "HASHABLE_CACHED"
    return ("_attrs_cached_hash",) if kept else ()


def names_of(cls: type) -> tuple[str, ...]:
    """Return the names of the attributes, those of base classes first."""
    if attrs.has(cls):
        return tuple(a.name for a in attrs.fields(cls))
    return tuple(f.name for f in dataclasses.fields(cls))


def equality_is_by_attributes(cls: type) -> bool:
    """Tell whether equal instances have equal attributes, all of them."""
    equal: Any = cls.__eq__
    if equal is object.__eq__:
        return True
    code = getattr(equal, "__code__", None)
    if code is None:
        return False
    if attrs.has(cls):
        return code.co_filename.startswith(_GENERATED_BY_ATTRS) and all(
            a.eq is True and a.eq_key is None for a in attrs.fields(cls)
        )
    return code.co_filename == "<string>" and all(
        f.compare for f in dataclasses.fields(cls)
    )


def members(cls: type, namespace: Mapping[str, Any]) -> Iterator[Member]:
    """Go through the attributes of a class, those of base classes first.

    Args:
        cls: an attrs class or a dataclass.
        namespace: names that annotations may use beside those of their module.
    """
    said = {a.name: declaration(a) for a in attrs.fields(cls)} if attrs.has(cls) else {}
    for name in names_of(cls):
        hint, problem = _hint(cls, name, namespace)
        origin = get_origin(hint)
        marker = (
            origin if isinstance(origin, type) and issubclass(origin, Field) else None
        )
        inside = get_args(hint)[0] if marker else hint
        yield Member(name, inside, marker, said.get(name, Declaration()), problem)


def _hint(cls: type, name: str, namespace: Mapping[str, Any]) -> tuple[Any, str]:
    for owner in cls.__mro__:
        annotations = vars(owner).get("__annotations__", {})
        if name in annotations:
            break
    else:
        return UNKNOWN, ""
    module = vars(sys.modules.get(owner.__module__, types))
    local = "<locals>" in owner.__qualname__
    names = {**module, **namespace} if local else {**namespace, **module}
    holder = types.SimpleNamespace(__annotations__={name: annotations[name]})
    try:
        return get_type_hints(holder, globalns=names)[name], ""
    except Exception as error:  # noqa: BLE001 - an annotation may be any expression
        return UNKNOWN, f"its annotation cannot be resolved at run time ({error})"
