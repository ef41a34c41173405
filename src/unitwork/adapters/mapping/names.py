"""Names of tables, columns and constraints: predictable, and never too long."""

import re
from collections.abc import Iterable
from hashlib import sha256

_LONGEST = 60
_DIGEST = 8
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Write the name of a class as that of a table: OrderLine, order_line."""
    return _SEAM.sub("_", name).lower()


def joined(*parts: str) -> str:
    """Join parts of a name, without the underscores that mark private attributes."""
    return bounded("_".join(part.lstrip("_") for part in parts))


def bounded(name: str) -> str:
    """Shorten a name to 60 characters, the last of them a hash of the whole.

    PostgreSQL cuts names after 63 bytes without a word, MariaDB refuses more than 64.
    """
    if len(name) <= _LONGEST:
        return name
    digest = sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: _LONGEST - _DIGEST - 1]}_{digest}"


def unique_name(table: str, columns: Iterable[str]) -> str:
    """Name a unique constraint."""
    return bounded(f"uq_{table}_{'_'.join(columns)}")


def reference_name(table: str, column: str) -> str:
    """Name a foreign key."""
    return bounded(f"fk_{table}_{column}")
