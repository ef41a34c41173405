"""The services of the users example, on every storage: they do not know which."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import pytest

from examples.users import services
from examples.users.adapters import schema
from examples.users.domain import (
    EmailTakenError,
    InvalidEmailError,
    InvalidNameError,
    User,
    UsersUnitOfWork,
    tidy_email,
    tidy_name,
)
from unitwork import AggregateNotFoundError, Outcome

if TYPE_CHECKING:
    from tests.storages import Storage


@pytest.fixture
async def users(storage: "Storage") -> AsyncIterator[Callable[[], UsersUnitOfWork]]:
    """Units on a fresh database, on each storage in turn."""
    async with storage.database(schema) as database:
        unit = storage.unit(UsersUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


@pytest.fixture
def uow(users: Callable[[], UsersUnitOfWork]) -> UsersUnitOfWork:
    return users()


async def test_a_registered_user_is_stored_tidily(uow: UsersUnitOfWork) -> None:
    user = await services.register(uow, "  Ada \n Null ", " Ada@Example.COM")
    assert uow.outcome is Outcome.COMMITTED
    found = await services.show(uow, user.id)
    assert (found.name, found.email) == ("Ada Null", "ada@example.com")
    assert found.created_at == user.created_at


async def test_an_email_address_is_taken_once_in_whatever_case(
    uow: UsersUnitOfWork,
) -> None:
    await services.register(uow, "Ada", "ada@example.com")
    with pytest.raises(EmailTakenError, match=r"^Another user has this e-mail addr"):
        await services.register(uow, "Impostor", "ADA@example.com")
    assert uow.outcome is Outcome.ROLLED_BACK
    assert (await services.statistics(uow)).users == 1


async def test_whoever_loses_the_race_for_an_address_gets_the_same_answer(
    users: Callable[[], UsersUnitOfWork],
) -> None:
    """Both look before either commits: storage decides, the answer is the domain's."""
    answers = await asyncio.gather(
        *(services.register(users(), n, "a@example.com") for n in "xyz"),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == [
        "EmailTakenError",
        "EmailTakenError",
        "User",
    ]


async def test_a_user_is_changed(uow: UsersUnitOfWork) -> None:
    user = await services.register(uow, "Ada", "ada@example.com")
    await services.change(uow, user.id, "Ada Null", "ada@example.com")
    assert (await services.show(uow, user.id)).name == "Ada Null"


async def test_a_user_may_not_change_to_the_address_of_another(
    uow: UsersUnitOfWork,
) -> None:
    ada = await services.register(uow, "Ada", "ada@example.com")
    await services.register(uow, "Bob", "bob@example.com")
    with pytest.raises(EmailTakenError):
        await services.change(uow, ada.id, "Ada", "Bob@example.com")
    assert (await services.show(uow, ada.id)).email == "ada@example.com"


async def test_a_refused_change_changes_nothing(uow: UsersUnitOfWork) -> None:
    user = await services.register(uow, "Ada", "ada@example.com")
    with pytest.raises(InvalidEmailError):
        await services.change(uow, user.id, "Changed", "nonsense")
    assert (await services.show(uow, user.id)).name == "Ada"


async def test_a_removed_user_is_gone(uow: UsersUnitOfWork) -> None:
    user = await services.register(uow, "Ada", "ada@example.com")
    await services.remove(uow, user.id)
    for use in (services.show, services.remove):
        with pytest.raises(AggregateNotFoundError):
            await use(uow, user.id)


async def test_pages_are_in_the_order_of_registration(uow: UsersUnitOfWork) -> None:
    for name in "abcde":
        await services.register(uow, name, f"{name}@example.com")
    page = await services.browse(uow, 2, 2)
    assert [user.name for user in page.items] == ["c", "d"]
    assert (page.total, page.pages, page.has_next) == (5, 3, True)


async def test_statistics_count_the_new(uow: UsersUnitOfWork) -> None:
    await services.register(uow, "Ada", "ada@example.com")
    assert await services.statistics(uow) == services.Statistics(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("E\u0301lodie  De\u0301", "Élodie Dé"),
        ("\u200fדנה\u200f", "\u200fדנה\u200f"),
        ("Two\r\nLines", "Two Lines"),
        ("李", "李"),
        ("字" * 100, "字" * 100),
    ],
)
def test_names_are_kept_as_people_write_them(name: str, tidy: str) -> None:
    """Only whitespace is tidied, and characters are composed."""
    assert tidy_name(name) == tidy


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "The name is blank: it needs a letter or a digit."),
        ("\u200b \u200f", "The name is blank: it needs a letter or a digit."),
        ("字" * 101, "The name is longer than 100 characters."),
        ("Bell\a", "The name has control characters in it."),
        ("Lone \ud800", "The name has control characters in it."),
    ],
)
def test_a_name_that_nobody_could_have_is_refused(name: str, reason: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        User(name=name, email="a@example.com")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("email", "tidy"),
    [
        (" Ada@EXAMPLE.com ", "ada@example.com"),
        ("rene\u0301@example.net", "rené@example.net"),
        ("πηνελόπη@example.com", "πηνελόπη@example.com"),
        ("a@xn--mnchen-3ya.example.com", "a@münchen.example.com"),
    ],
)
def test_an_email_address_has_one_way_to_be_written(email: str, tidy: str) -> None:
    assert tidy_email(email) == tidy


@pytest.mark.parametrize(
    "email",
    ["", "no-at", "a@b@example.com", "a@localhost", "a@host.invalid", "a@x.test"],
)
def test_what_no_mail_could_reach_is_refused(email: str) -> None:
    with pytest.raises(InvalidEmailError):
        tidy_email(email)
