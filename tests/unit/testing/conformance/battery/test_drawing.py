from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from unitwork.testing.conformance.battery.columns import (
    CLASSES,
    COLUMNS,
    READ,
    attributes,
    full,
    written,
)
from unitwork.testing.conformance.battery.drawing import Drawing
from unitwork.testing.conformance.battery.questions import CALLS, Question
from unitwork.testing.conformance.battery.view import View

QUESTIONS = 200


def drawn(seeds: range) -> Iterator[Question]:
    """Draw the questions of some seeds."""
    for seed in seeds:
        drawing = Drawing(seed)
        yield from map(drawing.question, range(QUESTIONS))


def leaves(where: Any) -> Iterator[Any]:
    """Go through what a criterion compares."""
    kind, *rest = where
    if kind in ("all", "any", "and", "or", "not"):
        for part in rest:
            yield from leaves(part) if part is not None else ()
    else:
        yield where


def test_the_same_seed_and_number_mean_the_same() -> None:
    """A run can be resumed, and a question asked again."""
    one, two = Drawing(7), Drawing(7)

    assert one.rows == two.rows
    assert one.question(11) == two.question(11)
    assert list(one.sittings(50)) == list(two.sittings(50))
    assert list(one.sittings(50))[:15] == list(one.sittings(30))[:15]
    assert Drawing(8).rows != one.rows


def test_every_question_is_asked_once() -> None:
    """Half of them each of a unit of its own, the others in sittings."""
    drawing = Drawing(3)
    sittings = list(drawing.sittings(45))
    asked = [step[1] for steps in sittings for step in steps if step[0] == "ask"]

    assert asked == [drawing.question(number) for number in range(45)]
    assert Counter(len(steps) == 1 for steps in sittings) == {True: 25, False: 2}


def test_questions_have_everything_in_them() -> None:
    """Every operator, every column, every call."""
    questions = list(drawn(range(10)))
    said = [leaf for asked in questions for leaf in leaves(asked.where)]
    calls = Counter(call for asked in questions for call in asked.calls)
    compared = {leaf[1] for leaf in said}
    listed = [leaf[2] for leaf in said if leaf[0] == "in"]

    assert {leaf[0] for leaf in said} == {
        *("==", "!=", "<", "<=", ">", ">=", "in", "none", "true"),
        *("contains", "startswith", "endswith"),
    }
    assert compared == {path for columns in COLUMNS.values() for path in columns}
    assert min(calls[call] for call in CALLS) > 300
    assert len([values for values in listed if not values]) > 50
    assert len([values for values in listed if None in values]) > 50
    assert max(map(len, listed)) > 2000
    assert {len(asked.order) for asked in questions} == {0, 1, 2, 3}


def test_answers_are_seldom_all_or_nothing() -> None:
    """A question that every row, or none, answers tells little."""
    shares: Counter[str] = Counter()
    for seed in range(5):
        drawing = Drawing(seed)
        rows = {of: [full(of, row) for row in drawing.rows[of]] for of in drawing.rows}
        view = View(rows)
        for number in range(QUESTIONS):
            asked = drawing.question(number)
            count = view.answers(Question(asked.of, asked.where))["count"]
            whole = len(rows[asked.of])
            shares["some" if 0 < count < whole else "all" if count else "none"] += 1

    assert shares["some"] > 500
    assert shares["all"] > 50
    assert shares["none"] > 50


@pytest.mark.parametrize("of", COLUMNS)
def test_an_aggregate_made_of_a_row_has_its_values(of: str) -> None:
    """And each of them is the same after it was JSON."""
    for seed in range(5):
        for kept in Drawing(seed).rows[of]:
            row = full(of, kept)
            seen = READ[of](CLASSES[of](**attributes(row)))

            assert {**row, **seen} == row
            for path, column in COLUMNS[of].items():
                value = written(of, path, row[path])
                assert value is None or column.kind.from_json(value) == row[path]


def test_edits_do_something_and_nothing() -> None:
    """Some name what is not there: they are left out."""
    done: Counter[tuple[str, bool]] = Counter()
    for seed in range(10):
        drawing = Drawing(seed)
        rows = {of: [full(of, row) for row in drawing.rows[of]] for of in drawing.rows}
        for steps in drawing.sittings(100):
            view = View(rows)
            for step in steps:
                done[step[0], view.does(step)] += 1
                if view.does(step):
                    view.step(step)

    for do in ("add", "replace", "change", "remove", "load"):
        assert done[do, True] > 20, do
        assert done[do, False] > 5, do
    assert done["enter", True] == done["leave", True] == 50
