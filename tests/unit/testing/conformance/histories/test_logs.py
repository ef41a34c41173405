from tests.unit.testing.conformance.histories.written import found_in


def test_units_one_after_the_other_show_nothing() -> None:
    """A history that is serial is fine, whatever it does."""
    assert not found_in(
        "T1: read x -> []; append x 1; append x 2; read x -> [1, 2]",
        "then",
        "T2: read x -> [1, 2]; append x 3; append y 4",
        "T3 (rolled back): read x -> [1, 2]; append x 9",
        "then",
        "T4: read x -> [1, 2, 3]; read y -> [4]; read z -> []",
    )


def test_a_value_that_nobody_wrote_is_found() -> None:
    """What is read was written by someone."""
    assert found_in("T1: read x -> [1]") == [
        "UNWRITTEN; T1 saw 1 in x; nobody wrote it"
    ]


def test_a_value_of_another_log_was_not_written_to_this_one() -> None:
    """Logs do not run into each other."""
    assert found_in("T1: append y 1", "T2: read x -> [1]") == [
        "UNWRITTEN; T2 saw 1 in x; nobody wrote it"
    ]


def test_a_value_that_is_there_twice_is_found() -> None:
    """What was written once is read once."""
    assert found_in("T1: append x 1", "T2: read x -> [1, 1]") == [
        "DUPLICATE; T2 saw 1 in x twice"
    ]


def test_reads_that_no_order_explains_are_found() -> None:
    """All reads of a log are prefixes of one order."""
    found = found_in(
        "T1: append x 1",
        "T2: append x 2",
        "T3: read x -> [1, 2]",
        "T4: read x -> [2]",
    )

    assert found == ["INCOMPATIBLE; T4 saw [2] in x, others saw [1, 2]"]


def test_a_value_that_was_rolled_back_is_found() -> None:
    """G1a: an aborted read."""
    assert found_in("T1 (rolled back): append x 1", "T2: read x -> [1]") == [
        "G1A; T2 saw 1 in x, which T1 rolled back"
    ]


def test_what_a_rolled_back_unit_read_is_no_evidence() -> None:
    """Its reads are its own affair: its caller was told that it failed."""
    assert not found_in(
        "T1 (rolled back): append x 1",
        "T2 (rolled back): read x -> [1]; read y -> [7]",
    )


def test_a_value_of_an_unknown_unit_may_be_seen_or_not() -> None:
    """Nobody was told what became of it."""
    assert not found_in("T1 (unknown): append x 1", "T2: read x -> [1]")
    assert not found_in("T1 (unknown): append x 1", "then", "T2: read x -> []")


def test_a_unit_of_which_something_was_seen_is_there_as_a_whole() -> None:
    """An unknown outcome that is seen was a commit: the rest must be there too."""
    found = found_in(
        "T1 (unknown): append x 1; append y 2",
        "T2: read x -> [1]; read y -> []; append z 3",
        "T3: read z -> [3]; read y -> [2]",
    )

    assert found == [
        "G_SINGLE; T2 saw 1 in x, which T1 appended; T2 read y before T1 appended 2"
    ]


def test_a_value_that_its_writer_went_on_from_is_found() -> None:
    """G1b: an intermediate read."""
    found = found_in("T1: append x 1; append x 2", "T2: read x -> [1]")

    assert found == ["G1B; T2 saw 1 at the end of x, before T1 appended 2"]


def test_a_unit_may_see_its_own_intermediate_values() -> None:
    """Only others must not."""
    assert not found_in("T1: append x 1; read x -> [1]; append x 2; read x -> [1, 2]")


def test_a_second_read_that_differs_is_found() -> None:
    """P2: a loaded aggregate stays as loaded."""
    found = found_in(
        "T1: append x 1", "T2: append x 2", "T3: read x -> [1]; read x -> [1, 2]"
    )

    assert found == [
        "FUZZY_READ; T3 saw [1, 2] in x, after [1] by its own reads and appends"
    ]


def test_a_unit_that_misses_its_own_append_is_found() -> None:
    """P2: a unit sees its own work."""
    assert found_in("T1: read x -> []; append x 1; read x -> []") == [
        "FUZZY_READ; T1 saw [] in x, after [1] by its own reads and appends"
    ]


def test_a_log_that_was_not_there_may_appear() -> None:
    """What is absent is not loaded: the next look is a first read, and it may skew."""
    assert found_in("T1: append x 1", "T2: read x -> []; read x -> [1]") == [
        "G_SINGLE; T2 saw 1 in x, which T1 appended; T2 read x before T1 appended 1"
    ]


def test_a_read_that_misses_what_was_there_before_is_found() -> None:
    """Each first read sees what was committed before the unit began."""
    found = found_in("T1: append x 1", "then", "T2: read x -> []")

    assert found == [
        "STALE_READ; T2 did not see 1 in x, which T1 had appended before it began"
    ]


def test_a_read_may_miss_what_was_committed_while_its_unit_was_open() -> None:
    """It comes before the writer then."""
    assert not found_in("T1: append x 1", "T2: read x -> []")


def test_appends_to_the_same_version_are_found() -> None:
    """P4: one of them is lost."""
    found = found_in(
        "T1: append x 1",
        "T2: read x -> [1]; append x 2",
        "T3: read x -> [1]; append x 3",
        "T4: read x -> [1, 3]",
    )

    assert found == ["LOST_UPDATE; T2 and T3 each read [1] in x and appended to it"]


def test_a_lost_update_of_which_both_values_are_there_is_a_cycle_too() -> None:
    """The second wrote over the first without having seen it."""
    found = found_in(
        "T1: read x -> []; append x 1",
        "T2: read x -> []; append x 2",
        "T3: read x -> [1, 2]",
    )

    assert found == [
        "LOST_UPDATE; T1 and T2 each read [] in x and appended to it",
        (
            "G_SINGLE; T2 appended 2 to x after T1 appended 1;"
            " T2 read x before T1 appended 1"
        ),
    ]


def test_an_append_to_what_was_read_last_loses_nothing() -> None:
    """A log that was absent is looked up again before it is appended to."""
    found = found_in(
        "T1: read x -> []; append x 1",
        "T2: read x -> []; read x -> [1]; append x 2",
    )

    assert not [story for story in found if story.startswith("LOST_UPDATE")]
