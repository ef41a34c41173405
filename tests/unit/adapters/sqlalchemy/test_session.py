"""What runs on a unit's connection, and how it ends; on SQLite."""

import asyncio
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy import event, text

from tests.unit.adapters.sqlalchemy.samples import (
    SCHEMA,
    Customer,
    Everything,
    Line,
    Order,
    Parcel,
    SqlShop,
)
from unitwork import (
    ConcurrencyConflictError,
    Outcome,
    ReferenceViolationError,
    UniqueViolationError,
    all_of,
)
from unitwork.adapters.sqlalchemy import SqlAlchemyDatabase
from unitwork.adapters.sqlalchemy.drivers.portable import PortableConnection
from unitwork.adapters.sqlalchemy.phase import Begin, Phase, Step
from unitwork.adapters.sqlalchemy.session import SqlAlchemySession
from unitwork.adapters.storage import Isolation, UnitOptions
from unitwork.domain.errors import MisuseError, StoredValueError
from unitwork.domain.storage_errors import (
    ConnectionLostError,
    StatementTimeoutError,
    StorageBusyError,
    StorageError,
)

ENDLESS = text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    " SELECT count(*) FROM n"
)
WRITES = Begin(Isolation.READ_COMMITTED, writes=True)


@attrs.define
class Heard:
    """The statements that a database was sent."""

    statements: list[str] = attrs.field(factory=list)

    def verbs(self) -> list[str]:
        """Return their first words, and forget them."""
        heard, self.statements = self.statements, []
        return [statement.split()[0] for statement in heard]


@pytest.fixture
def heard(database: SqlAlchemyDatabase) -> Iterator[Heard]:
    """Listen to the database."""
    made = Heard()

    def listen(*arguments: Any) -> None:
        made.statements.append(arguments[2])

    engine = database._gateway.pools.writing.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    yield made
    event.remove(engine, "before_cursor_execute", listen)


async def stored(database: SqlAlchemyDatabase, aggregate: Any) -> Any:
    """Add an aggregate in a unit of its own."""
    async with SqlShop(database) as uow:
        {
            Customer: uow.customers,
            Order: uow.orders,
            Parcel: uow.parcels,
            Everything: uow.everything,
        }[type(aggregate)].add(aggregate)  # type: ignore[attr-defined]  # each its own
        await uow.commit()
    return aggregate


async def test_statements_of_reads_and_commits_are_counted(
    database: SqlAlchemyDatabase, heard: Heard
) -> None:
    """One for each table beyond the first child; a guard for each class."""
    customer = await stored(database, Customer(name="a"))
    order = await stored(database, Order(number=1, lines=[Line("a", 1), Line("b", 2)]))
    parcel = await stored(database, Parcel(id="p", stops=["x"], labels={"y"}))
    heard.verbs()
    async with SqlShop(database) as uow:
        await uow.customers.get(customer.id)
        assert heard.verbs() == ["SELECT"]
        await uow.orders.get(order.id)
        assert heard.verbs() == ["SELECT"]
        await uow.parcels.get(parcel.id)
        assert heard.verbs() == ["SELECT", "SELECT", "SELECT"]
        (await uow.customers.get(customer.id)).name = "b"
        await uow.commit()
        assert heard.verbs() == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]
    async with SqlShop(database) as uow:
        changed = await uow.orders.get(order.id)
        changed.lines[0].quantity += 1
        changed.lines[1] = Line("c", 3)
        heard.verbs()
        await uow.commit()
        assert heard.verbs() == [
            *("BEGIN", "SELECT", "DELETE", "UPDATE", "UPDATE", "INSERT", "COMMIT")
        ]
    async with SqlShop(database) as uow:
        uow.parcels.remove(await uow.parcels.get("p"))
        heard.verbs()
        await uow.commit()
        assert heard.verbs() == ["BEGIN", "SELECT", *["DELETE"] * 3, "COMMIT"]


async def test_alike_neighbours_share_statements(
    database: SqlAlchemyDatabase, heard: Heard
) -> None:
    """A hundred changed aggregates are not a hundred statements."""
    async with SqlShop(database) as uow:
        for number in range(20):
            uow.orders.add(Order(number=number, lines=[Line("a", 1)]))
            uow.parcels.add(Parcel(id=str(number)))
        await uow.commit()
    assert heard.verbs() == ["BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]
    async with SqlShop(database) as uow:
        for order in await uow.orders.matching(all_of()):
            order.number += 100
        heard.verbs()
        await uow.commit()
    assert heard.verbs() == ["BEGIN", "SELECT", "UPDATE", "COMMIT"]


async def test_keys_made_by_the_database_are_given_in_order(
    database: SqlAlchemyDatabase,
) -> None:
    """Each to its own aggregate. Contract: 17."""
    customers = [Customer(name=str(number)) for number in range(30)]
    async with SqlShop(database) as uow:
        for customer in customers:
            uow.customers.add(customer)
        await uow.commit()
    async with SqlShop(database) as uow:
        for customer in customers:
            assert (await uow.customers.get(customer.id)).name == customer.name


async def test_every_type_comes_back_as_it_was(database: SqlAlchemyDatabase) -> None:
    """Contract: 24."""
    thing = await stored(database, Everything())
    async with SqlShop(database) as uow:
        found = await uow.everything.get(thing.id)
        names = vars(thing)
        assert {name: getattr(found, name) for name in names} == names


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("total", "much", "It must be a whole number of 1E-2, below 1000000000000."),
        ("flag", 2, "It must be 0 or 1."),
        ("version", "v", "It must be a whole number."),
    ],
)
async def test_a_stored_value_outside_the_contract_is_named(
    database: SqlAlchemyDatabase, column: str, value: Any, rule: str
) -> None:
    """By table, column and key. Contract: 13."""
    thing = await stored(database, Everything())
    async with database.engine.begin() as connection:
        statement = text(f"UPDATE everything SET {column} = :value")
        await connection.execute(statement, {"value": value})
    with pytest.raises(StoredValueError) as refused:
        async with SqlShop(database) as uow:
            await uow.everything.get(thing.id)
    error = refused.value
    assert (error.table, error.column, error.key) == ("everything", column, thing.id)
    assert (error.value, error.rule) == (value, rule)


async def test_a_null_where_none_may_be_is_named(database: SqlAlchemyDatabase) -> None:
    """A table that somebody else made may hold one."""
    async with database._gateway.pools.writing.connect() as connection:
        await connection.exec_driver_sql("DROP TABLE customer")
        await connection.exec_driver_sql(
            "CREATE TABLE customer (id, name, email, version)"
        )
        await connection.exec_driver_sql(
            "INSERT INTO customer VALUES (1, NULL, NULL, 1)"
        )
    with pytest.raises(StoredValueError) as refused:
        async with SqlShop(database) as uow:
            await uow.customers.get(1)
    assert refused.value.rule == "It must not be NULL."


async def test_child_rows_that_are_gone_are_a_conflict(
    database: SqlAlchemyDatabase,
) -> None:
    """Somebody deleted them without a look at the version."""
    order = await stored(database, Order(number=1, lines=[Line("a", 1)]))
    async with SqlShop(database) as uow:
        (await uow.orders.get(order.id)).lines.clear()
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM order_lines"))
        with pytest.raises(ConcurrencyConflictError) as conflict:
            await uow.commit()
    assert conflict.value.reason == "Rows that it had read are no longer there."


async def test_the_reference_that_failed_is_found(database: SqlAlchemyDatabase) -> None:
    """SQLite says only that one did. Contract: 26."""
    order = await stored(database, Order(number=1))
    other = Order(number=2)
    parcel = await stored(database, Parcel(id="p", order=order.id, back=order.id))
    async with SqlShop(database) as uow:
        uow.parcels.add(Parcel(id="q", order=order.id, back=other.id))
        with pytest.raises(ReferenceViolationError) as missing:
            await uow.commit()
    assert (missing.value.aggregate, missing.value.fields) == (Parcel, ("back",))
    async with SqlShop(database) as uow:
        (await uow.parcels.get(parcel.id)).order = None
        await uow.commit()
    async with SqlShop(database) as uow:
        uow.orders.remove(await uow.orders.get(order.id))
        with pytest.raises(ReferenceViolationError) as referred:
            await uow.commit()
    assert (referred.value.aggregate, referred.value.fields) == (Parcel, ("back",))


async def test_a_reference_that_nobody_knows_stays_unnamed() -> None:
    """A foreign key of the user's own table, for one."""
    database = SqlAlchemyDatabase(SCHEMA, "sqlite+aiosqlite://")
    await database.create_all()
    async with database._gateway.pools.writing.connect() as connection:
        await connection.exec_driver_sql(
            "CREATE TABLE note (customer INTEGER REFERENCES customer (id))"
        )
    customer = await stored(database, Customer(name="a"))
    async with database.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO note VALUES (:id)"), {"id": customer.id}
        )
    async with SqlShop(database) as uow:
        uow.customers.remove(await uow.customers.get(customer.id))
        with pytest.raises(ReferenceViolationError) as referred:
            await uow.commit()
    assert (referred.value.fields, referred.value.constraint) == (
        ("customer",),
        "fk_order_customer",
    )
    await database.dispose()


async def test_a_failed_commit_leaves_a_clean_connection(
    database: SqlAlchemyDatabase,
) -> None:
    """The pool has only this one. Contract: 29."""
    await stored(database, Customer(name="a", email="e"))
    for _ in range(20):
        with pytest.raises(UniqueViolationError):
            await stored(database, Customer(name="b", email="e"))
    async with SqlShop(database) as uow:
        assert await uow.customers.count() == 1


def endless() -> Phase[None]:
    yield Step(ENDLESS, ({},))


async def test_a_cancelled_statement_is_interrupted(
    database: SqlAlchemyDatabase,
) -> None:
    """Its connection stays, and with it a database in memory. Contract: 32."""
    customer = await stored(database, Customer(name="a"))
    driver = database._gateway.driver()
    for begin in (None, WRITES):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await driver.start(endless, begin, read_only=False)
    async with SqlShop(database) as uow:
        assert (await uow.customers.get(customer.id)).name == "a"


async def test_nothing_more_is_sent_after_a_cancellation(
    database: SqlAlchemyDatabase, heard: Heard
) -> None:
    """The phase is over, wherever it was."""
    asked = asyncio.Event()

    def phase() -> Phase[None]:
        yield Step(sa.select(1), ({},))
        asked.set()
        yield Step(ENDLESS, ({},))
        raise AssertionError

    working = asyncio.ensure_future(
        database._gateway.driver().start(phase, None, read_only=False)
    )
    await asked.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert heard.verbs()[0] == "SELECT"


async def test_a_statement_that_takes_too_long_is_stopped() -> None:
    """Servers do so by themselves. Contract: 32."""
    database = SqlAlchemyDatabase(SCHEMA, "sqlite+aiosqlite://", statement_timeout=0.05)
    with pytest.raises(StatementTimeoutError):
        await database._gateway.driver().start(endless, None, read_only=False)
    await database.dispose()


async def test_writers_wait_for_their_turn_as_long_as_they_may(
    database: SqlAlchemyDatabase,
) -> None:
    """Contract: 21, 25."""
    customer = await stored(database, Customer(name="a"))
    async with SqlShop(database) as first:
        await first.customers.get(customer.id, lock=True)
        with pytest.raises(StorageBusyError) as busy:
            await stored(database, Customer(name="b"))
    assert busy.value.detail == (
        "writers of this process kept the others waiting for 0.5 s"
    )


async def cancelled_in_commit(
    database: SqlAlchemyDatabase, uow: SqlShop, customer: Customer
) -> "asyncio.Task[None]":
    """Commit in a task that is cancelled when COMMIT is sent."""

    async def work() -> None:
        async with uow:
            uow.customers.add(customer)
            await uow.commit()

    def cancel(*arguments: Any) -> None:
        if arguments[2] == "COMMIT":
            working.cancel()

    engine = database._gateway.pools.writing.sync_engine
    event.listen(engine, "before_cursor_execute", cancel)
    working = asyncio.ensure_future(work())
    await asyncio.wait([working])
    event.remove(engine, "before_cursor_execute", cancel)
    return working


async def test_a_cancellation_during_commit_is_delivered_after_it(
    database: SqlAlchemyDatabase,
) -> None:
    """The outcome is known by then. Contract: 31."""
    uow = SqlShop(database)
    working = await cancelled_in_commit(database, uow, Customer(name="a"))
    assert working.cancelled()
    assert uow.outcome is Outcome.COMMITTED
    async with uow:
        assert await uow.customers.count() == 1


async def test_a_cancellation_during_a_commit_that_fails_is_delivered(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was applied, and the cause tells why."""
    real = PortableConnection.commit

    async def fail(connection: PortableConnection) -> None:
        await real(connection)
        raise StorageError("refused")

    monkeypatch.setattr(PortableConnection, "commit", fail)
    uow = SqlShop(database)
    working = await cancelled_in_commit(database, uow, Customer(name="a"))
    assert working.cancelled()
    assert uow.outcome is Outcome.ROLLED_BACK


async def test_a_dead_connection_of_the_pool_is_replaced_once(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything was done on it. Contract: 42."""
    failures = [ConnectionLostError("gone"), None]
    real = PortableConnection.run

    async def run(self: PortableConnection, phase: Any, begin: Any = None) -> Any:
        failure = failures.pop(0) if failures else None
        if failure is not None:
            raise failure
        return await real(self, phase, begin)

    monkeypatch.setattr(PortableConnection, "run", run)
    async with SqlShop(database) as uow:
        assert await uow.customers.count() == 0
    failures[:] = [ConnectionLostError("gone"), ConnectionLostError("again")]
    async with SqlShop(database) as uow:
        with pytest.raises(ConnectionLostError, match="again"):
            await uow.customers.count()


async def test_a_connection_that_died_at_work_is_not_replaced(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something may have been done on it."""

    async def run(self: PortableConnection, phase: Any, begin: Any = None) -> Any:
        del phase, begin
        self.touched = True
        raise ConnectionLostError("gone")

    monkeypatch.setattr(PortableConnection, "run", run)
    async with SqlShop(database) as uow:
        with pytest.raises(ConnectionLostError, match="gone"):
            await uow.customers.count()


async def test_a_connection_that_cannot_roll_back_is_destroyed(tmp_path: Any) -> None:
    """Its state is unknown. Contract: 29."""
    database = SqlAlchemyDatabase(SCHEMA, f"sqlite+aiosqlite:///{tmp_path}/a.db")
    lent = await database._gateway.driver().lend(read_only=False)
    driver = lent._driver

    def nothing() -> Phase[None]:
        yield from ()

    await lent.run(nothing(), WRITES)

    def refuse(*arguments: Any) -> None:
        if arguments[2] == "ROLLBACK":
            raise StorageError("broken")

    engine = database._gateway.pools.writing.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    await lent.abandon()
    event.remove(engine, "before_cursor_execute", refuse)
    again = await database._gateway.driver().lend(read_only=False)
    assert again._driver is not driver
    await again.release()
    await database.dispose()


async def test_a_read_that_is_torn_again_and_again_is_made_in_a_snapshot(
    database: SqlAlchemyDatabase, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers cannot starve a reader. Contract: 19."""
    await stored(database, Parcel(id="p", stops=["x"], labels={"y"}))
    versions = iter(range(100))
    reads = database._gateway.reads
    real = type(reads)._children

    def torn(self: Any, layout: Any, sheet: Any, *rest: Any) -> Phase[bool]:
        whole = yield from real(self, layout, sheet, *rest)
        return whole and next(versions) >= 3

    monkeypatch.setattr(type(reads), "_children", torn)
    heard.verbs()
    async with SqlShop(database) as uow:
        parcel = await uow.parcels.get("p")
    assert (parcel.stops, parcel.labels) == (["x"], {"y"})
    assert heard.verbs()[6:] == ["BEGIN", "SELECT", "SELECT", "SELECT", "ROLLBACK"]


async def test_a_read_that_is_torn_inside_a_transaction_is_a_conflict(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no other snapshot to go to."""
    await stored(database, Parcel(id="p"))
    reads = database._gateway.reads

    def torn(*_: Any) -> Phase[bool]:
        yield from ()
        return False

    async with SqlShop(database) as uow:
        await uow.connection()
        monkeypatch.setattr(type(reads), "_children", torn)
        with pytest.raises(ConcurrencyConflictError) as conflict:
            await uow.parcels.get("p")
    assert conflict.value.reason == "It was changed during each attempt to read it."


async def test_a_lock_comes_before_the_snapshot(database: SqlAlchemyDatabase) -> None:
    """The core says so earlier; the storage does not rely on it. Contract: 21."""
    options = UnitOptions(Isolation.SNAPSHOT)
    session = SqlAlchemySession(database._gateway, options)
    await session.load(SCHEMA.mapping(Customer), (1,))
    with pytest.raises(MisuseError) as refused:
        await session.lock(SCHEMA.mapping(Customer), 1)
    assert str(refused.value) == (
        "A snapshot unit asked for a lock or a connection after it had read.\n"
        "Its snapshot is older than the lock and may not show what is locked.\n"
        "Lock before the first read, or use isolation='read_committed'. [misuse]"
    )
    await session.close()


async def test_a_lock_that_meets_a_newer_snapshot_begins_again(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses a lock on what changed while it waited; twice is enough."""
    customer = await stored(database, Customer(name="a"))
    writes = database._gateway.writes
    real, left = type(writes).lock, [1, 2]

    def lock(*arguments: Any) -> Any:
        if left:
            left.pop()
            raise ConcurrencyConflictError
        return real(*arguments)

    monkeypatch.setattr(type(writes), "lock", lock)
    async with SqlShop(database, isolation="snapshot") as uow:
        assert (await uow.customers.get(customer.id, lock=True)).name == "a"
    left[:] = [1, 2, 3]
    async with SqlShop(database, isolation="snapshot") as uow:
        with pytest.raises(ConcurrencyConflictError):
            await uow.customers.get(customer.id, lock=True)


async def test_a_lock_on_what_is_not_there_is_none(
    database: SqlAlchemyDatabase,
) -> None:
    """As a find is."""
    async with SqlShop(database) as uow:
        assert await uow.customers.find(99, lock=True) is None


async def test_a_serializable_unit_commits_only_what_it_could_read_again(
    database: SqlAlchemyDatabase,
) -> None:
    """Keys with their None answers, queries, counts. Contract: 18."""
    customer = await stored(database, Customer(name="a"))

    async def read_key(uow: SqlShop) -> None:
        await uow.customers.find(2)

    async def read_query(uow: SqlShop) -> None:
        await uow.customers.matching(Customer.name == "b")

    async def read_count(uow: SqlShop) -> None:
        await uow.customers.count(Customer.name == "b")

    async def read_existence(uow: SqlShop) -> None:
        await uow.customers.exists(Customer.name == "b")

    for read in (read_key, read_query, read_count, read_existence):
        async with SqlShop(database, isolation="serializable") as uow:
            (await uow.customers.get(customer.id)).name += "!"
            await read(uow)
            session: Any = uow.open_workspace().session
            await session._let_go()  # the one connection, for the other unit
            other = await stored(database, Customer(name="b"))
            with pytest.raises(ConcurrencyConflictError) as conflict:
                await uow.commit()
        assert (
            conflict.value.reason == "What this unit had read has been changed since."
        )
        async with SqlShop(database) as uow:
            uow.customers.remove(await uow.customers.get(other.id))
            await uow.commit()
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE sqlite_sequence SET seq = 1"))


@pytest.mark.parametrize(
    ("isolation", "end"), [("snapshot", "ROLLBACK"), ("serializable", "COMMIT")]
)
async def test_what_a_serializable_unit_only_read_is_committed(
    database: SqlAlchemyDatabase, heard: Heard, isolation: Any, end: str
) -> None:
    """PostgreSQL forgets the reads of what is rolled back. Contract: 18."""
    async with SqlShop(database, isolation=isolation) as uow:
        await uow.customers.count()

    assert heard.verbs() == ["BEGIN", "SELECT", end]


async def test_a_serializable_unit_that_writes_rolls_its_reads_back_first(
    database: SqlAlchemyDatabase, heard: Heard
) -> None:
    """They are run again, and need not hold anybody to them until then."""
    async with SqlShop(database, isolation="serializable") as uow:
        await uow.customers.count()
        uow.customers.add(Customer(name="a"))
        await uow.commit()

    assert heard.verbs() == [
        *("BEGIN", "SELECT", "ROLLBACK"),
        *("BEGIN", "SELECT", "INSERT", "COMMIT"),
    ]


async def test_the_end_of_reads_that_fails_is_no_failure_of_their_unit(
    database: SqlAlchemyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There was nothing to lose, and the connection goes back as after a rollback."""
    pool: Any = database.engine.pool

    async def commit(self: PortableConnection) -> None:
        raise ConnectionLostError("gone")

    async with SqlShop(database, isolation="serializable") as uow:
        await uow.customers.count()
        monkeypatch.setattr(PortableConnection, "commit", commit)

    assert uow.outcome is Outcome.ROLLED_BACK
    assert pool.checkedout() == 0
