"""Values, and lists and dicts of them, as one JSON column."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal as PythonDecimal
from typing import Any, get_args, get_origin
from uuid import UUID

import attrs

from unitwork.adapters.mapping.members import (
    UNKNOWN,
    has_members,
    is_value,
    members,
    unset,
)
from unitwork.adapters.mapping.scalars import scalar_type, without_none
from unitwork.adapters.mapping.types import ColumnType, Json, Refused
from unitwork.domain.json_value import JsonValue

_ANYTHING = (JsonValue, Any, object)
_MICROSECOND = timedelta(microseconds=1)


class Undocumented(Exception):  # noqa: N818 - not an error of the library, but its reason
    """Why an annotation cannot be kept as JSON."""


@attrs.define(eq=False)
class Codec:
    """Turn what an annotation describes into what JSON holds, and back."""

    to_plain: Callable[[Any], Any]
    from_plain: Callable[[Any], Any]


@attrs.frozen
class Document(Json):
    """One JSON column that holds objects of the domain."""

    what: str
    """The annotation, as text."""
    codec: Codec = attrs.field(repr=False, eq=False)

    def canonical(self, value: Any) -> str:
        """Return the canonical text."""
        return Json.canonical(self, self.codec.to_plain(value))

    def restore(self, stored: Any) -> Any:
        """Return fresh objects, made without their `__init__`."""
        plain = json.loads(stored)
        try:
            return self.codec.from_plain(plain)
        except (LookupError, TypeError, ValueError, AttributeError) as problem:
            raise Refused(f"It does not fit the annotation ({problem}).") from None


def document(hint: Any, namespace: Mapping[str, Any]) -> Json:
    """Return the column type that keeps what an annotation describes as JSON.

    Raises:
        Undocumented: JSON has no form for it.
    """
    if hint in _ANYTHING:
        return Json()
    what = hint.__name__ if isinstance(hint, type) else repr(hint)
    return Document(what, _Codecs(namespace).of(hint))


def _same(value: Any) -> Any:
    return value


def _expect(value: Any, kind: type) -> None:
    if type(value) is not kind:
        raise Refused(f"It must be of type {kind.__name__}.")


_WRITERS: dict[type, Callable[[Any], Any]] = {
    PythonDecimal: lambda value: str(value).upper(),  # a context may say e for E
    datetime: datetime.isoformat,
    date: date.isoformat,
    timedelta: lambda value: value // _MICROSECOND,
    UUID: str,
    bytes: lambda value: base64.b64encode(value).decode(),
}
_READERS: dict[type, Callable[[Any], Any]] = {
    PythonDecimal: PythonDecimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    timedelta: lambda stored: stored * _MICROSECOND,
    UUID: UUID,
    bytes: base64.b64decode,
}


@attrs.frozen
class _Codecs:
    """Make the codecs of one annotation, one for each class, so that trees work."""

    _namespace: Mapping[str, Any]
    _made: dict[type, Codec] = attrs.field(factory=dict, init=False)

    def of(self, hint: Any) -> Codec:
        inner, nullable = without_none(hint)
        codec = self._required(inner)
        if not nullable:
            return codec
        return Codec(
            lambda value: None if value is None else codec.to_plain(value),
            lambda stored: None if stored is None else codec.from_plain(stored),
        )

    def _required(self, hint: Any) -> Codec:
        if hint in _ANYTHING:
            return Codec(_same, _same)
        if hint is PythonDecimal:
            return _plain(hint, _finite)
        kind = scalar_type(hint)
        if kind is not None:
            return _plain(hint, kind.canonical, kind)
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (list, set, frozenset) or (
            origin is tuple and arguments[1:] == (...,)
        ):
            return _sequence(origin, self.of(arguments[0]))
        if origin is dict and without_none(arguments[0]) == (str, False):
            return _dict(self.of(arguments[1]))
        if isinstance(hint, type) and has_members(hint) and is_value(hint):
            return self._value(hint)
        raise Undocumented(f"it has no form for {hint!r}")

    def _value(self, cls: type) -> Codec:
        if cls in self._made:
            return self._made[cls]
        codec = self._made[cls] = Codec(_same, _same)
        parts: dict[str, Codec] = {}
        for member in members(cls, self._namespace):
            if member.hint is UNKNOWN:
                raise Undocumented(f"{cls.__name__}.{member.name}: {member.problem}")
            parts[member.name] = self.of(member.hint)

        def to_plain(value: Any) -> Any:
            _expect(value, cls)
            return {
                name: part.to_plain(getattr(value, name))
                for name, part in parts.items()
            }

        def from_plain(stored: Any) -> Any:
            made: Any = object.__new__(cls)
            for name, part in parts.items():
                object.__setattr__(made, name, part.from_plain(stored[name]))
            for name in unset(cls):
                object.__setattr__(made, name, None)
            return made

        codec.to_plain, codec.from_plain = to_plain, from_plain
        return codec


def _finite(value: Any) -> PythonDecimal:
    _expect(value, PythonDecimal)
    if not value.is_finite():
        raise Refused("It must be finite: databases disagree on NaN and infinity.")
    return value  # type: ignore[no-any-return]  # just checked


def _plain(
    hint: Any, canonical: Callable[[Any], Any], kind: ColumnType | None = None
) -> Codec:
    write, read = _WRITERS.get(hint, _same), _READERS.get(hint)
    if read is None:
        read = kind.restore if kind else _same
    return Codec(lambda value: write(canonical(value)), read)


def _sequence(container: type, item: Codec) -> Codec:
    def to_plain(value: Any) -> Any:
        _expect(value, container)
        plain = [item.to_plain(each) for each in value]
        return (
            sorted(plain, key=_text)
            if issubclass(container, set | frozenset)
            else plain
        )

    return Codec(
        to_plain, lambda stored: container(map(item.from_plain, _list(stored)))
    )


def _dict(item: Codec) -> Codec:
    def to_plain(value: Any) -> Any:
        _expect(value, dict)
        return {name: item.to_plain(each) for name, each in value.items()}

    return Codec(
        to_plain,
        lambda stored: {n: item.from_plain(each) for n, each in stored.items()},
    )


def _list(stored: Any) -> list[Any]:
    if not isinstance(stored, list):
        raise Refused("It must be a list.")
    return stored


def _text(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True)
