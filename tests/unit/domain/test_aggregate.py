"""Building blocks over attrs."""

import copy
import pickle
from typing import Any, ClassVar
from uuid import UUID

import pytest

import unitwork as u
from unitwork import (
    AggregateRoot,
    DomainEvent,
    Entity,
    Field,
    Key,
    KeyNotAssignedError,
    MisuseError,
    Value,
    field,
    generated,
    key,
    new_id,
    transient,
)
from unitwork.domain.definition import define


def events_of(aggregate: AggregateRoot) -> list[tuple[int, DomainEvent]]:
    return getattr(aggregate, "_recorded", [])


class Packed(DomainEvent):
    box: str
    weight: int = 0


class Money(Value):
    amount: Field[int]
    currency: Field[str] = field(default="EUR")


class Item(Entity):
    sku: Key[str]
    quantity: Field[int] = field(default=1)


def not_negative(value: int) -> None:
    if value < 0:
        raise ValueError(value)


class Box(AggregateRoot):
    LIMIT: ClassVar[int] = 3
    id: Key[UUID] = key(factory=new_id)
    label: "Field[str]" = field(convert=str.strip)
    size: u.Field[int] = field(default=1, validator=not_negative)
    items: Field[list[Item]] = field(factory=list)
    _secret: Field[str] = field(default="s", alias="secret")
    cache: dict[str, int] = transient(factory=dict)


class Ticket(AggregateRoot):
    id: Key[int] = generated()
    title: Field[str]


def test_roots_take_keywords_only() -> None:
    """They grow; positions would break."""
    with pytest.raises(TypeError):
        Box("x")  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]  # what is tested


def test_entities_and_values_take_positions() -> None:
    """They are small."""
    assert Item("LAMP", 2).quantity == 2
    assert Money(5) == Money(5, "EUR")


def test_defaults_factories_validators_and_converters_are_those_of_attrs() -> None:
    """On construction and on assignment."""
    box = Box(label=" a ", secret="t")

    assert (box.label, box.size, box.items, box._secret) == ("a", 1, [], "t")
    assert box.items is not Box(label="b").items
    with pytest.raises(ValueError, match="-1"):
        box.size = -1
    box.label = " c "
    assert box.label == "c"


def test_roots_and_entities_compare_by_identity() -> None:
    """Two objects are two."""
    assert Item("a") != Item("a")
    box = Box(label="a")
    assert box == box  # noqa: PLR0124 - what is tested
    assert box != copy.copy(box)
    assert len({box, copy.copy(box)}) == 2


def test_values_compare_by_value_and_are_frozen() -> None:
    """They may be shared."""
    assert hash(Money(1)) == hash(Money(1))
    with pytest.raises(AttributeError):
        Money(1).amount = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # what is tested


def test_events_are_frozen_and_compare_by_value() -> None:
    """They are facts."""
    assert Packed("a") == Packed("a", 0)
    with pytest.raises(AttributeError):
        Packed("a").box = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # what is tested


def test_an_attribute_of_an_instance_is_a_plain_one() -> None:
    """Reading costs no descriptor call: the instance's dictionary answers."""
    box = Box(label="a")

    assert vars(box)["label"] == "a"
    assert not hasattr(type(vars(Box)["label"]), "__set__")


def test_a_key_of_the_database_cannot_be_read_before_commit() -> None:
    """Contract 17; `hasattr` tells it."""
    ticket = Ticket(title="x")

    with pytest.raises(KeyNotAssignedError):
        _ = ticket.id
    assert not hasattr(ticket, "id")


def test_repr_shows_what_is_not_there_yet() -> None:
    """It never raises."""
    assert repr(Ticket(title="x")) == "Ticket(id=<not assigned>, title='x')"
    assert repr(Item("a")) == "Item(sku='a', quantity=1)"


def test_recorded_events_live_outside_eq_repr_and_copies() -> None:
    """Contract 35."""
    box = Box(label="a")
    plain = repr(box)
    box.record(Packed("a"))
    box.record(Packed("b"))

    assert [event for _, event in events_of(box)] == [Packed("a"), Packed("b")]
    assert repr(box) == plain
    for twin in (copy.copy(box), copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert events_of(twin) == []
        assert twin.label == "a"


def test_a_shared_default_is_refused() -> None:
    """A list of the class would be a list of all instances."""
    for default, kind in (([], "list"), ({"a": 1}, "dict"), ({1}, "set")):
        with pytest.raises(MisuseError) as refused:
            field(default=default)

        assert str(refused.value) == (
            f"field(default={default}) would be shared by all instances.\n"
            "A default is one object; a list, dict or set of it can be changed.\n"
            f"Write field(factory={kind}). [misuse]"
        )


def test_a_plain_default_is_refused() -> None:
    """On the class, the name stands for the expression."""
    with pytest.raises(MisuseError) as refused:

        class Wrong(AggregateRoot):
            id: Key[int] = 3  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # what is tested

    assert str(refused.value) == (
        "Wrong.id = 3 is no way to give a default.\n"
        "On the class the name stands for an expression, not for a value.\n"
        "Write id: ... = field(default=3). [misuse]"
    )


def test_fields_are_found_where_the_marker_is_imported_in_a_function() -> None:
    """Annotations are text under `from __future__ import annotations`."""
    from unitwork import Field as Stored

    class Local(AggregateRoot):
        id: "Key[int]"
        name: "Stored[str]" = field(default="")

    assert repr(Local.id) == "Local.id"


@pytest.mark.parametrize("base", [Entity, Value])
def test_a_block_by_keywords_may_begin_with_a_default(base: Any) -> None:
    """A key that is made, first, as people write it."""

    class Slot(base, kw_only=True):  # type: ignore[misc, call-arg]  # a base by parameter
        id: Field[UUID] = field(factory=new_id)
        day: Field[int]

    slot = Slot(day=3)
    assert (slot.day, type(slot.id)) == (3, UUID)
    with pytest.raises(TypeError):
        Slot(3)


def test_an_event_by_keywords_may_begin_with_a_default() -> None:
    """As entities and values."""

    class Moved(DomainEvent, kw_only=True):
        weight: int = 0
        box: str

    assert Moved(box="a") == Moved(box="a", weight=0)


@pytest.mark.parametrize("base", [Entity, Value, DomainEvent])
def test_what_must_be_given_comes_before_what_need_not(base: Any) -> None:
    """At the class statement, in the library's own words."""
    own: Any = {DomainEvent: 0}.get(base, field(default=0))

    class First(base):  # type: ignore[misc]  # a base by parameter
        size: Field[int] = own

    with pytest.raises(MisuseError) as refused:

        class Slot(First):
            day: Field[int]

    assert str(refused.value) == (
        "Slot.day has no default and follows an attribute with one.\n"
        "Slot is made by position, where what may be left out is last.\n"
        "Move day up, or write class Slot(First, kw_only=True), which is made by"
        " keywords in any order. [misuse]"
    )


def test_other_mistakes_of_a_class_stay_as_attrs_tells_them() -> None:
    """Only what is understood is said in other words."""
    with pytest.raises(ValueError, match="both"):
        define(Packed, _refusing)


def _refusing(cls: type) -> None:
    raise ValueError(f"{cls} cannot be both.")
