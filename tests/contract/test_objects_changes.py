"""What a change is, and what it is not."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest

from tests.contract.looks import values_of
from tests.shop import (
    Allocation,
    Counter,
    Money,
    Order,
    OrderLine,
    Shop,
    an_order,
    open_shop,
)
from unitwork import (
    AbstractRepository,
    AbstractUnitOfWork,
    AggregateRoot,
    Field,
    JsonValue,
    Key,
    StoredValueError,
    field,
)
from unitwork.adapters.mapping import Schema
from unitwork.adapters.storage import ChangeSet, Insert, UnitOptions
from unitwork.domain.field import transient

if TYPE_CHECKING:
    from tests.storages import Storage
    from unitwork.adapters.sqlalchemy import SqlAlchemyUnitOfWork
    from unitwork.adapters.unit_of_work import IsolationName

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Changes = list[tuple[str, Any]]


def _line_changed(order: Order) -> None:
    order.line("DESK").quantity += 1


def _line_added(order: Order) -> None:
    order.lines.append(OrderLine("SOFA", 1))


def _line_removed(order: Order) -> None:
    order.lines.remove(order.line("DESK"))


def _lines_reversed(order: Order) -> None:
    order.lines.reverse()


def _lines_rebound(order: Order) -> None:
    order.lines = [*order.lines, OrderLine("SOFA", 1)]


def _line_replaced(order: Order) -> None:
    order.lines[1] = OrderLine("DESK", 77)


def _allocation_changed(order: Order) -> None:
    order.lines[0].allocations[1].quantity = 99


def _allocation_added(order: Order) -> None:
    order.lines[2].allocations.append(Allocation("b3", 5))


def _allocation_removed(order: Order) -> None:
    del order.lines[0].allocations[0]


def _tag_added(order: Order) -> None:
    order.tags.add("late")


def _tag_removed(order: Order) -> None:
    order.tags.discard("gift")


def _price_changed(order: Order) -> None:
    order.prices["LAMP"] = 11


def _price_added(order: Order) -> None:
    order.prices["SOFA"] = 300


def _price_removed(order: Order) -> None:
    del order.prices["DESK"]


def _value_replaced(order: Order) -> None:
    order.total = Money(Decimal("220.50"), "USD")


def _value_removed(order: Order) -> None:
    order.discount = None


CHILD_CHANGES = [
    *(_line_changed, _line_added, _line_removed, _lines_reversed, _lines_rebound),
    *(_line_replaced, _allocation_changed, _allocation_added, _allocation_removed),
    *(_tag_added, _tag_removed, _price_changed, _price_added, _price_removed),
    *(_value_replaced, _value_removed),
]


@pytest.mark.parametrize("change", CHILD_CHANGES)
async def test_a_change_in_any_child_is_a_change_of_its_root(
    shop: Shop, change: Callable[[Order], None]
) -> None:
    """Contract 13: it is stored, and the version of the root is another one."""
    discount = Money(Decimal("1.00"), "EUR")
    await shop.store(stored := an_order(discount=discount))
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        before = uow.version_of(order)
        change(order)
        await uow.commit()
        after = uow.version_of(order)
        assert after != before
    async with shop.unit() as uow:
        found = await uow.orders.get(stored.id)
        assert values_of(found) == values_of(order)
        assert values_of(found) != values_of(stored)
        assert uow.version_of(found) == after


def _put_back(order: Order) -> None:
    lines, note = [*order.lines], order.note
    order.note, order.lines = "?", []
    order.note, order.lines = note, lines


def _put_equal_parts_in_place(order: Order) -> None:
    desk = order.line("DESK")
    order.lines[1] = OrderLine(desk.sku, desk.quantity)
    order.tags, order.prices = set(order.tags), dict(reversed(order.prices.items()))
    order.total = Money(order.total.amount, order.total.currency)


def _write_the_same_values_otherwise(order: Order) -> None:
    order.total = Money(Decimal("220.5"), "EUR")
    order.weight = 0
    order.placed = NOON.astimezone(timezone(timedelta(hours=5)))


@pytest.mark.parametrize(
    "change", [_put_back, _put_equal_parts_in_place, _write_the_same_values_otherwise]
)
async def test_what_equals_the_baseline_is_no_change(
    shop: Shop, applied: Changes, change: Callable[[Order], None]
) -> None:
    """Contract 13: values are compared, in their canonical form; nothing is written."""
    await shop.store(stored := an_order(placed=NOON))
    applied.clear()
    async with shop.unit() as uow:
        order = await uow.orders.get(stored.id)
        before = uow.version_of(order)
        change(order)
        await uow.commit()
        assert uow.version_of(order) == before
    assert applied == []


async def test_what_the_raw_hatch_wrote_is_the_baseline_from_then_on(
    sql_storage: "Storage",
) -> None:
    """Contract 13: a value that is put back after it is a change again."""
    async with open_shop(sql_storage) as shop:
        await shop.store(Counter(name="back"), Counter(name="on"))
        async with shop.unit() as uow:
            back, on = await uow.counters.get("back"), await uow.counters.get("on")
            back.value = on.value = 1
            await cast("SqlAlchemyUnitOfWork", uow).connection()
            back.value, on.value = 0, 2
            await uow.commit()
        async with shop.unit() as uow:
            assert (await uow.counters.get("back")).value == 0
            assert (await uow.counters.get("on")).value == 2


async def test_what_was_only_read_is_not_written_and_does_not_conflict(
    shop: Shop, applied: Changes
) -> None:
    """Contract 13: others may change it meanwhile; the unit writes what it changed."""
    await shop.store(Counter(name="read"), Counter(name="written"))
    isolations: list[IsolationName] = ["read_committed", "snapshot"]
    for isolation in isolations:
        applied.clear()
        async with shop.unit(isolation) as uow:
            read = await uow.counters.get("read")
            (await uow.counters.get("written")).value += 1
            async with shop.unit() as other:
                (await other.counters.get("read")).value += 1
                await other.commit()
            assert await uow.counters.get("read") is read
            await uow.commit()
        assert applied == [("Update", "read"), ("Update", "written")]
    async with shop.unit() as uow:
        assert (await uow.counters.get("read")).value == 2
        assert (await uow.counters.get("written")).value == 2


async def test_an_aggregate_stays_clean_after_it_was_written(
    shop: Shop, applied: Changes
) -> None:
    """Contract 13: loaded again, in the same form, it equals what was dumped."""
    await shop.store(stored := an_order(placed=NOON, weight=0.1, note="été 😀"))
    applied.clear()
    async with shop.unit() as uow:
        await uow.orders.get(stored.id)
        await uow.commit()
    assert applied == []


class Note(AggregateRoot):
    """A class whose construction does what a load must not do."""

    made: ClassVar[list[str]] = []
    strict: ClassVar[bool] = False

    id: Key[str]
    body: Field[JsonValue] = field(default=None)
    copies: Field[int] = field(default=0, convert=lambda value: value + 1)
    title: Field[str] = field(default="-", validator=lambda _: Note.refuse())
    _secret: Field[str] = field(default="s", alias="secret")
    cache: dict[str, int] = transient(factory=lambda: {"fresh": 1})

    def __attrs_post_init__(self) -> None:
        self.made.append(self.id)

    @classmethod
    def refuse(cls) -> None:
        if cls.strict:
            raise ValueError("a validator ran")


class NotesUnitOfWork(AbstractUnitOfWork):
    notes: AbstractRepository[Note, str]


Notes = Callable[[], NotesUnitOfWork]


@pytest.fixture
async def notes(
    storage: "Storage", monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notes]:
    """Units on a database of notes."""
    monkeypatch.setattr(Note, "made", [])
    async with storage.database(Schema(Note)) as database:
        unit = storage.unit(NotesUnitOfWork)  # type: ignore[type-abstract]  # a port
        yield lambda: unit(database)


async def _store_note(notes: Notes, **given: Any) -> None:
    async with notes() as uow:
        uow.notes.add(Note(id="n", **given))
        await uow.commit()


async def test_loading_runs_no_converter_validator_or_init(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 13: the stored values are set as they are, private ones too."""
    await _store_note(notes, copies=1, title="t", secret="x")
    monkeypatch.setattr(Note, "strict", True)
    assert Note.made == ["n"]
    async with notes() as uow:
        note = await uow.notes.get("n")
        assert (note.copies, note.title, note._secret) == (2, "t", "x")
        assert Note.made == ["n"]
        with pytest.raises(ValueError, match="a validator ran"):
            note.title = "set by hand"


async def test_what_was_loaded_does_not_look_changed(notes: Notes) -> None:
    """Contract 13: a unit that only got it has nothing to commit."""
    await _store_note(notes, copies=1, body={"b": [1, {"c": None}], "a": "é"})
    async with notes() as uow:
        await uow.notes.get("n")  # leaving raises if anything is pending


async def test_unmapped_attributes_of_what_was_loaded_have_their_defaults(
    notes: Notes,
) -> None:
    """Contract 13: each instance has its own; a change of them is no change."""
    await _store_note(notes)
    async with notes() as one, notes() as two:
        first, second = await one.notes.get("n"), await two.notes.get("n")
        assert first.cache == second.cache == {"fresh": 1}
        first.cache["seen"] = 2
        assert second.cache == {"fresh": 1}
        async with one:
            first.cache["more"] = 3


JSON_CHANGES: dict[str, tuple[Any, Any, bool]] = {
    "nested": ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, True),
    "true for one": ({"a": 1}, {"a": True}, True),
    "one for true": ([True], [1], True),
    "a float for an integer": ([1], [1.0], True),
    "null for missing": ({"a": None}, {}, True),
    "other order of names": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
    "the same, made anew": ({"a": [1, "é"]}, {"a": [1, "é"]}, False),
}


@pytest.mark.parametrize("name", JSON_CHANGES)
async def test_json_is_compared_as_text(notes: Notes, name: str) -> None:
    """Contract 13: the canonical text decides, in place or put anew."""
    before, after, differs = JSON_CHANGES[name]
    await _store_note(notes, body=before)
    async with notes() as uow:
        note = await uow.notes.get("n")
        version = uow.version_of(note)
        assert note.body == before
        note.body = after
        await uow.commit()
        assert (uow.version_of(note) != version) is differs
    async with notes() as uow:
        found = (await uow.notes.get("n")).body
        assert repr(found) == repr(after if differs else before)


async def test_json_changed_in_place_is_a_change_and_can_be_undone(
    notes: Notes,
) -> None:
    """Contract 13: what lies deep inside is part of the aggregate."""
    await _store_note(notes, body={"a": [1, {"b": 2}]})
    async with notes() as uow:
        body: Any = (await uow.notes.get("n")).body
        inner = body["a"][1]
        async with uow:
            inner["b"] = 3
            body["a"].insert(0, "new")
            await uow.rollback()
        assert body == {"a": [1, {"b": 2}]}
        assert body["a"][1] is inner
        inner["b"] = 4
        await uow.commit()
    async with notes() as uow:
        assert (await uow.notes.get("n")).body == {"a": [1, {"b": 4}]}


async def test_a_stored_value_outside_the_contract_is_named(shop: Shop) -> None:
    """Contract 13: table, column and key; whoever wrote it, it is not loaded."""
    mapping = shop.database.schema.mapping(Order)
    order = an_order()
    (root,), *children = mapping.dump(order)
    status = mapping.columns["status",]
    foreign = (*root[:status], "LOST", *root[status + 1 :])
    session = shop.database.open(UnitOptions())
    try:
        write = Insert(mapping, ((foreign,), *children))
        await session.apply(ChangeSet(7, (write,)))
    finally:
        await session.close()
    async with shop.unit() as uow:
        for read in (lambda: uow.orders.get(order.id), uow.orders.page):
            with pytest.raises(StoredValueError) as caught:
                await read()
            named = caught.value
            assert (named.table, named.column) == ("order", "status")
            assert (named.key, named.value) == (order.id, "LOST")
        assert await uow.orders.count() == 1
