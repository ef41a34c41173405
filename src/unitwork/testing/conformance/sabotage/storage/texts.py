"""How texts are compared, found and ordered."""

import re
import unicodedata
from typing import Any

from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.mapping.predicate import arrange
from unitwork.adapters.storage import Record
from unitwork.domain.specification import Operator, TextOperator
from unitwork.testing.conformance.sabotage.evaluating import Evaluating


class SearchIgnoresCase(Evaluating):
    """Finds texts in texts whatever their case."""

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        return super().has(operator, stored.casefold(), text.casefold())


class WildcardsAreLive(Evaluating):
    """Takes % and _ in a text that is looked for as wildcards."""

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        pattern = re.escape(text).replace("%", ".*").replace("_", ".")
        begin = "" if operator is TextOperator.STARTS_WITH else ".*"
        end = "" if operator is TextOperator.ENDS_WITH else ".*"
        return re.fullmatch(begin + pattern + end, stored, re.DOTALL) is not None


class BackslashesEscape(Evaluating):
    """Takes a backslash in a text that is looked for as an escape."""

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        return super().has(operator, stored, re.sub(r"\\(.)", r"\1", text))


class EndsAreStarts(Evaluating):
    """Finds anywhere what shall be found at the end."""

    def has(self, operator: TextOperator, stored: str, text: str) -> bool | None:
        if operator is TextOperator.ENDS_WITH:
            operator = TextOperator.CONTAINS
        return super().has(operator, stored, text)


class EqualityIgnoresCase(Evaluating):
    """Takes texts for equal whatever their case."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if operator is Operator.EQ and isinstance(value, str):
            stored, value = stored.upper(), value.upper()
        return super().compare(operator, stored, value)


class BlanksAreTrimmed(Evaluating):
    """Compares texts without their trailing blanks."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored, value = stored.rstrip(" "), value.rstrip(" ")
        return super().compare(operator, stored, value)


class NormalFormsAreEqual(Evaluating):
    """Compares texts by a normal form."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored = unicodedata.normalize("NFC", stored)
            value = unicodedata.normalize("NFC", value)
        return super().compare(operator, stored, value)


class TextIsOrderedByUtf16(Evaluating):
    """Orders and compares texts by UTF-16, astral characters too low."""

    def ordered(
        self, records: list[Record], order: tuple[SortTerm, ...]
    ) -> list[Record]:
        return arrange(records, order, self._units)

    def _units(self, record: Record) -> tuple[Any, ...]:
        texts = (
            one.encode("utf-16-be") if isinstance(one, str) else one
            for one in record.state[0][0]
        )
        return tuple(texts)

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, str):
            stored, value = stored.encode("utf-16-be"), value.encode("utf-16-be")
        return super().compare(operator, stored, value)
