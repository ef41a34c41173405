"""Composition: every part once, at start, and every gap reported."""

from abc import ABC, abstractmethod

import pytest

from unitwork import MisuseError
from unitwork.application.bootstrap import Composition


class Clock(ABC):
    @abstractmethod
    def hour(self) -> int: ...


class Noon(Clock):
    def hour(self) -> int:
        return 12


class Greeter:
    def __init__(self, clock: Clock, language: str = "en") -> None:
        self.clock = clock
        self.language = language


class Door:
    def __init__(self, greeter: Greeter, bell: "Bell", *others: object) -> None:
        self.greeter = greeter
        self.bell = bell
        self.others = others


class Bell: ...


class Hen:
    def __init__(self, egg: "Egg") -> None:
        self.egg = egg


class Egg:
    def __init__(self, hen: Hen) -> None:
        self.hen = hen


def greeter(clock: Clock) -> Greeter:
    return Greeter(clock, "el")


def untold(clock):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - the case
    return clock


def test_parts_are_made_of_parts_found_by_annotation() -> None:
    """A class stands for itself; a parameter with a default may be left alone."""
    parts = Composition().instance(Noon(), service=Clock).factory(Greeter).start()
    assert parts.get(Greeter).clock.hour() == 12
    assert parts.get(Greeter).language == "en"


def test_a_function_stands_for_the_class_that_it_returns() -> None:
    parts = Composition().instance(Noon(), service=Clock).factory(greeter).start()
    assert parts.get(Greeter).language == "el"


def test_a_default_gives_way_to_a_part() -> None:
    parts = Composition().instance(Noon(), service=Clock).instance("de")
    assert parts.factory(Greeter).start().get(Greeter).language == "de"


def test_each_part_is_made_once() -> None:
    """The factory of a part that two others need runs one time, at start."""
    made = []

    def clock() -> Clock:
        made.append(Noon())
        return made[-1]

    parts = Composition().factory(clock).factory(Greeter).factory(Bell).factory(Door)
    assert made == []
    parts.start()
    assert parts.get(Door).greeter.clock is made[0] is parts.get(Clock)
    assert len(made) == 1


def test_every_gap_is_reported_with_the_way_to_it() -> None:
    """Before anything is made; the shorter ways to a gap are not repeated."""
    with pytest.raises(MisuseError) as caught:
        Composition().factory(Greeter).factory(Door).start()
    assert str(caught.value) == (
        "The application cannot be put together:\n"
        "  - Door -> Greeter -> Clock\n"
        "  - Door -> Bell\n"
        "Every part is made once, at start, so that no request finds a gap.\n"
        "Register what stands last in each line, by instance() or factory(); break"
        " each circle. [misuse]"
    )


def test_a_circle_is_reported() -> None:
    with pytest.raises(MisuseError, match=r"\n  - Hen -> Egg -> Hen\n"):
        Composition().factory(Hen).factory(Egg).start()


def test_a_parameter_without_annotation_is_a_gap() -> None:
    parts = Composition().factory(untold, service=Clock)
    with pytest.raises(MisuseError, match=r"- Clock -> clock \(not annotated\)\n"):
        parts.start()


def test_a_function_must_say_what_it_returns() -> None:
    with pytest.raises(MisuseError) as caught:
        Composition().factory(untold)
    assert str(caught.value) == (
        "untold does not say what it returns.\n"
        "A factory stands for the class that its return annotation names.\n"
        "Annotate it, or pass service=. [misuse]"
    )


def test_annotations_must_be_resolvable() -> None:
    def hidden(clock: "Sundial") -> Greeter:  # type: ignore[name-defined]  # noqa: F821 - the case
        return Greeter(clock)

    with pytest.raises(MisuseError) as caught:
        Composition().factory(hidden)
    assert str(caught.value) == (
        "The annotations of hidden cannot be read: name 'Sundial' is not defined.\n"
        "Parts are found by annotations, at run time.\n"
        "Import what they name outside of `if TYPE_CHECKING:`. [misuse]"
    )


def test_get_names_the_parts_that_there_are() -> None:
    with pytest.raises(MisuseError) as caught:
        Composition().factory(Bell).start().get(Clock)
    assert str(caught.value) == (
        "There is no part Clock.\n"
        "The parts are: Bell.\n"
        "Register it by instance() or factory(). [misuse]"
    )
