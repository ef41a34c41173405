"""Requests and results of operations as JSON, by their annotations.

Source: cattrs, with hooks for what JSON lacks.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints
from uuid import UUID

from unitwork.domain.errors import MisuseError
from unitwork.domain.json_value import JsonValue

if TYPE_CHECKING:
    import cattrs

_ALTERNATIVES = (
    "Use JSON's types, enums, UUID, Decimal, dates and times, attrs classes,"
    " dataclasses or pydantic models, and collections of them; of an aggregate its key."
)


def fingerprint(operation: Callable[..., Any], request: object) -> str:
    """Digest what was asked for: alike in every process, now and later.

    Raises:
        MisuseError: something of it has no JSON.
    """
    name = name_of(operation)
    try:
        said = json.dumps(
            [name, _plain(request)], sort_keys=True, allow_nan=False, default=_refuse
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise MisuseError(
            f"The arguments of {name} cannot be told from others: {error}.",
            "With an operation key they are kept, to refuse another request under it.",
            f"{_ALTERNATIVES} Or say what identifies it: keyed(key, request=...).",
        ) from error
    return hashlib.sha256(said.encode()).hexdigest()


class ResultCodec:
    """Turn results of an operation into JSON and back."""

    def __init__(self, operation: Callable[..., Any]) -> None:
        """Read what the operation says it returns; without a word: JSON's own types.

        Raises:
            MisuseError: its annotations cannot be read.
        """
        self._name = name_of(operation)
        self._kind = _returned(operation)
        self._untyped = self._kind in (Any, object) or isinstance(self._kind, TypeVar)

    def encode(self, result: object) -> JsonValue:
        """Return a result as JSON, having seen that it comes back.

        Raises:
            MisuseError: it does not.
        """
        try:
            plain = _plain(result)
            text = json.dumps(plain, allow_nan=False, default=_refuse)
            kept: JsonValue = json.loads(text)
            back = self.decode(kept)
            if self._untyped and back != result:
                raise TypeError(f"{back!r} would come back")  # noqa: TRY301 - one reason of several
        except Exception as error:
            raise MisuseError(
                f"{self._name} returns what cannot be kept: {error!r}.",
                "With an operation key the result is stored, for whoever asks again.",
                f"{_ALTERNATIVES} Annotate what it returns.",
            ) from error
        return kept

    def decode(self, kept: JsonValue) -> Any:
        """Return the result again."""
        if self._untyped:
            return kept
        return _converter().structure(kept, self._kind)


def restored(plain: JsonValue, kind: Any) -> Any:
    """Make a value of an annotated kind from what JSON holds of it.

    Raises:
        Exception: it does not fit.
    """
    return _converter().structure(plain, kind)


def shown(value: object) -> str:
    """Return any value as a line of JSON; of what has none, its `str()`."""
    try:
        return json.dumps(_plain(value), default=str, ensure_ascii=False)
    except Exception:  # noqa: BLE001 - it is for people, and nothing depends on it
        return json.dumps(str(value), ensure_ascii=False)


def name_of(operation: Callable[..., Any]) -> str:
    """Return where an operation is to be found: `module.name`."""
    made = _unwrapped(operation)
    kind = made if hasattr(made, "__qualname__") else type(made)
    return f"{kind.__module__}.{kind.__qualname__}"


def _unwrapped(operation: Callable[..., Any]) -> Any:
    """Return what partial applications are of."""
    made: Any = operation
    while isinstance(made, partial):
        made = made.func
    return made


def _returned(operation: Callable[..., Any]) -> Any:
    made = _unwrapped(operation)
    if not hasattr(made, "__annotations__"):
        made = type(made).__call__
    try:
        return get_type_hints(made).get("return", Any)
    except NameError as error:
        raise MisuseError(
            f"The annotations of {name_of(operation)} cannot be read: {error}.",
            "With an operation key its result is stored, and made again by them.",
            "Import what they name outside of `if TYPE_CHECKING:`.",
        ) from error


def _plain(value: object) -> Any:
    return _converter().unstructure(value)


def _refuse(value: object) -> Any:
    raise TypeError(f"{value!r} has no JSON")


def _is_model(kind: Any) -> bool:
    return hasattr(kind, "model_validate") and hasattr(kind, "model_dump")


@cache
def _converter() -> "cattrs.Converter":
    """Make the converter; sets are sorted, so that equal ones give equal texts."""
    import cattrs.preconf.json  # noqa: PLC0415 - 0.1 s, and only operation keys need it

    made = cattrs.preconf.json.make_converter()
    for kind, write, read in (
        (UUID, str, UUID),
        (Decimal, str, Decimal),
        (time, time.isoformat, time.fromisoformat),
        (timedelta, _as_text, _as_timedelta),
    ):
        made.register_unstructure_hook(kind, write)
        made.register_structure_hook(kind, _reading(read))
    made.register_structure_hook(type(None), _nothing)
    for unordered in (set, frozenset):
        made.register_unstructure_hook(unordered, _sorted)
    made.register_unstructure_hook_func(
        _is_model, lambda model: model.model_dump(mode="json")
    )
    made.register_structure_hook_func(
        _is_model, lambda kept, kind: kind.model_validate(kept)
    )
    return made


def _nothing(kept: Any, _: Any) -> None:
    if kept is not None:
        raise TypeError(f"{kept!r} is not None")


def _reading(read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda kept, _: read(kept)


def _as_text(value: timedelta) -> str:
    return f"{value.days} {value.seconds} {value.microseconds}"


def _as_timedelta(kept: str) -> timedelta:
    days, seconds, microseconds = map(int, kept.split())
    return timedelta(days, seconds, microseconds)


def _sorted(values: Any) -> list[Any]:
    return sorted(map(_plain, values), key=json.dumps)
