"""Texts that are taken for each other: case, blanks, normal forms, wildcards."""

import unicodedata
from collections.abc import Sequence
from random import Random
from typing import Any

import attrs

from unitwork.testing.conformance.battery.kinds import Kind

_FAMILIES = (
    ("a", "A", "b", "B", "ab", "aB", "ba"),
    ("%", "_", "\\", "\\%", "\\_", "\\\\", "a", "*", "?", "["),
    (" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "a"),
    ("'", '"', "''", "`", ";", "--", "\\'", "\\", "\x01", "\x7f"),
    ("é", "e\u0301", "É", "E\u0301", "e", "ö", "o\u0308", "한", "ㅎ\u314f"),
    ("ß", "ss", "SS", "ẞ", "ﬁ", "fi", "Σ", "\u03c3", "ς"),
    ("i", "I", "İ", "\u0131", "i\u0307"),
    ("😀", "👩\u200d🔬", "\U0010ffff", "\ue000", "\uffff", "中", "z"),
    ("0", "1", "9", "10", "01", "1.0", "-1", "1e0"),
)
"""Pieces of texts that are taken for each other."""
_WHOLE = ("", "null", "NULL", "None", "true")


@attrs.frozen
class TextKind(Kind):
    """Texts of at most `length` characters."""

    length: int
    searched = True

    def spelled(self, value: Any) -> str:
        """Write it so that every character shows."""
        return ascii(value)

    def pool(self, random: Random) -> Sequence[Any]:
        """Give the pieces of one family, and some of them together."""
        family = random.choice(_FAMILIES)
        made = ["".join(random.choices(family, k=1 + n // 3)) for n in range(3, 15)]
        texts = (*family, *made, random.choice(_WHOLE), made[0] * self.length)
        return [text[: self.length] for text in texts]

    def near(self, value: Any, random: Random) -> Any:
        """Change its case, blanks, normal form, wildcards, or an end."""
        found = [alter(value)[: self.length] for alter in _ALTERATIONS]
        return random.choice([text for text in found if text != value] or found)

    def many(self, count: int) -> Sequence[Any]:
        """Give numbers as texts."""
        return [str(number) for number in range(count)]


_ALTERATIONS = (
    str.swapcase,
    str.casefold,
    str.strip,
    lambda text: text + " ",
    lambda text: " " + text,
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: text[:-1] + "_",
    lambda text: text[:1] + "%",
    lambda text: text.replace("\\", "\\\\"),
    lambda text: text[1:],
    lambda text: text[:-1],
    lambda text: text + "\x01",
)
