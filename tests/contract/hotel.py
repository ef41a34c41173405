"""The rooms and stays of the conformance kit."""

from unitwork.testing.conformance.hotel import (
    Hotel,
    HotelUnitOfWork,
    Night,
    Room,
    Stay,
    hotel_schema,
    refused,
)

__all__ = [
    "Hotel",
    "HotelUnitOfWork",
    "Night",
    "Room",
    "Stay",
    "hotel_schema",
    "refused",
]
