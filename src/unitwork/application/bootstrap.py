"""The composition root: every part of an application, put together once, at start."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar, cast, get_type_hints

import punq

from unitwork.domain.errors import MisuseError

T = TypeVar("T")


class Composition:
    """Put an application together from instances and factories.

        parts = Composition().instance(database).factory(sqlalchemy_units).start()
        units = parts.get(Units)

    Nothing is resolved for a request: a request gets its own unit of work from a
    factory that was resolved here, once.

    Source: Composition Root (Seemann).
    """

    def __init__(self) -> None:
        self._container = punq.Container()
        self._parts: dict[Any, dict[str, inspect.Parameter]] = {}

    def instance(self, value: object, *, service: Any = None) -> Self:
        """Let an object stand for `service`; default: for its own class."""
        service = type(value) if service is None else service
        self._container.register(service, instance=value)
        self._parts[service] = {}
        return self

    def factory(self, make: Callable[..., object], *, service: Any = None) -> Self:
        """Let a class or function make the one object that stands for `service`.

        Args:
            make: called once, at start; its parameters are parts too, found by their
                annotations. One with a default is left alone where no part fits it.
            service: default: the class itself, or what the function says it returns.

        Raises:
            MisuseError: a function without `service` does not say what it returns.
        """
        service = _made_by(make) if service is None else service
        needs = _parameters(make)

        def build() -> object:
            parts = {name: need.annotation for name, need in needs.items()}
            known = {n: part for n, part in parts.items() if part in self._parts}
            return make(**{n: self._container.resolve(p) for n, p in known.items()})

        self._container.register(service, build, scope=punq.Scope.singleton)
        self._parts[service] = needs
        return self

    def start(self) -> Self:
        """Make every part, having seen that each one's needs are met.

        Raises:
            MisuseError: a need is not met; each is listed, with the way to it.
        """
        broken = [way for part in self._parts for way in self._broken((part,))]
        if broken:
            raise MisuseError(
                f"The application cannot be put together:{_listed(broken)}",
                "Every part is made once, at start, so that no request finds a gap.",
                "Register what stands last in each line, by instance() or factory();"
                " break each circle.",
            )
        for part in self._parts:
            self._container.resolve(part)
        return self

    def get(self, service: Callable[..., T]) -> T:
        """Return the part that stands for a class; for use at start only.

        Args:
            service: a class; an abstract one too.
        """
        if service not in self._parts:
            raise MisuseError(
                f"There is no part {_name(service)}.",
                f"The parts are: {', '.join(map(_name, self._parts)) or 'none'}.",
                "Register it by instance() or factory().",
            )
        return cast("T", self._container.resolve(cast("Any", service)))

    def _broken(self, way: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """Go through the ways from a part to what it needs and nobody can give."""
        for need in self._parts[way[-1]].values():
            longer = (*way, need.annotation)
            if need.annotation in way:
                yield longer
            elif need.annotation in self._parts:
                yield from self._broken(longer)
            elif need.default is need.empty:
                yield longer


def _made_by(make: Callable[..., object]) -> Any:
    made = make if isinstance(make, type) else _hints(make).get("return")
    if made is None:
        raise MisuseError(
            f"{_name(make)} does not say what it returns.",
            "A factory stands for the class that its return annotation names.",
            "Annotate it, or pass service=.",
        )
    return made


def _parameters(make: Callable[..., object]) -> dict[str, inspect.Parameter]:
    hints = _hints(make)
    return {
        name: parameter.replace(annotation=hints.get(name, f"{name} (not annotated)"))
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


def _hints(make: Callable[..., object]) -> dict[str, Any]:
    annotated: Any = make
    try:
        return get_type_hints(annotated.__init__ if inspect.isclass(make) else make)
    except NameError as error:
        raise MisuseError(
            f"The annotations of {_name(make)} cannot be read: {error}.",
            "Parts are found by annotations, at run time.",
            "Import what they name outside of `if TYPE_CHECKING:`.",
        ) from error


def _listed(ways: list[tuple[Any, ...]]) -> str:
    """List the ways, without those that are the end of a longer one."""
    ends = {way[start:] for way in ways for start in range(1, len(way))}
    lines = dict.fromkeys(" -> ".join(map(_name, w)) for w in ways if w not in ends)
    return "".join(f"\n  - {line}" for line in lines)


def _name(part: object) -> str:
    return getattr(part, "__name__", None) or str(part)
