"""Rows, criteria and orders as Python, for a case that is printed."""

from unitwork.testing.conformance.battery.columns import COLUMNS
from unitwork.testing.conformance.battery.kinds import Json

_SIGNS = {"and": " & ", "or": " | "}


def value(of: str, path: str, kept: Json) -> str:
    """Spell the value of a column."""
    kind = COLUMNS[of][path].kind
    return "None" if kept is None else kind.spelled(kind.from_json(kept))


def attributes(of: str, row: Json) -> dict[str, str]:
    """Spell what attributes are set to."""
    found: dict[str, str] = {}
    for path in row:
        first, dot, _ = path.partition(".")
        if path == "labels":
            labels = (f"Label({slot!a}, {text!r})" for slot, text in row[path])
            found[path] = f"[{', '.join(labels)}]"
        elif dot:
            found[first] = _measure(of, first, row)
        else:
            found[path] = value(of, path, row[path])
    return found


def _measure(of: str, name: str, row: Json) -> str:
    columns = COLUMNS[of]
    amount, unit = f"{name}.amount", f"{name}.unit"
    none = columns[amount].default
    by_default = none if none is None else columns[amount].kind.to_json(none)
    said = row.get(amount, by_default)
    if said is None:
        return "None"
    parts = (value(of, amount, said), value(of, unit, row.get(unit)))
    return f"Measure({', '.join(parts)})"


def constructor(of: str, row: Json) -> str:
    """Spell how an aggregate is made."""
    said = (f"{name}={value}" for name, value in attributes(of, row).items())
    return f"{of}({', '.join(said)})"


def where(of: str, criterion: Json) -> str:
    """Spell a criterion."""
    kind, *rest = criterion
    if kind == "not":
        return f"~{where(of, rest[0])}"
    if kind in _SIGNS:
        return f"({_SIGNS[kind].join(where(of, part) for part in rest)})"
    if kind in ("all", "any"):
        parts = ("None" if part is None else where(of, part) for part in rest)
        return f"{kind}_of({', '.join(parts)})"
    return _leaf(of, *criterion)


def _leaf(of: str, kind: str, dotted: str, right: Json = None) -> str:
    left = path(of, dotted)
    if kind in ("none", "true"):
        return f"{left}.is_{kind}()"
    if kind == "in":
        return f"{left}.in_([{', '.join(value(of, dotted, one) for one in right)}])"
    said = value(of, dotted, right)
    return f"{left}.{kind}({said})" if kind.isalpha() else f"({left} {kind} {said})"


def path(of: str, dotted: str) -> str:
    """Spell an attribute, or a part of an embedded value."""
    first, _, part = dotted.partition(".")
    return f"{of}.{first}[Measure.{part}]" if part else f"{of}.{first}"


def order(of: str, terms: Json) -> str:
    """Spell the terms of an order."""
    return f"[{', '.join(_term(of, *term) for term in terms)}]"


def _term(of: str, dotted: str, direction: str, nulls: str | None) -> str:
    said = "" if nulls is None else f"nulls={nulls!r}"
    return f"{path(of, dotted)}.{direction}({said})"
