"""The domain: what a user is, which rules hold, and the two ports. No storage here."""

import unicodedata
from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email

from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    DomainError,
    Field,
    Key,
    field,
    generated,
)

NAME_LENGTH = 100
EMAIL_LENGTH = 254


class InvalidNameError(DomainError):
    """A name that nobody could be called by."""


class InvalidEmailError(DomainError):
    """Not an e-mail address."""


class EmailTakenError(DomainError):
    """Another user has the e-mail address."""

    def __str__(self) -> str:
        return "Another user has this e-mail address."


def tidy_name(name: str) -> str:
    """Compose its characters (NFC) and let single blanks be its only whitespace."""
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not any(character.isalnum() for character in tidy):
        raise InvalidNameError("The name is blank: it needs a letter or a digit.")
    if len(tidy) > NAME_LENGTH:
        raise InvalidNameError(f"The name is longer than {NAME_LENGTH} characters.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in tidy):
        raise InvalidNameError("The name has control characters in it.")
    return tidy


def tidy_email(email: str) -> str:
    """Check its syntax, without asking the network, and write it in small letters."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError as refusal:
        raise InvalidEmailError(str(refusal)) from refusal
    return checked.normalized.lower()


class User(AggregateRoot):
    id: Key[int] = generated()
    name: Field[str] = field(convert=tidy_name)
    email: Field[str] = field(convert=tidy_email)
    created_at: Field[datetime] = field(factory=lambda: datetime.now(UTC))


class UserRepository(AbstractRepository[User, int]):
    async def find_by_email(self, email: str) -> User | None:
        return await self.first(User.email == tidy_email(email))


class UsersUnitOfWork(AbstractUnitOfWork):
    users: UserRepository
