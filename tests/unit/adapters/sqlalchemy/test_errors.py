"""What a driver raises, and what the library makes of it. Contract: 27, 41."""

import sqlite3
from typing import Any

import asyncmy.errors
import asyncpg.exceptions
import psycopg.errors
import pytest
from sqlalchemy import exc

from tests.unit.adapters.sqlalchemy.samples import SCHEMA, Customer, Order, Parcel
from unitwork import (
    CommitOutcomeUnknownError,
    ConcurrencyConflictError,
    Outcome,
    PersistenceError,
    ReferenceViolationError,
    UniqueViolationError,
)
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named
from unitwork.adapters.sqlalchemy.errors import Translator
from unitwork.adapters.sqlalchemy.phase import Writes
from unitwork.domain.constraint_errors import ConstraintViolationError
from unitwork.domain.errors import MisuseError
from unitwork.domain.storage_errors import (
    AccessDeniedError,
    ConnectionLostError,
    NotADatabaseError,
    PoolTimeoutError,
    StatementTimeoutError,
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageMissingError,
    StorageReadOnlyError,
)


def translator(name: str) -> Translator:
    return Translator(dialect_named(name), SCHEMA.mappings)


def wrapped(error: Exception) -> exc.DBAPIError:
    return exc.DBAPIError("SELECT 1", None, error)


def sqlite(code: int, text: str = "said") -> Exception:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    error.sqlite_errorname = f"NAME_{code}"
    return error


def postgres(state: str) -> Exception:
    error = asyncpg.exceptions.PostgresError.new({"C": state, "M": "said"})
    assert isinstance(error, Exception)
    return error


def psycopg_(state: str) -> Exception:
    return psycopg.errors.lookup(state)("said")


def mariadb(code: int, text: str = "said") -> Exception:
    error: Exception = asyncmy.errors.OperationalError(code, text)
    return error


CLASSIFIED: list[tuple[str, Exception, type[PersistenceError]]] = [
    ("sqlite", sqlite(sqlite3.SQLITE_BUSY), StorageBusyError),
    ("sqlite", sqlite(sqlite3.SQLITE_LOCKED), StorageBusyError),
    ("sqlite", sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), ConcurrencyConflictError),
    ("sqlite", sqlite(sqlite3.SQLITE_INTERRUPT), StatementTimeoutError),
    ("sqlite", sqlite(sqlite3.SQLITE_FULL), StorageFullError),
    ("sqlite", sqlite(sqlite3.SQLITE_READONLY_DBMOVED), StorageReadOnlyError),
    ("sqlite", sqlite(sqlite3.SQLITE_CORRUPT), StorageCorruptError),
    ("sqlite", sqlite(sqlite3.SQLITE_NOTADB), NotADatabaseError),
    ("sqlite", sqlite(sqlite3.SQLITE_CANTOPEN), StorageMissingError),
    ("sqlite", sqlite(sqlite3.SQLITE_ERROR, "no such table: x"), StorageMissingError),
    ("sqlite", sqlite(sqlite3.SQLITE_ERROR), StorageError),
    ("sqlite", sqlite(sqlite3.SQLITE_CONSTRAINT_CHECK), ConstraintViolationError),
    (
        "sqlite",
        sqlite3.ProgrammingError("Cannot operate on a closed database."),
        ConnectionLostError,
    ),
    ("sqlite", sqlite3.ProgrammingError("Incorrect number of bindings."), StorageError),
    ("postgresql", postgres("40001"), ConcurrencyConflictError),
    ("postgresql", postgres("40P01"), ConcurrencyConflictError),
    ("postgresql", postgres("55P03"), StorageBusyError),
    ("postgresql", postgres("57014"), StatementTimeoutError),
    ("postgresql", postgres("57P01"), ConnectionLostError),
    ("postgresql", postgres("08003"), ConnectionLostError),
    ("postgresql", postgres("53300"), ConnectionLostError),
    ("postgresql", postgres("53100"), StorageFullError),
    ("postgresql", postgres("25006"), StorageReadOnlyError),
    ("postgresql", postgres("3D000"), StorageMissingError),
    ("postgresql", postgres("42P01"), StorageMissingError),
    ("postgresql", postgres("XX001"), StorageCorruptError),
    ("postgresql", postgres("22003"), StorageError),
    ("postgresql", postgres("23514"), ConstraintViolationError),
    ("postgresql", psycopg_("40001"), ConcurrencyConflictError),
    ("postgresql", psycopg_("55P03"), StorageBusyError),
    (
        "postgresql",
        psycopg.OperationalError("the connection is lost"),
        ConnectionLostError,
    ),
    (
        "postgresql",
        psycopg.OperationalError('FATAL:  database "x" does not exist'),
        StorageMissingError,
    ),
    ("postgresql", postgres("28000"), AccessDeniedError),
    ("postgresql", postgres("28P01"), AccessDeniedError),
    ("postgresql", postgres("42501"), AccessDeniedError),
    *(
        ("postgresql", psycopg.OperationalError(said), AccessDeniedError)
        for said in (
            'FATAL:  role "x" does not exist',
            'FATAL:  password authentication failed for user "x"',
            'FATAL:  no pg_hba.conf entry for host "::1", user "x"',
            "connection to server failed: fe_sendauth: no password supplied",
        )
    ),
    ("postgresql", ConnectionRefusedError("refused"), ConnectionLostError),
    ("postgresql", TimeoutError(), ConnectionLostError),
    (
        "postgresql",
        asyncpg.exceptions.InterfaceError("connection is closed"),
        ConnectionLostError,
    ),
    (
        "postgresql",
        asyncpg.exceptions.InterfaceError("too many arguments"),
        StorageError,
    ),
    ("mysql", mariadb(1213), ConcurrencyConflictError),
    ("mysql", mariadb(1020), ConcurrencyConflictError),
    ("mysql", mariadb(1205), StorageBusyError),
    ("mysql", mariadb(1969), StatementTimeoutError),
    ("mysql", mariadb(2013), ConnectionLostError),
    ("mysql", mariadb(1927), ConnectionLostError),
    ("mysql", mariadb(1044), AccessDeniedError),
    ("mysql", mariadb(1045), AccessDeniedError),
    ("mysql", mariadb(1142), AccessDeniedError),
    ("mysql", mariadb(1021), StorageFullError),
    ("mysql", mariadb(1792), StorageReadOnlyError),
    ("mysql", mariadb(1049), StorageMissingError),
    ("mysql", mariadb(1146), StorageMissingError),
    ("mysql", mariadb(1194), StorageCorruptError),
    ("mysql", mariadb(1064), StorageError),
    (
        "mysql",
        asyncmy.errors.InternalError("network operation failed"),
        ConnectionLostError,
    ),
    ("mysql", OSError("broken pipe"), ConnectionLostError),
    ("mysql", asyncmy.errors.InterfaceError(0, "Not connected"), ConnectionLostError),
    ("mysql", asyncmy.errors.DataError("not about the connection"), StorageError),
]


@pytest.mark.parametrize(("name", "error", "expected"), CLASSIFIED)
def test_errors_are_told_apart_by_their_code(
    name: str, error: Exception, expected: type[PersistenceError]
) -> None:
    """The driver's own exception is the cause."""
    raised = error if isinstance(error, OSError) else wrapped(error)
    made = translator(name).translate(raised)
    assert type(made) is expected
    assert made.__cause__ is error
    assert isinstance(made, PersistenceError)
    assert made.outcome is Outcome.ROLLED_BACK


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("sqlite", sqlite3.ProgrammingError("Connection closed")),
        ("postgresql", postgres("08003")),
        ("postgresql", ConnectionResetError()),
        ("mysql", mariadb(2013)),
    ],
)
def test_a_connection_lost_in_commit_leaves_the_outcome_unknown(
    name: str, error: Exception
) -> None:
    """The phase decides, not the code alone. Contract: 27, 30."""
    raised = error if isinstance(error, OSError) else wrapped(error)
    made = translator(name).translate(raised, committing=True)
    assert isinstance(made, CommitOutcomeUnknownError)
    assert made.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL])
def test_a_commit_that_the_database_refused_is_its_own_error(code: int) -> None:
    """Nothing of it was applied."""
    made = translator("sqlite").translate(wrapped(sqlite(code)), committing=True)
    assert isinstance(made, StorageError)
    assert made.outcome is Outcome.ROLLED_BACK


CUSTOMERS = SCHEMA.mapping(Customer)
ORDERS = SCHEMA.mapping(Order)
PARCELS = SCHEMA.mapping(Parcel)


def violated(state: str, **said: str) -> Exception:
    error = postgres(state)
    for name, value in said.items():
        setattr(error, name, value)
    return error


def unique(columns: str) -> Exception:
    text = f"UNIQUE constraint failed: {columns}"
    return sqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE, text)


def duplicate(key: str) -> Exception:
    return mariadb(1062, f"Duplicate entry 'x' for key '{key}'")


UNIQUE: list[tuple[str, Exception, Writes | None, Any]] = [
    (
        "sqlite",
        unique("customer.email"),
        None,
        (Customer, ("email",), "uq_customer_email"),
    ),
    ("sqlite", unique("customer.id"), Writes(CUSTOMERS, 0), (Customer, ("id",), None)),
    ("sqlite", unique("customer.id"), None, (Customer, ("id",), None)),
    ("sqlite", unique("other.a, other.b"), None, (None, ("a", "b"), None)),
    (
        "sqlite",
        unique("index 'ix_lower'"),
        None,
        (None, ("index 'ix_lower'",), "index 'ix_lower'"),
    ),
    (
        "postgresql",
        violated("23505", constraint_name="uq_order_number", table_name="order"),
        None,
        (Order, ("number",), "uq_order_number"),
    ),
    (
        "postgresql",
        violated("23505", constraint_name="order_pkey", table_name="order"),
        Writes(ORDERS, 0),
        (Order, ("id",), None),
    ),
    (
        "postgresql",
        violated("23505", constraint_name="order_lines_pkey", table_name="order_lines"),
        Writes(ORDERS, 1),
        (Order, (), "order_lines_pkey"),
    ),
    (
        "mysql",
        duplicate("uq_order_number"),
        Writes(ORDERS, 0),
        (Order, ("number",), "uq_order_number"),
    ),
    ("mysql", duplicate("PRIMARY"), Writes(ORDERS, 0), (Order, ("id",), None)),
    ("mysql", duplicate("customer.PRIMARY"), None, (None, (), "PRIMARY")),
]


@pytest.mark.parametrize(("name", "error", "writes", "expected"), UNIQUE)
def test_a_value_that_is_taken_is_named_by_its_fields(
    name: str, error: Exception, writes: Writes | None, expected: Any
) -> None:
    """From the constraint's name, or its columns, and the schema. Contract: 26."""
    made = translator(name).translate(wrapped(error), writes=writes)
    assert isinstance(made, UniqueViolationError)
    assert (made.aggregate, made.fields, made.constraint) == expected


def dangling(constraint: str) -> Exception:
    text = (
        "Cannot add or update a child row: a foreign key constraint fails"
        f" (`db`.`parcel`, CONSTRAINT `{constraint}` FOREIGN KEY (`order`)"
        " REFERENCES `order` (`id`))"
    )
    return mariadb(1452, text)


FOREIGN = sqlite(sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed")
REFERENCES: list[tuple[str, Exception, Writes | None, Any]] = [
    ("sqlite", FOREIGN, Writes(ORDERS, 0), (Order, ("customer",), "fk_order_customer")),
    ("sqlite", FOREIGN, Writes(PARCELS, 0), (Parcel, (), None)),
    ("sqlite", FOREIGN, None, (None, (), None)),
    (
        "sqlite",
        FOREIGN,
        Writes(CUSTOMERS, 0, removes=True),
        (Order, ("customer",), "fk_order_customer"),
    ),
    (
        "postgresql",
        violated("23503", constraint_name="fk_parcel_back"),
        None,
        (Parcel, ("back",), "fk_parcel_back"),
    ),
    (
        "postgresql",
        violated("23503", constraint_name="elsewhere"),
        None,
        (None, (), "elsewhere"),
    ),
    (
        "mysql",
        dangling("fk_parcel_order"),
        None,
        (Parcel, ("order",), "fk_parcel_order"),
    ),
]


@pytest.mark.parametrize(("name", "error", "writes", "expected"), REFERENCES)
def test_a_reference_that_fails_is_named_by_its_fields(
    name: str, error: Exception, writes: Writes | None, expected: Any
) -> None:
    """SQLite names none: what was being written tells. Contract: 26."""
    made = translator(name).translate(wrapped(error), writes=writes)
    assert isinstance(made, ReferenceViolationError)
    assert (made.aggregate, made.fields, made.constraint) == expected


@pytest.mark.parametrize(
    ("name", "error", "constraint"),
    [
        (
            "sqlite",
            sqlite(
                sqlite3.SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: t.c"
            ),
            "c",
        ),
        (
            "sqlite",
            sqlite(sqlite3.SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: ck"),
            "ck",
        ),
        ("postgresql", violated("23514", constraint_name="ck"), "ck"),
        ("postgresql", violated("23502", column_name="c"), "c"),
        ("mysql", mariadb(4025, "CONSTRAINT `ck` failed for `db`.`t`"), "ck"),
        ("mysql", mariadb(1048, "Column 'c' cannot be null"), "c"),
        ("mysql", mariadb(1364, "Field 'c' doesn't have a default value"), "c"),
        ("mysql", mariadb(1048, "something else"), None),
    ],
)
def test_other_constraints_are_named_as_far_as_the_database_does(
    name: str, error: Exception, constraint: str | None
) -> None:
    """By name, or by column."""
    made = translator(name).translate(wrapped(error))
    assert isinstance(made, ConstraintViolationError)
    assert made.constraint == constraint


def test_a_pool_without_a_free_connection_has_its_own_error() -> None:
    """It is SQLAlchemy's, and has no driver's error."""
    raised = exc.TimeoutError("QueuePool limit of size 1 reached (Background on this)")
    made = translator("sqlite").translate(raised)
    assert isinstance(made, PoolTimeoutError)
    assert made.detail == "QueuePool limit of size 1 reached"


def test_other_errors_of_sqlalchemy_are_storage_errors() -> None:
    """None escapes."""
    made = translator("sqlite").translate(exc.InvalidRequestError("closed"))
    assert type(made) is StorageError


@pytest.mark.parametrize(
    "error", [MisuseError("what", "why", "how"), KeyError("x"), KeyboardInterrupt()]
)
def test_what_is_not_of_the_database_is_left_alone(error: BaseException) -> None:
    """A bug keeps its traceback."""
    assert translator("sqlite").translate(error) is error
    with pytest.raises(type(error)), translator("sqlite").translating():
        raise error


def test_a_block_lets_no_error_of_the_driver_out() -> None:
    """The cause is the driver's."""
    native = sqlite(sqlite3.SQLITE_BUSY)
    with (
        pytest.raises(StorageBusyError) as raised,
        translator("sqlite").translating(),
    ):
        raise wrapped(native)
    assert raised.value.__cause__ is native
