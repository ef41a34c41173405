"""How an order looks: see the conformance kit."""

from unitwork.testing.conformance.looks import (
    Look,
    alter,
    rebind,
    values_of,
)

__all__ = [
    "Look",
    "alter",
    "rebind",
    "values_of",
]
