"""What the steps that change an aggregate do to its values."""

from unitwork.testing.conformance.programs import Json, Step, Values


def edited(values: Values, step: Step) -> Values | None:
    """Return the values after a step, or None if it finds nothing to change."""
    args = step.args
    if step.do == "set":
        value = args["value"]
        new = sorted(set(value)) if args["field"] == "tags" else value
        return {**values, args["field"]: new}
    if step.do == "note":
        return _noted(values, args["name"], args["value"])
    parts = _parts(list(values["parts"]), args)
    return None if parts is None else {**values, "parts": parts}


def _noted(values: Values, name: str, value: int | None) -> Values | None:
    others = {n: v for n, v in values["notes"].items() if n != name}
    if value is not None:
        return {**values, "notes": {**others, name: value}}
    return {**values, "notes": others} if name in values["notes"] else None


def _parts(parts: list[Json], args: Json) -> list[Json] | None:
    if args["how"] == "append":
        slots = [part[0] for part in parts]
        new = [args["slot"], args["count"], args["site"]]
        return None if args["slot"] in slots else [*parts, new]
    if not parts:
        return None
    at = args["index"] % len(parts)
    if args["how"] == "drop":
        return parts[:at] + parts[at + 1 :]
    if args["how"] == "turn":
        return parts[at:] + parts[:at]
    changed = [parts[at][0], args["count"], args["site"]]
    return [*parts[:at], changed, *parts[at + 1 :]]
