"""Bytes, UUIDs and enums."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from unitwork.testing.conformance.battery.cabinet import Hue
from unitwork.testing.conformance.battery.kinds import Json, Kind

_BYTES = (b"", b"\0", b"\0\0", b"\xff", b"\0\xff", b"\xff\0", b"a", b"a\0", b"a ")
_MORE_BYTES = (b"A", b"\\", b"\\x61", b"%", b"'", b"\x80", b"\x7f", b"\xc3\xa9")


class BlobKind(Kind):
    """Bytes."""

    def to_json(self, value: Any) -> Json:
        """Give hexadecimal digits."""
        return value.hex()

    def from_json(self, kept: Json) -> Any:
        """Read hexadecimal digits."""
        return bytes.fromhex(kept)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give zeros, what is no text, and prefixes of each other."""
        return (*_BYTES, *_MORE_BYTES, random.randbytes(3))

    def near(self, value: Any, random: Random) -> Any:
        """Give it with a zero more, a byte less, or in another case."""
        return random.choice(
            (value + b"\0", value[:-1], value.swapcase(), value + b" ")
        )


class UidKind(Kind):
    """UUIDs."""

    def to_json(self, value: Any) -> Json:
        """Give the usual form."""
        return str(value)

    def from_json(self, kept: Json) -> Any:
        """Read the usual form."""
        return UUID(kept)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the ends, and a bit in each of its groups."""
        bits = (0, 1, 1 << 47, 1 << 48, 1 << 63, 1 << 64, 1 << 79, 1 << 96, 1 << 127)
        whole = (1 << 128) - 1
        return [UUID(int=one) for one in (*bits, whole, random.getrandbits(128))]

    def near(self, value: Any, random: Random) -> Any:
        """Give one with another bit."""
        return UUID(int=value.int ^ (1 << random.randrange(128)))


class HueKind(Kind):
    """Members of an enum."""

    ordered = False

    def to_json(self, value: Any) -> Json:
        """Give its name."""
        return value.name

    def from_json(self, kept: Json) -> Any:
        """Read its name."""
        return Hue[kept]

    def spelled(self, value: Any) -> str:
        """Write it as anybody would."""
        return f"Hue.{value.name}"

    def pool(self, random: Random) -> Sequence[Any]:
        """Give all of them."""
        del random
        return tuple(Hue)
