"""What a database object may be told about its pools."""

from typing import Any

import attrs


@attrs.frozen
class PoolOptions:
    """How many connections a database object keeps, and for how long.

    A read-only pool, made when the first read-only unit reads, has the same sizes. None
    stands for the dialect's default:

    | option | SQLite | PostgreSQL | MariaDB |
    |---|---|---|---|
    | size | 5 | 10 | 10 |
    | overflow | 15 | 10 | 10 |
    | timeout | 30 s | 30 s | 30 s |
    | recycle | never | never | 1,800 s |

    An in-memory SQLite database has one connection, whatever is said here.
    """

    size: int | None = None
    """Connections that stay open."""
    overflow: int | None = None
    """Connections beyond them, closed when they are given back; -1: no limit."""
    timeout: float | None = None
    """Seconds to wait for a connection to come free."""
    recycle: float | None = None
    """Seconds after which a connection is replaced; -1: never."""

    def arguments(self, defaults: "PoolOptions") -> dict[str, Any]:
        """Return create_engine's arguments."""
        said = {
            name: default if value is None else value
            for (name, value), default in zip(
                attrs.asdict(self).items(), attrs.astuple(defaults), strict=True
            )
        }
        return {
            "pool_size": said["size"],
            "max_overflow": said["overflow"],
            "pool_timeout": said["timeout"],
            "pool_recycle": said["recycle"],
        }
