"""The storages of this library, each asked everything that adapters are asked."""

from tests.storages import (
    InMemory,
    MariaDb,
    PostgresByAsyncpg,
    PostgresByPsycopg,
    Sqlite,
)
from unitwork.testing import conformance_suite

TestInMemory = conformance_suite(InMemory)
TestSqlite = conformance_suite(Sqlite)
TestPostgresByAsyncpg = conformance_suite(PostgresByAsyncpg)
TestPostgresByPsycopg = conformance_suite(PostgresByPsycopg)
TestMariaDb = conformance_suite(MariaDb)
