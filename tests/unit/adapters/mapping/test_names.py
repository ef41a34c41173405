import pytest

from unitwork.adapters.mapping.names import (
    bounded,
    joined,
    reference_name,
    snake_case,
    unique_name,
)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("Order", "order"),
        ("OrderLine", "order_line"),
        ("HTTPServer", "http_server"),
        ("OrderV2Line", "order_v2_line"),
    ],
)
def test_a_class_name_becomes_a_table_name(name: str, table: str) -> None:
    """Words are told apart by their capitals."""
    assert snake_case(name) == table


def test_underscores_of_private_attributes_are_left_out() -> None:
    """A column is no part of a class, so nothing of it is private."""
    assert joined("order", "_lines") == "order_lines"


def test_constraints_are_named_after_table_and_columns() -> None:
    """Migrations and error messages need names that can be foretold."""
    assert unique_name("order", ["tenant", "number"]) == "uq_order_tenant_number"
    assert reference_name("order", "customer") == "fk_order_customer"


def test_a_name_of_sixty_characters_stays() -> None:
    """Only longer ones are in danger."""
    assert bounded("x" * 60) == "x" * 60


def test_a_longer_name_ends_in_a_hash_of_the_whole() -> None:
    """Two long names that begin alike stay different."""
    one, other = bounded("x" * 60 + "a"), bounded("x" * 60 + "b")
    assert len(one) == len(other) == 60
    assert one[:52] == other[:52]
    assert one != other
