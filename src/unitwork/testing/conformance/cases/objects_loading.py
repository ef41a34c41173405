"""Loading sets what was stored, and runs none of the class's own code."""

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest

from unitwork.adapters.mapping import Schema
from unitwork.adapters.storage import ChangeSet, Insert, UnitOptions
from unitwork.domain.aggregate import AggregateRoot
from unitwork.domain.errors import StoredValueError
from unitwork.domain.field import Field, Key, field, transient
from unitwork.domain.json_value import JsonValue
from unitwork.domain.repository import AbstractRepository
from unitwork.domain.unit_of_work import AbstractUnitOfWork
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.declaring import fixture
from unitwork.testing.conformance.shop import Order, Shop, an_order


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


NOTES = Schema(Note)
Notes = Callable[[], NotesUnitOfWork]


@fixture
async def notes(
    storage: Adapter, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notes]:
    """Units on a database of notes."""
    monkeypatch.setattr(Note, "made", [])
    async with storage.database(NOTES) as database:
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
    await _store_note(notes, copies=1, title="t", secret="x")  # noqa: S106 - none
    monkeypatch.setattr(Note, "strict", True)
    assert Note.made == ["n"]
    async with notes() as uow:
        note = await uow.notes.get("n")
        assert (note.copies, note.title, note._secret) == (2, "t", "x")  # noqa: SLF001 - the case
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
