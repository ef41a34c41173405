from tests.unit.testing.conformance.histories.written import written
from unitwork.testing.conformance.histories.checker import check


def test_an_anomaly_is_told_as_a_story_with_its_units() -> None:
    """A person sees what happened without the history."""
    (anomaly,) = check(
        written(
            "T1: read x -> []; append y 1",
            "T2: read y -> []; append x 2",
            "T3: read x -> [2]; read y -> [1]",
        )
    )

    assert str(anomaly) == (
        "G2-item write skew:\n"
        "  T1 read x before T2 appended 2\n"
        "  T2 read y before T1 appended 1\n"
        "  T1 (committed): read x -> []; append y 1\n"
        "  T2 (committed): read y -> []; append x 2"
    )


def test_an_empty_history_shows_nothing() -> None:
    """A run that did nothing proves nothing."""
    assert check(written()) == []
