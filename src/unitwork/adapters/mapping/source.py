"""Generated functions: source text, compiled once, that knows what each line does."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import attrs

P = TypeVar("P")
_number = itertools.count()


@attrs.define(eq=False)
class Source(Generic[P]):
    """Lines of a function in the making.

    A line may carry a place: what it deals with. When the line raises, `blame` finds
    the place by the line's number, so that lines which succeed pay nothing for it.
    """

    title: str
    constants: dict[str, Any] = attrs.field(factory=dict)
    _lines: list[str] = attrs.field(factory=list, init=False)
    _places: dict[int, P] = attrs.field(factory=dict, init=False)
    _known: dict[int, str] = attrs.field(factory=dict, init=False)
    _variables: int = attrs.field(default=0, init=False)
    depth: int = 0

    def add(self, line: str, place: P | None = None) -> None:
        """Write a line at the present depth."""
        self._lines.append("    " * self.depth + line)
        if place is not None:
            self._places[len(self._lines)] = place

    def constant(self, value: Any, hint: str) -> str:
        """Give a value a name that lines may use."""
        name = self._known.get(id(value))
        if name is None:
            name = self._known[id(value)] = f"{hint}{len(self.constants)}"
            self.constants[name] = value
        return name

    def variable(self, hint: str) -> str:
        """Name a variable that no other line has."""
        self._variables += 1
        return f"{hint}_{self._variables}"

    @property
    def text(self) -> str:
        """Return the whole source."""
        return "\n".join(self._lines) + "\n"

    def function(self, name: str) -> Callable[..., Any]:
        """Compile the lines and return the function that they define."""
        file = f"<unitwork {self.title} {next(_number)}>"
        names = dict(self.constants)
        exec(compile(self.text, file, "exec"), names)  # noqa: S102 - our own text
        made = names[name]
        made.__source__ = self.text
        return made  # type: ignore[no-any-return]  # the lines define a function

    def blame(self, error: Exception) -> tuple[P, Mapping[str, Any]] | None:
        """Return the place of the line that raised, and the variables there.

        Args:
            error: as caught by the function itself, whose frame comes first then.
        """
        traceback = error.__traceback__
        place = self._places.get(traceback.tb_lineno) if traceback else None
        if traceback is None or place is None:
            return None
        return place, traceback.tb_frame.f_locals
