"""The order in which a unit's writes meet no constraint that the whole keeps."""

from typing import Any

import pytest

from tests.shop import Customer, Folder, Order, Ticket, shop_schema
from unitwork import ReferenceViolationError, UniqueViolationError
from unitwork.adapters.storage import Delete, Insert, Update, Write
from unitwork.adapters.write_order import in_order

SCHEMA = shop_schema()


def state(instance: Any) -> Any:
    return SCHEMA.mapping(type(instance)).dump(instance)


def insert(instance: Any) -> Insert:
    return Insert(SCHEMA.mapping(type(instance)), state(instance))


def delete(instance: Any) -> Delete:
    return Delete(SCHEMA.mapping(type(instance)), 1, state(instance))


def update(before: Any, after: Any) -> Update:
    return Update(SCHEMA.mapping(type(before)), 1, state(before), state(after))


def folder(name: str, parent: str | None = None) -> Folder:
    return Folder(name=name, parent=parent)


def shown(writes: tuple[Write, ...]) -> list[str]:
    return [
        f"{type(w).__name__.lower()} {w.mapping.aggregate.__name__} {w.key}"
        for w in writes
    ]


def test_deletes_then_updates_then_inserts() -> None:
    """And among them, targets of references first or last."""
    customer = Customer(name="a")
    order = Order(number="1", customer=customer.id)
    gone = Customer(name="b")
    gone_order = Order(number="2", customer=gone.id)
    changed = Customer(name="c")
    writes: list[Write] = [
        insert(order),
        update(changed, Customer(id=changed.id, name="d")),
        delete(gone),
        insert(customer),
        delete(gone_order),
    ]

    assert shown(in_order(writes)) == [
        f"delete Order {gone_order.id}",
        f"delete Customer {gone.id}",
        f"update Customer {changed.id}",
        f"insert Customer {customer.id}",
        f"insert Order {order.id}",
    ]


def test_inside_a_class_parents_are_inserted_first() -> None:
    """Whatever the order they were added in."""
    writes: list[Write] = [
        insert(folder("c", "b")),
        insert(folder("b", "a")),
        insert(folder("a")),
    ]

    assert shown(in_order(writes)) == [
        "insert Folder a",
        "insert Folder b",
        "insert Folder c",
    ]


def test_inside_a_class_children_are_deleted_first() -> None:
    """Whatever the order they were removed in."""
    writes: list[Write] = [
        delete(folder("a")),
        delete(folder("b", "a")),
        delete(folder("c", "b")),
    ]

    assert shown(in_order(writes)) == [
        "delete Folder c",
        "delete Folder b",
        "delete Folder a",
    ]


def test_an_update_that_refers_to_a_new_row_comes_after_it() -> None:
    """Although updates come before inserts otherwise."""
    writes: list[Write] = [
        update(folder("b"), folder("b", "new")),
        insert(folder("new")),
    ]

    assert shown(in_order(writes)) == ["insert Folder new", "update Folder b"]


def test_a_delete_comes_after_the_update_that_lets_go() -> None:
    """Although deletes come first otherwise."""
    writes: list[Write] = [
        delete(folder("old")),
        update(folder("b", "old"), folder("b")),
    ]

    assert shown(in_order(writes)) == ["update Folder b", "delete Folder old"]


def test_a_row_may_refer_to_itself() -> None:
    """It needs no other one."""
    assert shown(in_order([insert(folder("a", "a"))])) == ["insert Folder a"]


def test_new_rows_in_a_circle_are_refused() -> None:
    """No order of inserts could keep the references."""
    writes: list[Write] = [
        insert(folder("a", "b")),
        insert(folder("b", "a")),
    ]

    with pytest.raises(ReferenceViolationError) as refused:
        in_order(writes)

    assert (refused.value.aggregate, refused.value.fields) == (Folder, ("parent",))
    assert sorted(refused.value.circle) == ["Folder 'a'", "Folder 'b'"]


def test_removed_rows_in_a_circle_are_refused() -> None:
    """No order of deletes could keep the references either."""
    with pytest.raises(ReferenceViolationError) as refused:
        in_order([delete(folder("a", "b")), delete(folder("b", "a"))])

    assert sorted(refused.value.circle) == ["Folder 'a'", "Folder 'b'"]


def test_two_writes_cannot_take_one_value() -> None:
    """Found before any statement."""
    writes: list[Write] = [
        insert(Ticket(title="x")),
        insert(Ticket(title="x")),
    ]

    with pytest.raises(UniqueViolationError) as refused:
        in_order(writes)

    assert (refused.value.aggregate, refused.value.fields) == (Ticket, ("title",))


def test_a_value_that_an_updated_one_gives_up_cannot_be_taken() -> None:
    """A swap would depend on the order of statements, so it is refused alike."""
    a, b = Order(number="1"), Order(number="2")
    writes: list[Write] = [
        update(a, Order(id=a.id, number="2")),
        update(b, Order(id=b.id, number="1")),
    ]

    with pytest.raises(UniqueViolationError):
        in_order(writes)


def test_a_value_that_a_removed_one_frees_can_be_taken() -> None:
    """Its delete comes first."""
    old, new = Order(number="1"), Order(number="1")

    assert shown(in_order([insert(new), delete(old)])) == [
        f"delete Order {old.id}",
        f"insert Order {new.id}",
    ]


def test_none_is_no_value_that_could_clash() -> None:
    """As in SQL."""
    writes: list[Write] = [
        insert(Customer(name="a")),
        insert(Customer(name="b")),
    ]

    assert len(in_order(writes)) == 2
