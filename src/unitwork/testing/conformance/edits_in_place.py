"""Do the steps that change an aggregate, on the objects themselves and in place."""

from typing import Any

from unitwork.testing.conformance import expressions
from unitwork.testing.conformance.programs import Json, Step
from unitwork.testing.conformance.warehouse import Part


def edit(aggregate: Any, step: Step) -> bool:
    """Change an aggregate as a step says; False: there was nothing to change."""
    args = step.args
    if step.do == "set":
        _set(aggregate, args["field"], args["value"])
        return True
    if step.do == "note":
        return _note(aggregate.notes, args["name"], args["value"])
    return _part(aggregate.parts, args)


def _set(aggregate: Any, field: str, value: Json) -> None:
    if field == "tags":
        aggregate.tags.clear()
        aggregate.tags.update(value)
    else:
        setattr(aggregate, field, expressions.attributes({field: value})[field])


def _note(notes: dict[str, int], name: str, value: int | None) -> bool:
    if value is not None:
        notes[name] = value
        return True
    return notes.pop(name, None) is not None


def _part(parts: list[Part], args: Json) -> bool:
    if args["how"] == "append":
        taken = any(part.slot == args["slot"] for part in parts)
        if not taken:
            parts.append(Part(args["slot"], args["count"], args["site"]))
        return not taken
    if not parts:
        return False
    at = args["index"] % len(parts)
    if args["how"] == "drop":
        del parts[at]
    elif args["how"] == "turn":
        parts[:] = parts[at:] + parts[:at]
    else:
        parts[at].count, parts[at].site = args["count"], args["site"]
    return True
