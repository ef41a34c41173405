"""Criteria, orders and pages as SQL, on each database."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.unit.adapters.sqlalchemy.conftest import URLS
from tests.unit.adapters.sqlalchemy.samples import SCHEMA, Customer, Order
from unitwork.adapters.mapping.criterion import (
    EVERYTHING,
    All,
    AnyOf,
    Compare,
    Criterion,
    HasText,
    IsNone,
    Not,
    OneOf,
)
from unitwork.adapters.mapping.description import SortTerm
from unitwork.adapters.sqlalchemy.dialects.known import dialect_named
from unitwork.adapters.sqlalchemy.laying_out import lay_out
from unitwork.adapters.sqlalchemy.phase import Step
from unitwork.adapters.sqlalchemy.reads import Reads
from unitwork.adapters.sqlalchemy.tables import tables_of
from unitwork.adapters.storage import Query
from unitwork.domain.errors import MisuseError
from unitwork.domain.specification import Operator, TextOperator

EMAIL, NAME = 2, 1
BY_KEY = SortTerm(0, descending=False, nulls_first=False)
Sql = Callable[..., str]


def reads(name: str) -> Reads:
    dialect = dialect_named(name)
    url = make_url(URLS[name])
    return Reads(lay_out(SCHEMA.mappings, tables_of(SCHEMA), dialect, url), dialect)


def first(phase: Any) -> Step:
    step: Step = next(phase)
    phase.close()
    return step


def counted(name: str, criterion: Criterion) -> Step:
    return first(reads(name).count(Query(SCHEMA.mapping(Customer), criterion)))


def scanned(name: str, **query: Any) -> Step:
    return first(reads(name).scan(Query(SCHEMA.mapping(Customer), **query)))


def condition(sql: Sql, name: str, criterion: Criterion) -> str:
    return sql(name, counted(name, criterion).statement).partition(" WHERE ")[2]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (Compare(0, Operator.EQ, 5), "customer.id = ?"),
        (Compare(0, Operator.NE, 5), "customer.id != ?"),
        (Compare(0, Operator.GE, 5), "customer.id >= ?"),
        (Not(Compare(0, Operator.LT, 5)), "customer.id >= ?"),
        (IsNone(EMAIL), "customer.email IS NULL"),
        (Not(IsNone(EMAIL)), "customer.email IS NOT NULL"),
        (OneOf(0, (), or_unknown=False), "0 = 1"),
        (OneOf(0, (), or_unknown=True), "NULL"),
        (
            OneOf(0, (1, 2), or_unknown=False),
            "customer.id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)",
        ),
        (
            OneOf(0, (1,), or_unknown=True),
            "customer.id IN (SELECT anon_1.value FROM json_each(?) AS anon_1) OR NULL",
        ),
        (
            All((IsNone(EMAIL), AnyOf((IsNone(NAME), IsNone(0))))),
            "customer.email IS NULL AND (customer.name IS NULL OR customer.id IS NULL)",
        ),
        (AnyOf(()), "0 = 1"),
        (EVERYTHING, ""),
    ],
)
def test_criteria_become_sql_of_three_valued_logic(
    sql: Sql, criterion: Criterion, expected: str
) -> None:
    """Contract: 22."""
    assert condition(sql, "sqlite", criterion) == expected


@pytest.mark.parametrize(
    ("name", "operator", "expected"),
    [
        ("sqlite", TextOperator.CONTAINS, "instr(customer.name, ?) > ?"),
        ("sqlite", TextOperator.STARTS_WITH, "substr(customer.name, ?, ?) = ?"),
        ("sqlite", TextOperator.ENDS_WITH, "substr(customer.name, -?) = ?"),
        (
            "postgresql",
            TextOperator.CONTAINS,
            "strpos(customer.name, $1) > $2::INTEGER",
        ),
        ("postgresql", TextOperator.STARTS_WITH, "starts_with(customer.name, $1)"),
        ("postgresql", TextOperator.ENDS_WITH, "right(customer.name, $1) = $2"),
        ("mysql", TextOperator.CONTAINS, "locate(%s, customer.name) > %s"),
        ("mysql", TextOperator.STARTS_WITH, "left(customer.name, %s) = %s"),
        ("mysql", TextOperator.ENDS_WITH, "right(customer.name, %s) = %s"),
    ],
)
def test_texts_are_looked_for_without_wildcards(
    sql: Sql, name: str, operator: TextOperator, expected: str
) -> None:
    """LIKE knows wildcards, escapes, and ignores case on SQLite. Contract: 22."""
    assert condition(sql, name, HasText(NAME, operator, "%a")) == expected


@pytest.mark.parametrize("operator", list(TextOperator))
def test_every_text_that_is_there_has_the_empty_text(
    sql: Sql, operator: TextOperator
) -> None:
    """Of a null it is unknown."""
    found = condition(sql, "sqlite", HasText(NAME, operator, ""))
    assert found == "length(customer.name) >= ?"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sqlite", "customer.id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)"),
        ("postgresql", "customer.id = any($1)"),
        ("mysql", "customer.id IN (__[POSTCOMPILE_uw_0])"),
    ],
)
def test_any_number_of_values_is_compared(sql: Sql, name: str, expected: str) -> None:
    """One parameter where the database counts them. Contract: 22."""
    assert condition(sql, name, OneOf(0, (1, 2), or_unknown=False)) == expected


@pytest.mark.parametrize(
    ("name", "term", "expected"),
    [
        ("sqlite", (False, False), "customer.email ASC NULLS LAST"),
        ("sqlite", (True, True), "customer.email DESC NULLS FIRST"),
        ("postgresql", (False, True), "customer.email ASC NULLS FIRST"),
        ("mysql", (False, True), "customer.email ASC"),
        ("mysql", (True, False), "customer.email DESC"),
        ("mysql", (False, False), "customer.email IS NULL ASC, customer.email ASC"),
        ("mysql", (True, True), "customer.email IS NULL DESC, customer.email DESC"),
    ],
)
def test_nulls_stand_where_the_order_says(
    sql: Sql, name: str, term: tuple[bool, bool], expected: str
) -> None:
    """MariaDB takes null for the smallest, and has no words for it. Contract: 23."""
    step = scanned(name, order=(SortTerm(EMAIL, *term), BY_KEY))
    order = sql(name, step.statement).partition(" ORDER BY ")[2]
    assert order == f"{expected}, customer.id ASC"


@pytest.mark.parametrize(
    ("terms", "after", "expected"),
    [
        (((0, False, False),), (5,), "customer.id > ?"),
        (((0, True, False),), (5,), "customer.id < ?"),
        (
            ((EMAIL, False, False), (0, False, False)),
            ("e", 5),
            (
                "customer.email > ? OR customer.email IS NULL"
                " OR customer.email = ? AND customer.id > ?"
            ),
        ),
        (
            ((EMAIL, False, False), (0, False, False)),
            (None, 5),
            "customer.email IS NULL AND customer.id > ?",
        ),
        (
            ((EMAIL, True, True), (0, False, False)),
            (None, 5),
            "customer.email IS NOT NULL OR customer.email IS NULL AND customer.id > ?",
        ),
        (
            ((EMAIL, True, True), (0, False, False)),
            ("e", 5),
            "customer.email < ? OR customer.email = ? AND customer.id > ?",
        ),
    ],
)
def test_a_page_begins_after_the_last_row_of_the_one_before(
    sql: Sql,
    terms: tuple[tuple[int, bool, bool], ...],
    after: tuple[Any, ...],
    expected: str,
) -> None:
    """Over columns that may be null, and downwards. Contract: 23."""
    step = scanned("sqlite", order=tuple(SortTerm(*t) for t in terms), after=after)
    text = sql("sqlite", step.statement)
    assert text.partition(" WHERE ")[2].partition(" ORDER BY ")[0] == expected


def test_limit_and_offset_and_left_out_keys_are_parameters(sql: Sql) -> None:
    """One text serves every page."""
    query = {"limit": 10, "offset": 20, "excluding": (1, 2)}
    step = scanned("sqlite", order=(BY_KEY,), **query)
    assert sql("sqlite", step.statement) == (
        "SELECT customer.version, customer.id, customer.name, customer.email"
        " FROM customer WHERE (customer.id NOT IN (SELECT anon_1.value FROM"
        " json_each(?) AS anon_1)) ORDER BY customer.id ASC LIMIT ? OFFSET ?"
    )
    assert step.parameters == ({"uw_0": "[1, 2]", "uw_1": 10, "uw_2": 20},)


def test_mariadb_is_given_a_limit_with_every_offset(sql: Sql) -> None:
    """It has no OFFSET alone."""
    step = scanned("mysql", offset=20)
    assert sql("mysql", step.statement).endswith("LIMIT %s, 18446744073709551615")


def test_statements_of_one_shape_are_one_object() -> None:
    """So that every cache below hits."""
    made = reads("sqlite")
    mapping = SCHEMA.mapping(Customer)

    def step(criterion: Criterion) -> Step:
        return first(made.count(Query(mapping, criterion)))

    one = step(
        All((Compare(0, Operator.EQ, 1), HasText(1, TextOperator.CONTAINS, "a")))
    )
    two = step(
        All((Compare(0, Operator.EQ, 2), HasText(1, TextOperator.CONTAINS, "b")))
    )
    other = step(Compare(0, Operator.EQ, 1))
    assert one.statement is two.statement
    assert one.statement is not other.statement
    assert two.parameters == ({"uw_0": 2, "uw_1": "b", "uw_2": 1},)


@pytest.mark.no_cover  # tracing would make it many times as slow
def test_shapes_are_forgotten_when_there_are_too_many() -> None:
    """A search screen may make any number of them."""
    made = reads("sqlite")
    mapping = SCHEMA.mapping(Customer)
    first_one = first(made.count(Query(mapping, EVERYTHING))).statement
    for number in range(1, 1002):
        first(made.count(Query(mapping, All((EVERYTHING,) * number))))
    assert first(made.count(Query(mapping, EVERYTHING))).statement is not first_one


def test_one_child_table_is_joined(sql: Sql) -> None:
    """Root and children are of one statement: never torn. Contract: 19."""
    step = first(reads("sqlite").scan(Query(SCHEMA.mapping(Order))))
    assert sql("sqlite", step.statement) == (
        'SELECT "order".version, "order".id, "order".number, "order".customer,'
        " order_lines.sku, order_lines.position, order_lines.quantity"
        ' FROM "order" LEFT OUTER JOIN order_lines ON order_lines.order_id = "order".id'
    )


def test_children_are_joined_onto_the_roots_of_a_page(sql: Sql) -> None:
    """A limit counts roots, not lines."""
    order = (SortTerm(1, descending=True, nulls_first=False), BY_KEY)
    query = Query(SCHEMA.mapping(Order), order=order, limit=2)
    step = first(reads("sqlite").scan(query))
    assert sql("sqlite", step.statement) == (
        "SELECT root.version, root.id, root.number, root.customer, order_lines.sku,"
        " order_lines.position, order_lines.quantity FROM (SELECT"
        ' "order".version AS version, "order".id AS id, "order".number AS number,'
        ' "order".customer AS customer FROM "order" ORDER BY "order".number DESC,'
        ' "order".id ASC LIMIT ? OFFSET ?) AS root LEFT OUTER JOIN order_lines ON'
        " order_lines.order_id = root.id ORDER BY root.number DESC, root.id ASC"
    )


def test_an_unknown_database_is_refused() -> None:
    """The message says which there are."""
    with pytest.raises(MisuseError) as refused:
        dialect_named("oracle")
    assert str(refused.value) == (
        "The database 'oracle' is not known.\n"
        "These are: mariadb, mysql, postgresql, sqlite.\n"
        "Use one of the drivers sqlite+aiosqlite, postgresql+asyncpg,"
        " postgresql+psycopg, mysql+asyncmy, mariadb+asyncmy. [misuse]"
    )
