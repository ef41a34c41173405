"""What the application does: each function is one unit of work.

They know the port alone, so they run the same over HTTP, in a job, and in a test.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from examples.users.domain import EmailTakenError, User, UsersUnitOfWork
from unitwork import Page, UniqueViolationError


async def register(uow: UsersUnitOfWork, name: str, email: str) -> User:
    user = User(name=name, email=email)
    async with uow:
        await refuse_taken(uow, user.email)
        uow.users.add(user)
        await commit(uow)
    return user


async def change(uow: UsersUnitOfWork, key: int, name: str, email: str) -> User:
    async with uow:
        user = await uow.users.get(key)
        await refuse_taken(uow, email, unless_by=user)
        user.name, user.email = name, email
        await commit(uow)
    return user


async def remove(uow: UsersUnitOfWork, key: int) -> None:
    async with uow:
        uow.users.remove(await uow.users.get(key))
        await uow.commit()


async def show(uow: UsersUnitOfWork, key: int) -> User:
    async with uow:
        return await uow.users.get(key)


async def browse(uow: UsersUnitOfWork, number: int, size: int) -> Page[User]:
    async with uow:
        return await uow.users.page(order_by=User.id.asc(), number=number, size=size)


@dataclass(frozen=True)
class Statistics:
    users: int
    new_within_1_day: int
    new_within_7_days: int
    new_within_30_days: int


async def statistics(uow: UsersUnitOfWork) -> Statistics:
    now = datetime.now(UTC)
    async with uow:

        async def new_within(days: int) -> int:
            return await uow.users.count(User.created_at > now - timedelta(days=days))

        return Statistics(
            users=await uow.users.count(),
            new_within_1_day=await new_within(1),
            new_within_7_days=await new_within(7),
            new_within_30_days=await new_within(30),
        )


async def refuse_taken(
    uow: UsersUnitOfWork, email: str, *, unless_by: User | None = None
) -> None:
    if await uow.users.find_by_email(email) not in (None, unless_by):
        raise EmailTakenError


async def commit(uow: UsersUnitOfWork) -> None:
    """Commit; whoever loses a race for an e-mail address gets the same answer."""
    try:
        await uow.commit()
    except UniqueViolationError as violation:
        raise EmailTakenError from violation
