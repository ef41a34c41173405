"""What a constraint of the storage refuses, named alike on every storage. Contract: 26.

PersistenceError
├── UniqueViolationError
├── ReferenceViolationError
└── ConstraintViolationError
"""

from typing import ClassVar

from unitwork.domain.errors import PersistenceError, error


@error
class UniqueViolationError(PersistenceError):
    """A value that must be unique is taken."""

    aggregate: type | None
    fields: tuple[str, ...] = ()
    constraint: str | None = None
    code: ClassVar[str] = "unique-violation"

    def describe(self) -> tuple[str, str, str]:
        """Name the class and the fields where they are known."""
        what = self.aggregate.__name__ if self.aggregate else "row"
        fields = ", ".join(self.fields) or "values"
        by = f" (constraint {self.constraint})" if self.constraint else ""
        return (
            f"Another {what} already has the same {fields}{by}.",
            "Nothing of the unit of work was written.",
            "Choose another value, or load the one that has it.",
        )


@error
class ReferenceViolationError(PersistenceError):
    """A reference points at nothing, or a removed aggregate is referred to."""

    aggregate: type | None
    fields: tuple[str, ...] = ()
    constraint: str | None = None
    target: type | None = None
    key: object = None
    """Of the target that is not there, or would not be."""
    circle: tuple[str, ...] = ()
    """What would have to be written before each other, if that is what failed."""
    code: ClassVar[str] = "reference-violation"

    def describe(self) -> tuple[str, str, str]:
        """Name the referring class, its fields and the target where they are known."""
        if self.circle:
            return (
                f"{', '.join(self.circle)} depend on each other in a circle.",
                (
                    "Each would have to be written before the others, as they refer to"
                    " each other. Nothing of the unit of work was written."
                ),
                (
                    "Break the circle in a unit of its own: set one reference to None"
                    " there before they are removed, or set it there after they were"
                    " added."
                ),
            )
        what = self.aggregate.__name__ if self.aggregate else "A row"
        fields = f".{', '.join(self.fields)}" if self.fields else ""
        by = f" (constraint {self.constraint})" if self.constraint else ""
        missing = "something that"
        if self.target is not None and self.key is not None:
            missing = f"{self.target.__name__} {self.key!r}, which"
        return (
            f"{what}{fields} would refer to {missing} is not there{by}.",
            "Nothing of the unit of work was written.",
            "Add the target in the same unit, or remove what refers to it first.",
        )


@error
class ConstraintViolationError(PersistenceError):
    """A constraint of the table, other than unique or reference, said no."""

    constraint: str | None
    detail: str
    code: ClassVar[str] = "constraint-violation"

    def describe(self) -> tuple[str, str, str]:
        """Repeat what the database said."""
        return (
            f"The database refused a row (constraint {self.constraint or 'unnamed'}).",
            f"It said: {self.detail}",
            "Keep the same rule in the domain, so that it is met before the commit.",
        )
