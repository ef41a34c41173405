"""Values, criteria and orders of a program as Python, for a program that is printed."""

from unitwork.testing.conformance.programs import Json, Values


def where(of: str, criterion: Json) -> str:
    """Spell a criterion."""
    kind, *rest = criterion
    if kind == "all":
        return "all_of()"
    if kind == "not":
        return f"~{where(of, rest[0])}"
    if kind in ("and", "or"):
        sign = " & " if kind == "and" else " | "
        return f"({sign.join(where(of, part) for part in rest)})"
    left = path(of, rest[0])
    if kind == "none":
        return f"{left}.is_none()"
    if kind == "in":
        return f"{left}.in_([{', '.join(_exact(rest[0], one) for one in rest[1])}])"
    right = _exact(rest[0], rest[1])
    return f"{left}.{kind}({right})" if kind.isalpha() else f"({left} {kind} {right})"


def order(of: str, terms: Json) -> str:
    """Spell an order."""
    return f"[{', '.join(_term(of, *term) for term in terms)}]"


def path(of: str, dotted: str) -> str:
    """Spell an attribute, or a part of the price."""
    first, _, part = dotted.partition(".")
    return f"{of}.{first}[Price.{part}]" if part else f"{of}.{first}"


def arguments(values: Values) -> str:
    """Spell what a constructor takes."""
    return ", ".join(f"{name}={value(name, given)}" for name, given in values.items())


def value(field: str, given: Json) -> str:
    """Spell the value of an attribute."""
    if field == "parts":
        return f"[{', '.join(part(*one) for one in given)}]"
    if field == "tags":
        return repr(set(given)) if len(given) < 2 else f"{{{str(given)[1:-1]}}}"  # noqa: PLR2004 - a set of one has one order
    if field == "price" and given is not None:
        return f"Price(Decimal({given['amount']!r}), {given['currency']!r})"
    return repr(given)


def part(slot: str, count: int, site: str | None) -> str:
    """Spell a part."""
    return f"Part({slot!r}, {count!r}, {site!r})"


def _exact(dotted: str, given: Json) -> str:
    amount = dotted == "price.amount" and given is not None
    return f"Decimal({given!r})" if amount else repr(given)


def _term(of: str, dotted: str, direction: str, nulls: str | None) -> str:
    said = "" if nulls is None else f"nulls={nulls!r}"
    return f"{path(of, dotted)}.{direction}({said})"
