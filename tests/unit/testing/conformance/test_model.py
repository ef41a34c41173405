"""The contract as an executable model, by hand-written programs."""

import ast
from pathlib import Path

import pytest

from tests.unit.testing.conformance.written import (
    added,
    again,
    committed,
    counted,
    entered,
    found,
    left,
    matched,
    opened,
    put,
    removed,
    rolled_back,
    stored,
)
from unitwork.testing.conformance import oracle
from unitwork.testing.conformance.differential import predict
from unitwork.testing.conformance.programs import Json, Step, program, step

CONFLICT, UNIQUE = "ConcurrencyConflictError", "UniqueViolationError"
REFERENCE, CLOSED = "ReferenceViolationError", "UnitOfWorkClosedError"
SITE_A, SITE_B = added(0, "Site", "a"), added(0, "Site", "b")
ITEM_A = added(0, "Item", "a", label="x", rank=1)
ITEM_B = added(0, "Item", "b", label="y")


def last(*steps: Step) -> Json:
    """Give what the model says of the last step."""
    return predict(program(*steps))[-1]


def errors(observed: Json) -> list[Json]:
    return [tuple(raised) for raised in observed.get("raises", ())]


def ranks(observed: Json) -> list[Json]:
    return [values["rank"] for *_, values in observed["found"]]


def test_an_object_is_shown_with_its_number_version_and_values() -> None:
    """Versions are the numbers of the commits that wrote them."""
    observed = last(*stored(SITE_A), opened(1), found(1, "Site", "a"))
    none = {"town": None, "zone": None, "parent": None}
    assert observed == {"found": ["Site", "a", 0, 1, none]}


def test_what_has_nothing_to_work_on_is_skipped() -> None:
    """Any part of a program is a program."""
    assert last(committed(0)) == {"skipped": True}
    assert last(opened(0), opened(0)) == {"skipped": True}
    assert last(opened(0), again(0, "Site", "a")) == {"skipped": True}


def test_the_second_writer_meets_a_conflict() -> None:
    """Contract 16."""
    both = opened(1), opened(2), put(1, "Item", "a", "rank", 2)
    observed = last(
        *stored(ITEM_A),
        *both,
        put(2, "Item", "a", "tags", ["x"]),
        committed(1),
        committed(2),
    )
    assert errors(observed) == [(CONFLICT, "Item", "a")]
    assert observed["outcome"] == "rolled back"
    assert observed["objects"][0][2]["tags"] == ["x"]


def test_a_value_that_was_set_back_is_no_change() -> None:
    """Contract 13: nor does it conflict."""
    observed = last(
        *stored(ITEM_A),
        opened(1),
        put(1, "Item", "a", "rank", 2),
        put(1, "Item", "a", "rank", 1),
        *stored(put(0, "Item", "a", "rank", 3)),
        committed(1),
    )
    assert observed["outcome"] == "committed"


@pytest.mark.parametrize(
    ("isolation", "seen"),
    [("read_committed", [2, None]), ("snapshot", [1]), ("serializable", [1])],
)
def test_a_unit_sees_what_its_isolation_says(isolation: str, seen: list[int]) -> None:
    """Contract 18: a snapshot is that of the first read."""
    observed = last(
        *stored(ITEM_A),
        opened(1, isolation),
        counted(1, "Item"),
        *stored(put(0, "Item", "a", "rank", 2), ITEM_B),
        matched(1, "Item"),
    )
    assert ranks(observed) == seen


@pytest.mark.parametrize(
    ("isolation", "raised"),
    [
        ("read_committed", []),
        ("snapshot", []),
        ("serializable", [(CONFLICT, None, None)]),
    ],
)
def test_only_a_serializable_unit_reads_again(
    isolation: str, raised: list[Json]
) -> None:
    """Contract 18: a phantom is a difference."""
    observed = last(
        opened(1, isolation),
        counted(1, "Item"),
        added(1, "Site", "a"),
        *stored(ITEM_A),
        committed(1),
    )
    assert errors(observed) == raised


def test_a_serializable_unit_that_only_reads_never_conflicts() -> None:
    """Contract 18."""
    reads = opened(1, "serializable"), counted(1, "Item")
    assert last(*reads, *stored(ITEM_A), committed(1))["outcome"] == "committed"


def test_a_loaded_aggregate_stays_as_loaded_and_others_are_read_anew() -> None:
    """Contract 18, 20: what a query leaves out is not loaded."""
    observed = last(
        *stored(ITEM_A, ITEM_B),
        opened(1),
        put(1, "Item", "a", "tags", ["x"]),
        matched(1, "Item", limit=1),
        *stored(put(0, "Item", "a", "rank", 7), put(0, "Item", "b", "rank", 8)),
        matched(1, "Item"),
    )
    assert ranks(observed) == [1, 8]


def test_an_undone_scope_undoes_just_its_own_work() -> None:
    """Contract 6: what it read stays read."""
    outer = opened(1), put(1, "Item", "a", "rank", 2)
    inner = (
        entered(1),
        put(1, "Item", "a", "rank", 3),
        removed(1, "Item", "b"),
        added(1, "Item", "c"),
        step("record", 1, of="Item", key="a", number=1),
        left(1, raising=True),
    )
    undone = last(*stored(ITEM_A, ITEM_B), *outer, *inner)
    assert (undone["outcome"], undone["events"]) == ("active", [])
    observed = last(*stored(ITEM_A, ITEM_B), *outer, *inner, matched(1, "Item"))
    assert [view[1:3] for view in observed["found"]] == [["a", 0], ["b", 1]]
    assert ranks(observed) == [2, None]


def test_a_block_that_ends_with_changes_and_neither_call_says_so() -> None:
    """Contract 5: in a nested block too."""
    observed = last(opened(0), entered(0), SITE_A, left(0))
    assert errors(observed) == [("UncommittedChangesError", None, None)]
    assert errors(last(opened(0), entered(0), SITE_A, left(0), left(0))) == []


def test_an_ended_block_is_not_used_again() -> None:
    """Contract 2."""
    closed = [(CLOSED, None, None)]
    assert errors(last(opened(0), committed(0), SITE_A)) == closed
    assert errors(last(opened(0), rolled_back(0), committed(0))) == closed
    assert errors(last(opened(0), committed(0), entered(0))) == closed


def test_a_replacement_keeps_the_version_and_what_refers_to_it() -> None:
    """Contract 12: one update."""
    steps = (
        *stored(SITE_A, added(0, "Item", "a", site="a")),
        opened(1),
        removed(1, "Site", "a"),
        added(1, "Site", "a", town="x"),
    )
    assert last(*steps)["found"][2:4] == [1, 1]
    assert last(*steps, committed(1))["outcome"] == "committed"


def test_add_then_remove_is_nothing() -> None:
    """Contract 12: its events are nothing too."""
    recorded = step("record", 0, of="Site", key="a", number=1)
    observed = last(opened(0), SITE_A, recorded, removed(0, "Site", "a"), committed(0))
    assert (observed["outcome"], observed["events"]) == ("committed", [])


def test_a_key_that_the_unit_holds_is_refused_at_once_one_of_storage_at_commit() -> (
    None
):
    """Contract 12, 26."""
    refused = [(UNIQUE, "Site", ["code"])]
    assert errors(last(opened(0), SITE_A, SITE_A)) == refused
    late = added(1, "Site", "a")
    assert errors(last(*stored(SITE_A), opened(1), late)) == []
    assert errors(last(*stored(SITE_A), opened(1), late, committed(1))) == refused


def test_a_unique_value_is_taken_once_and_none_is_no_value() -> None:
    """Contract 26: two columns together."""
    site = {"town": "x", "zone": 1}
    same = opened(1), added(1, "Site", "b", **site), committed(1)
    taken = [(UNIQUE, "Site", ["town", "zone"])]
    assert errors(last(*stored(added(0, "Site", "a", **site)), *same)) == taken
    half = added(0, "Site", "a", town="x"), added(0, "Site", "b", town="x")
    assert errors(predict(program(*stored(*half)))[-2]) == []


def test_a_value_that_a_changed_one_gives_up_is_not_to_be_taken_a_removed_ones_is() -> (
    None
):
    """Contract 26: decided before anything is sent, and before any conflict."""
    take = put(1, "Item", "b", "label", "x")
    stale = stored(put(0, "Item", "a", "rank", 9))
    given = put(1, "Item", "a", "label", None)
    begun = *stored(ITEM_A, ITEM_B), opened(1), found(1, "Item", "a")
    refused = [(UNIQUE, "Item", ["label"])]
    assert errors(last(*begun, given, take, *stale, committed(1))) == refused
    freed = last(*begun, removed(1, "Item", "a"), take, committed(1))
    assert freed["outcome"] == "committed"


def test_a_conflict_has_precedence_over_what_storage_finds() -> None:
    """Contract 26."""
    observed = last(
        *stored(ITEM_A, ITEM_B),
        opened(1),
        put(1, "Item", "a", "label", "y"),
        *stored(put(0, "Item", "a", "rank", 9)),
        committed(1),
    )
    assert errors(observed) == [(CONFLICT, "Item", "a")]


def test_references_are_judged_against_what_would_be_stored() -> None:
    """Contract 26: missing targets, and those that are still referred to."""
    refers = added(0, "Item", "a", site="a", parts=[["p", 1, "b"]])
    missing = errors(last(opened(0), refers, committed(0)))
    assert sorted(missing) == [
        (REFERENCE, "Item", ["parts.site"]),
        (REFERENCE, "Item", ["site"]),
    ]
    both = *stored(SITE_A, SITE_B, refers), opened(1), removed(1, "Site", "a")
    still = [(REFERENCE, "Item", ["site"])]
    assert errors(last(*both, committed(1))) == still
    dropped = put(1, "Item", "a", "site", None)
    assert last(*both, dropped, committed(1))["outcome"] == "committed"


def test_what_no_order_of_writes_could_do_is_refused() -> None:
    """Contract 26: new ones in a circle; a freed value that comes too late."""
    refused = [(REFERENCE, None, None), (UNIQUE, None, None)]
    circle = added(0, "Site", "a", parent="b"), added(0, "Site", "b", parent="a")
    assert errors(last(opened(0), *circle, committed(0))) == refused
    town = {"town": "x", "zone": 1}
    begun = stored(added(0, "Site", "a", **town), added(0, "Item", "a", site="a"))
    knot = (
        removed(1, "Site", "a"),
        added(1, "Site", "b", **town),
        put(1, "Item", "a", "site", "b"),
        committed(1),
    )
    assert errors(last(*begun, opened(1), *knot)) == refused


def test_a_read_only_unit_refuses_changes_and_events() -> None:
    """Contract 11."""
    viewer = step("open", 1, isolation="read_committed", read_only=True)
    refused = [("ReadOnlyError", None, None)]
    recorded = step("record", 1, of="Site", key="a", number=1)
    assert errors(last(viewer, added(1, "Site", "a"), committed(1))) == refused
    assert errors(last(*stored(SITE_A), viewer, recorded, committed(1))) == refused
    assert errors(last(*stored(SITE_A), viewer, counted(1, "Site"), committed(1))) == []


def test_a_key_that_the_database_makes_comes_last_until_the_commit() -> None:
    """Contract 17."""
    begun = *stored(added(0, "Pick", 1)), opened(1), added(1, "Pick", 0)
    observed = last(*begun, matched(1, "Pick"))
    assert [view[1] for view in observed["found"]] == [1, 0]
    assert last(*begun, found(1, "Pick", 0)) == {"found": None}
    assert last(*begun, committed(1), left(1), opened(1), found(1, "Pick", 0)) == {
        "found": ["Pick", 0, 0, 2, {"item": None, "quantity": None}]
    }


def test_an_expected_version_is_compared() -> None:
    """Contract 16: for If-Match."""
    begun = *stored(SITE_A), opened(1)
    get = {"of": "Site", "key": "a"}
    assert errors(last(*begun, step("get", 1, **get, version=1))) == []
    stale = [(CONFLICT, "Site", "a")]
    assert errors(last(*begun, step("get", 1, **get, version=0))) == stale
    gone = [("AggregateNotFoundError", "Site", "b")]
    missing = step("get", 1, of="Site", key="b", version=None)
    assert errors(last(*begun, missing)) == gone


def test_the_model_imports_nothing_of_what_it_judges() -> None:
    """It is independent: of the core, and of the domain's criteria too."""
    imported = {
        name.module
        for file in Path(oracle.__file__).parent.glob("*.py")
        for name in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(name, ast.ImportFrom)
        if name.module and name.module.startswith("unitwork")
    }
    here = oracle.__name__
    others = {module for module in imported if not module.startswith(here)}
    assert others == {"unitwork.testing.conformance.programs"}
