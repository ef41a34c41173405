"""The type of attributes that hold anything JSON can hold."""

from typing import TYPE_CHECKING, NewType, TypeAlias

if TYPE_CHECKING:
    JsonValue: TypeAlias = (
        "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
    )
else:
    JsonValue = NewType("JsonValue", object)
