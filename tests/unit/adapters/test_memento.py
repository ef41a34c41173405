"""How an aggregate looked, and looks again."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from unitwork import AggregateRoot, Entity, Field, Key, Value, field, transient
from unitwork.adapters.memento import Memento, attributes_of


class Money(Value):
    amount: Field[int]


class Part(Entity):
    name: Key[str]
    notes: Field[list[str]] = field(factory=list)


class Thing(AggregateRoot):
    id: Key[int]
    price: Field[Money] = field(default=Money(1))
    parts: Field[list[Part]] = field(factory=list)
    by_name: Field[dict[str, Part]] = field(factory=dict)
    tags: Field[set[str]] = field(factory=set)
    document: Field[dict[str, Any]] = field(factory=dict)
    owner: "Thing | None" = transient(factory=lambda: None)


@attrs.define
class Slotted:
    id: int
    parts: list[Part]
    extra: int = attrs.field(init=False)


def thing() -> Thing:
    return Thing(
        id=1,
        parts=[Part("a"), Part("b", ["x"])],
        by_name={"c": Part("c")},
        tags={"t"},
        document={"deep": [{"n": 1}]},
    )


CHANGES = {
    "attribute": lambda t: setattr(t, "id", 2),
    "value": lambda t: setattr(t, "price", Money(2)),
    "child": lambda t: setattr(t.parts[0], "name", "z"),
    "child of a child": lambda t: t.parts[1].notes.append("y"),
    "removed child": lambda t: t.parts.pop(0),
    "order": lambda t: t.parts.reverse(),
    "other list": lambda t: setattr(t, "parts", []),
    "dict": lambda t: t.by_name.clear(),
    "child in a dict": lambda t: setattr(t.by_name["c"], "name", "z"),
    "set": lambda t: t.tags.add("u"),
    "document": lambda t: t.document["deep"][0].update(n=2),
    "new attribute": lambda t: setattr(t, "surprise", 1),
    "deleted attribute": lambda t: delattr(t, "price"),
}


@pytest.mark.parametrize("by_value", [True, False])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_anywhere_is_seen_and_put_back_in_place(
    change: Any,
    by_value: bool,  # noqa: FBT001 - either way
) -> None:
    """Values are equal, children and collections are the same objects."""
    item = thing()
    before = dict(vars(item))
    parts, notes = list(item.parts), item.parts[1].notes
    memento = Memento(item, by_value=by_value)
    assert memento.unchanged()

    change(item)
    assert not memento.unchanged()
    memento.restore()

    assert memento.unchanged()
    assert all(vars(item)[name] is value for name, value in before.items())
    assert vars(item).keys() == before.keys()
    assert all(a is b for a, b in zip(item.parts, parts, strict=True))
    assert (item.parts[1].notes, item.parts[1].name) == (["x"], "b")
    assert item.parts[1].notes is notes
    assert item.document == {"deep": [{"n": 1}]}


def test_a_memento_restores_more_than_once() -> None:
    """What it remembers is not handed out."""
    item = thing()
    memento = Memento(item)
    for _ in range(2):
        item.parts.clear()
        memento.restore()
        assert [part.name for part in item.parts] == ["a", "b"]


def test_what_is_only_equal_has_changed_unless_equality_is_trusted() -> None:
    """In JSON, 1 is not True."""
    item = thing()
    item.document["deep"], item.tags = [1], {"t"}
    strict, trusting = Memento(item), Memento(item, by_value=True)
    assert strict.unchanged()
    item.document["deep"][0] = True
    assert (strict.unchanged(), trusting.unchanged()) == (False, True)
    strict.restore()
    assert strict.unchanged()


def test_moments_of_a_place_are_told_apart_by_their_fold() -> None:
    """Equality leaves it out; it is trusted where all moments are UTC."""
    first = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    item = thing()
    item.document["at"] = (first,)
    memento = Memento(item, by_value=True)
    item.document["at"] = (first.replace(fold=1),)
    assert not memento.unchanged()


def test_what_frozen_values_hold_is_put_back() -> None:
    """A frozen object may hold a list, as a tuple may."""

    class Document(Value):
        items: Field[list[int]]

    item = thing()
    inside = [Document([1]), ([2], {"a": {3}})]
    item.document["deep"] = inside
    memento = Memento(item)
    item.document["deep"][0].items.append(4)
    item.document["deep"][1][0].append(5)
    item.document["deep"][1][1]["a"].clear()
    assert not memento.unchanged()
    memento.restore()

    assert item.document["deep"] == [Document([1]), ([2], {"a": {3}})]


def test_what_cannot_be_compared_has_changed() -> None:
    """A signalling NaN raises when it is compared."""
    item = thing()
    memento = Memento(item, by_value=True)
    item.document["deep"] = Decimal("sNaN")
    assert not memento.unchanged()
    memento.restore()

    assert item.document == {"deep": [{"n": 1}]}


def test_a_circle_ends() -> None:
    """A child may know its parent."""
    item = thing()
    item.owner = item
    memento = Memento(item)
    item.owner = None
    memento.restore()

    assert item.owner is item


def test_objects_with_slots_are_remembered_too() -> None:
    """Attrs classes have slots unless they say otherwise."""
    item = Slotted(1, [Part("a")])
    memento = Memento(item)
    item.id, item.extra = 2, 3
    item.parts[0].name = "z"
    assert not memento.unchanged()

    memento.restore()

    assert (item.id, item.parts[0].name, hasattr(item, "extra")) == (1, "a", False)


def test_frozen_and_foreign_objects_have_no_attributes_to_keep() -> None:
    """They cannot change, or are not ours."""
    assert attributes_of(Money(1)) is None
    assert attributes_of(object()) is None
