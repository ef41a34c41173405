"""A slice of an ordered result."""

import dataclasses

import pytest

from unitwork import Page


def test_page_counts_the_pages() -> None:
    """The last one may be short."""
    assert Page([1, 2], total=5, number=1, size=2).pages == 3
    assert Page([], total=0, number=1, size=2).pages == 0


@pytest.mark.parametrize(
    ("number", "before", "after"),
    [
        (1, False, True),
        (2, True, True),
        (3, True, False),
        (4, True, False),
        (9, False, False),
    ],
)
def test_page_knows_its_neighbours(number: int, before: bool, after: bool) -> None:  # noqa: FBT001
    """Of three pages."""
    page = Page([0], total=5, number=number, size=2)

    assert (page.has_previous, page.has_next) == (before, after)


def test_map_converts_the_items_alone() -> None:
    """So that a handler can return Page[UserOut]."""
    page = Page([1, 2], total=5, number=2, size=2).map(str)

    assert page == Page(["1", "2"], total=5, number=2, size=2)


def test_page_is_a_frozen_dataclass() -> None:
    """Web frameworks serialise it as it is."""
    page = Page([1], total=1, number=1, size=1)

    assert dataclasses.asdict(page) == {
        "items": [1],
        "total": 1,
        "number": 1,
        "size": 1,
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        page.total = 2  # type: ignore[misc]  # what is tested
