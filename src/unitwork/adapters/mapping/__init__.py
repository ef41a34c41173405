"""Aggregates as rows, described without any database library."""

from unitwork.adapters.mapping.schema import Schema
from unitwork.adapters.mapping.types import (
    Binary,
    Boolean,
    Date,
    Decimal,
    Duration,
    Enumeration,
    Float,
    Integer,
    Json,
    Text,
    Timestamp,
    Uuid,
)

__all__ = [
    "Binary",
    "Boolean",
    "Date",
    "Decimal",
    "Duration",
    "Enumeration",
    "Float",
    "Integer",
    "Json",
    "Schema",
    "Text",
    "Timestamp",
    "Uuid",
]
