from tests.unit.testing.conformance.histories.written import found_in


def test_units_one_after_the_other_show_nothing() -> None:
    """A history that is serial is fine, whatever it does."""
    assert not found_in(
        "T1: list g -> []; join g 1; join g 2; list g -> [1, 2]",
        "then",
        "T2: list g -> [1, 2]; leave g 1; list g -> [2]; join h 4",
        "T3 (rolled back): list g -> [1, 2]; leave g 2; join g 3",
        "then",
        "T4: list g -> [2]; list h -> [4]",
    )


def test_a_member_that_nobody_put_in_is_found() -> None:
    """What is listed has joined."""
    assert found_in("T1: list g -> [1]") == [
        "UNWRITTEN; T1 saw 1 in g; nobody wrote it"
    ]


def test_a_member_that_is_there_twice_is_found() -> None:
    """A query gives each aggregate once."""
    assert found_in("T1: join g 1", "T2: list g -> [1, 1]") == [
        "DUPLICATE; T2 saw 1 in g twice"
    ]


def test_a_member_whose_join_was_rolled_back_is_found() -> None:
    """G1a: an aborted read."""
    assert found_in("T1 (rolled back): join g 1", "T2: list g -> [1]") == [
        "G1A; T2 saw 1 in g, which T1 rolled back"
    ]


def test_a_list_that_misses_what_was_there_before_is_found() -> None:
    """Each read sees what was committed before its unit began."""
    assert found_in("T1: join g 1", "then", "T2: list g -> []") == [
        "STALE_READ; T2 looked through g before T1 put 1 in"
    ]


def test_a_list_that_has_what_was_gone_before_is_found() -> None:
    """The same for what left."""
    found = found_in(
        "T1: join g 1", "T2: list g -> [1]; leave g 1", "then", "T3: list g -> [1]"
    )

    assert found == ["STALE_READ; T3 saw 1 in g before T2 took it out"]


def test_a_member_that_may_have_left_need_not_be_there() -> None:
    """An unknown unit may have taken it out."""
    assert not found_in(
        "T1: join g 1",
        "T2 (unknown): list g -> [1]; leave g 1",
        "then",
        "T3: list g -> []",
        "T4: list g -> [1]",
    )


def test_nothing_is_concluded_from_the_absence_of_who_has_left() -> None:
    """The reader may have come before the join or after the leave."""
    assert not found_in(
        "T1: join g 1; append x 2",
        "T2: list g -> [1]; leave g 1; append y 3",
        "T3: list g -> []; read x -> [2]",
        "T4: list g -> []; read x -> []; read y -> []",
    )


def test_a_list_that_misses_the_units_own_work_is_found() -> None:
    """A query sees what the unit itself did. Contract 20."""
    story = "which does not go with what it had found or done to 1"

    assert found_in("T1: join g 1; list g -> []") == [
        f"FUZZY_READ; T1 saw [] in g, {story}"
    ]
    assert found_in("T1: join g 1", "T2: list g -> [1]; leave g 1; list g -> [1]") == [
        f"FUZZY_READ; T2 saw [1] in g, {story}"
    ]


def test_a_list_that_has_lost_what_the_unit_had_loaded_is_found() -> None:
    """P2: a loaded aggregate stays as loaded, at every level."""
    assert found_in("T1: join g 1", "T2: list g -> [1]; list g -> []")[0] == (
        "FUZZY_READ; T2 saw [] in g,"
        " which does not go with what it had found or done to 1"
    )


def test_a_member_that_two_units_took_out_is_found() -> None:
    """P4: the second removed what was not there any more."""
    found = found_in(
        "T1: join g 1",
        "T2: list g -> [1]; leave g 1",
        "T3: list g -> [1]; leave g 1",
    )

    assert found[0] == "LOST_UPDATE; T2 and T3 each took 1 out of g"


def test_a_phantom_is_a_cycle() -> None:
    """G-single: the reader is before and after the unit that put it in."""
    assert found_in("T1: join g 1", "T2: list g -> []; list g -> [1]") == [
        (
            "G_SINGLE; T2 saw 1 in g, which T1 put in;"
            " T2 looked through g before T1 put 1 in"
        )
    ]


def test_a_member_that_vanishes_with_what_replaced_it_missing_is_a_cycle() -> None:
    """Reads of members order units as reads of logs do."""
    found = found_in(
        "T1: join g 1",
        "T2: list g -> [1]; leave g 1; append x 2",
        "T3: read x -> [2]; list g -> [1]",
    )

    assert found == [
        (
            "G_SINGLE; T3 saw 2 in x, which T2 appended;"
            " T3 saw 1 in g before T2 took it out"
        )
    ]
