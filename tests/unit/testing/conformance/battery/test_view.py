from typing import Any

from unitwork.testing.conformance.battery.columns import full
from unitwork.testing.conformance.battery.questions import Question
from unitwork.testing.conformance.battery.view import View


def seen(*steps: Any) -> dict[str, Any]:
    """Do steps on two specimens, and see which there are, with their words."""
    rows = [full("Specimen", {"code": code, "word": code * 2}) for code in "ab"]
    view = View({"Specimen": rows})
    for step in steps:
        if view.does(step):
            view.step(step)
    return {code: row["word"] for code, row in view.rows["Specimen"].items()}


def test_edits_are_seen() -> None:
    """Contract 20: what was added, changed, removed, replaced; loading is nothing."""
    assert seen(["load", "Specimen", "a"]) == {"a": "aa", "b": "bb"}
    assert seen(["add", "Specimen", {"code": "c"}]) == {"a": "aa", "b": "bb", "c": ""}
    assert seen(["change", "Specimen", "a", {"word": "x"}]) == {"a": "x", "b": "bb"}
    assert seen(["remove", "Specimen", "a"]) == {"b": "bb"}
    assert seen(["replace", "Specimen", {"code": "a"}]) == {"a": "", "b": "bb"}


def test_what_has_nothing_to_work_on_does_nothing() -> None:
    """So that any part of a case is a case."""
    assert seen(
        ["add", "Specimen", {"code": "a", "word": "x"}],
        ["replace", "Specimen", {"code": "c"}],
        ["change", "Specimen", "c", {"word": "x"}],
        ["remove", "Specimen", "c"],
        ["leave", "rollback"],
    ) == {"a": "aa", "b": "bb"}


def test_a_block_is_kept_or_undone() -> None:
    """Contract 6: the inner one alone, or everything since it began."""
    inner = [["enter"], ["change", "Specimen", "a", {"word": "x"}]]
    outer = [["enter"], ["remove", "Specimen", "b"], *inner]

    assert seen(*inner, ["leave", "rollback"]) == {"a": "aa", "b": "bb"}
    assert seen(*inner, ["leave", "commit"]) == {"a": "x", "b": "bb"}
    assert seen(*outer, ["leave", "rollback"]) == {"a": "aa"}
    assert seen(*outer, ["leave", "commit"], ["leave", "rollback"]) == {
        "a": "aa",
        "b": "bb",
    }


def test_every_call_has_its_answer() -> None:
    """Contract 20, 23: they agree with one another."""
    rows = [full("Specimen", {"code": code}) for code in "abcde"]
    view = View({"Specimen": rows})
    where, order = ["!=", "code", "c"], [["code", "desc", None]]
    asked = Question(where=where, order=order, limit=2, offset=1, number=2, size=3)

    assert view.answers(asked) == {
        "matching": ["d", "b"],
        "first": ["e"],
        "count": 4,
        "exists": True,
        "page": {"total": 4, "items": ["a"]},
        "stream": ["e", "d", "b", "a"],
    }
    assert view.answers(Question(where=["any"])) == {
        "matching": [],
        "first": [],
        "count": 0,
        "exists": False,
        "page": {"total": 0, "items": []},
        "stream": [],
    }
