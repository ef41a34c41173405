"""How other values are compared, and how criteria are put together."""

import struct
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from unitwork.adapters.mapping.criterion import AnyOf, Compare, Criterion, OneOf
from unitwork.domain.specification import Operator
from unitwork.testing.conformance.sabotage.evaluating import Evaluating


class FloatsAreShort(Evaluating):
    """Compares floats in 32 bits."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, float) and max(abs(stored), abs(value)) < 2.0**127:
            stored, value = struct.unpack("ff", struct.pack("ff", stored, value))
        return super().compare(operator, stored, value)


class DecimalsAreFloats(Evaluating):
    """Compares decimals as floats."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, Decimal):
            stored, value = float(stored), float(value)
        return super().compare(operator, stored, value)


class IntegersAreFloats(Evaluating):
    """Compares integers as floats."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if type(value) is int:
            stored, value = float(stored), float(value)
        return super().compare(operator, stored, value)


class MomentsAreWholeSeconds(Evaluating):
    """Compares moments without their microseconds."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, datetime):
            stored, value = stored.replace(microsecond=0), value.replace(microsecond=0)
        return super().compare(operator, stored, value)


class BytesEndAtZero(Evaluating):
    """Compares bytes up to their first zero."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        if isinstance(value, bytes):
            stored, value = stored.split(b"\0")[0], value.split(b"\0")[0]
        return super().compare(operator, stored, value)


class AtMostIsLess(Evaluating):
    """Takes <= for <."""

    def compare(self, operator: Operator, stored: Any, value: Any) -> bool | None:
        operator = Operator.LT if operator is Operator.LE else operator
        return super().compare(operator, stored, value)


class UnequalMatchesNone(Evaluating):
    """Takes None for unequal to a value."""

    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, Compare) and criterion.operator is Operator.NE:
            return bool(row[criterion.column] != criterion.value)
        return super().truth(criterion, row)


class NotOfUnknownIsTrue(Evaluating):
    """Takes the opposite of unknown for true."""

    def opposite(self, known: bool | None) -> bool | None:  # noqa: FBT001 - three values
        return not known


class InWithNoneIsFalse(Evaluating):
    """Takes in_ with None for false where nothing is found."""

    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf):
            criterion = attrs.evolve(criterion, or_unknown=False)
        return super().other(criterion, row)


class InNothingIsUnknownOfNone(Evaluating):
    """Takes an empty in_ for unknown where None is stored."""

    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf) and row[criterion.column] is None:
            return None
        return super().other(criterion, row)


class InTakesOneHundred(Evaluating):
    """Looks at the first hundred values of an in_."""

    def other(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, OneOf):
            criterion = attrs.evolve(criterion, values=criterion.values[:100])
        return super().other(criterion, row)


class AnyOfNothingIsTrue(Evaluating):
    """Takes an alternative of nothing for true."""

    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        return criterion == AnyOf(()) or super().truth(criterion, row)


class UnknownDecidesOr(Evaluating):
    """Takes an alternative for unknown if one part is."""

    def truth(self, criterion: Criterion, row: Any) -> bool | None:
        if isinstance(criterion, AnyOf):
            known = [self.truth(part, row) for part in criterion.parts]
            return None if None in known else True in known
        return super().truth(criterion, row)
