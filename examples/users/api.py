"""The HTTP API. A handler gets a unit that is not open, and hands it to a service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from examples.users import services
from examples.users.domain import EmailTakenError, UsersUnitOfWork
from unitwork import DomainError, Page, PersistenceError
from unitwork.entrypoints.problems import MEDIA_TYPE, Problem, problem


@dataclass(frozen=True)
class Units:
    """Where the handlers get their units from; the composition root fills it."""

    reading: Callable[[], UsersUnitOfWork]
    writing: Callable[[], UsersUnitOfWork]
    dispose: Callable[[], Awaitable[None]]


async def reading(request: Request) -> UsersUnitOfWork:
    units: Units = request.app.state.units
    return units.reading()


async def writing(request: Request) -> UsersUnitOfWork:
    units: Units = request.app.state.units
    return units.writing()


Reading = Annotated[UsersUnitOfWork, Depends(reading)]
Writing = Annotated[UsersUnitOfWork, Depends(writing)]
UserKey = Annotated[int, Path(ge=1, lt=2**63)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]


class UserIn(BaseModel):
    name: str
    email: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    email: str
    created_at: datetime


router = APIRouter(tags=["users"])


@router.post("/users", status_code=HTTPStatus.CREATED)
async def create_user(uow: Writing, body: UserIn, response: Response) -> UserOut:
    user = await services.register(uow, body.name, body.email)
    response.headers["Location"] = f"/users/{user.id}"
    return UserOut.model_validate(user)


@router.get("/users")
async def list_users(
    uow: Reading, number: PageNumber = 1, size: PageSize = 20
) -> Page[UserOut]:
    users = await services.browse(uow, number, size)
    return users.map(UserOut.model_validate)


@router.get("/users/{key}")
async def get_user(uow: Reading, key: UserKey) -> UserOut:
    return UserOut.model_validate(await services.show(uow, key))


@router.put("/users/{key}")
async def change_user(uow: Writing, key: UserKey, body: UserIn) -> UserOut:
    user = await services.change(uow, key, body.name, body.email)
    return UserOut.model_validate(user)


@router.delete("/users/{key}", status_code=HTTPStatus.NO_CONTENT)
async def remove_user(uow: Writing, key: UserKey) -> None:
    await services.remove(uow, key)


@router.get("/stats")
async def get_statistics(uow: Reading) -> services.Statistics:
    return await services.statistics(uow)


def application(units: Units) -> FastAPI:
    """Make the API over units of any storage."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await units.dispose()

    refusal = {"description": "A problem document", "content": {MEDIA_TYPE: {}}}
    app: FastAPI = FastAPIOffline(
        title="Users",
        description="An example of unitwork: each request is one unit of work.",
        lifespan=lifespan,
        responses={"422": refusal, "default": refusal},
    )
    app.state.units = units
    app.include_router(router)
    app.add_exception_handler(Exception, answer)
    for kind in (DomainError, PersistenceError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)
    return app


async def answer(_: Request, error: Exception) -> JSONResponse:
    """Answer an error with a problem document (RFC 9457)."""
    found = described(error)
    return JSONResponse(found.document(), found.status, media_type=MEDIA_TYPE)


def described(error: Exception) -> Problem:
    """Say what the framework refuses in the same form as everything else."""
    if isinstance(error, RequestValidationError):
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return Problem(status, "about:blank", status.phrase, "; ".join(wrong))
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(error.status_code, "about:blank", phrase, error.detail)
    return problem(error, statuses={EmailTakenError: HTTPStatus.CONFLICT})
