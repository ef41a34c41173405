"""One example for a pair of finders: what is stored, what is changed, what is asked."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from enum import Enum
from typing import Any

import attrs

from unitwork.adapters.mapping.description import AggregateMapping, with_key
from unitwork.adapters.ports import Supplied
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.domain.errors import InvalidValueError, MisuseError, PersistenceError
from unitwork.domain.page import Page
from unitwork.domain.specification import all_of


class Fate(Enum):
    """What a unit does with a stored aggregate before it asks."""

    KEPT = "kept"
    REMOVED = "removed"


class Rejected(Exception):  # noqa: N818 - no failure: the example says nothing
    """No storage takes the example: values clash, or are not allowed."""


@attrs.frozen
class Sighting:
    """An aggregate that was found: its number in the example, and its state."""

    number: int | None
    state: Any = attrs.field(repr=False)

    def __repr__(self) -> str:
        """Show the number; None: it is not of this example."""
        return f"#{self.number}"


@attrs.frozen
class Raised:
    """The finder raised; which class counts, and not what the error says."""

    kind: type[Exception]
    said: str = attrs.field(eq=False)

    @classmethod
    def by(cls, error: Exception) -> "Raised":
        """Describe an error by its first line."""
        return cls(type(error), str(error).partition("\n")[0])

    def __repr__(self) -> str:
        """Show what."""
        return f"raises {self.kind.__name__}: {self.said}"


class Side:
    """One of the two: a unit, and the finder of its repository."""

    def __init__(
        self, uow: TrackingUnitOfWork, finder: Callable[..., Awaitable[Any]]
    ) -> None:
        """Find the repository that has the finder."""
        self.uow = uow
        self.name = type(uow).__name__
        self.finder = finder
        self._supplied = list(_supplied(type(uow)))
        homes = [s.name for s in self._supplied if _has(s.kind, finder)]
        if not homes:
            raise MisuseError(
                f"No repository of {self.name} has {finder.__qualname__}.",
                "The finder is looked for in the classes that its port derives from.",
                "Name it as the port declares it: OrderRepository.overdue.",
            )
        self._home = homes[0]
        self._numbers: dict[tuple[type, Any], int] = {}
        self.met: Counter[Raised] = Counter()
        """How often it raised what, for want of anything better to tell."""

    def raised(self, error: Exception) -> Raised:
        """Describe an error, and count it."""
        described = Raised.by(error)
        self.met[described] += 1
        return described

    def mapping(self, aggregate: Any) -> AggregateMapping:
        """Return the mapping of an aggregate's class."""
        return self.uow.database.schema.mapping(type(aggregate))

    def repository(self, kind: type) -> Any:
        """Return the unit's repository of a class."""
        for supplied in self._supplied:
            if supplied.aggregate is kind:
                return getattr(self.uow, supplied.name)
        raise MisuseError(
            f"{self.name} has no repository of {kind.__name__}.",
            "An aggregate of this class was made for verified_pair().",
            "Make aggregates that the unit of work has a repository for.",
        )

    async def clear(self) -> None:
        """Remove what is stored; in one unit with new ones it would be updated."""
        async with self.uow as uow:
            for supplied in self._supplied:
                repository = getattr(uow, supplied.name)
                for old in await repository.matching(all_of()):
                    repository.remove(old)
            await uow.commit()

    async def store(self, example: "Example") -> None:
        """Store what an example says, and nothing else."""
        await self.clear()
        copies = [deepcopy(aggregate) for aggregate, _ in example.stored]
        async with self.uow as uow:
            for aggregate in copies:
                self.repository(type(aggregate)).add(aggregate)
            await uow.commit()
        self._numbers = {self._key(a): number for number, a in enumerate(copies)}

    async def ask(self, example: "Example", *, dirty: bool) -> Any:
        """Ask the finder, in a unit that is rolled back."""
        try:
            async with self.uow as uow:
                added = await self._disturb(example) if dirty else {}
                repository = getattr(uow, self._home)
                found = await getattr(repository, self.finder.__name__)(
                    *deepcopy(example.arguments)
                )
                seen = self._seen(found, added)
                await uow.rollback()
        except Exception as error:  # noqa: BLE001 - the other one may raise the same
            return self.raised(error)
        return seen

    async def change(self, example: "Example") -> None:
        """Change what is stored as a unit does before it asks."""
        async with self.uow as uow:
            await self._disturb(example)
            await uow.commit()

    async def _disturb(self, example: "Example") -> dict[int, int]:
        """Change the unit as an example says; return the numbers of what is added."""
        keys = {number: key for (_, key), number in self._numbers.items()}
        for number, (aggregate, fate) in enumerate(example.stored):
            if fate is Fate.KEPT:
                continue
            repository = self.repository(type(aggregate))
            held = await repository.get(keys[number])
            if fate is Fate.REMOVED:
                repository.remove(held)
            else:
                self._change(held, deepcopy(fate))
        added = {}
        for number, aggregate in enumerate(example.added, len(example.stored)):
            copy = deepcopy(aggregate)
            self.repository(type(copy)).add(copy)
            added[id(copy)] = number
        return added

    def _change(self, held: Any, other: Any) -> None:
        key = self.mapping(held).key_attribute
        for attribute in attrs.fields(type(held)):
            if attribute.name != key:
                setattr(held, attribute.name, getattr(other, attribute.name))

    def _seen(self, found: Any, added: dict[int, int]) -> Any:
        """Make what was found comparable."""
        if isinstance(found, Page):
            return ("page", found.total, self._seen(list(found.items), added))
        if isinstance(found, list | tuple | set | frozenset):
            return [self._seen(item, added) for item in found]
        if not any(supplied.aggregate is type(found) for supplied in self._supplied):
            return found
        mapping = self.mapping(found)
        state = mapping.dump(found)
        if mapping.generated:
            state = with_key(state, None)
        number = added.get(id(found))
        if number is None:
            number = self._numbers.get(self._key(found))
        return Sighting(number, state)

    def _key(self, aggregate: Any) -> tuple[type, Any]:
        return type(aggregate), self.mapping(aggregate).dump(aggregate)[0][0][0]


@attrs.frozen
class Example:
    """What is stored and becomes of each in the unit, what is added, what is asked."""

    stored: list[tuple[Any, Any]]
    """Each aggregate with its fate: kept, removed, or made like another one."""
    added: list[Any]
    arguments: tuple[Any, ...]

    async def compare(
        self, fake: Side, real: Side, *, ordered: bool
    ) -> tuple[str | None, bool]:
        """Return how the two disagree, if they do, and whether anything was found.

        Raises:
            Rejected: this cannot be stored, or not be done, on any storage.
        """
        example = self._possible(fake)
        failures = [await _failure(side, side.store(example)) for side in (fake, real)]
        if failures[0] != failures[1]:
            return example.report(fake, real, failures, dirty=False), True
        if failures[0] is not None:
            raise Rejected
        anything = False
        for dirty in (False, True):
            answers = [await side.ask(example, dirty=dirty) for side in (fake, real)]
            seen = answers if ordered else [_unordered(answer) for answer in answers]
            if dirty and await _failure(fake, fake.change(example)):
                return None, anything  # SQL writes before it asks: it cannot
            if seen[0] != seen[1]:
                return example.report(fake, real, answers, dirty=dirty), True
            anything = anything or bool(answers[0] and not _raised(answers[0]))
        return None, anything

    def _possible(self, side: Side) -> "Example":
        """Leave out keys that come twice, and fates that are of another class."""
        taken: set[Any] = set()

        def new(aggregate: Any) -> bool:
            mapping = side.mapping(aggregate)
            try:
                key = (mapping, mapping.dump(aggregate)[0][0][0])
            except InvalidValueError:
                raise Rejected from None
            free = mapping.generated or key not in taken
            taken.add(key)
            return free

        stored = [
            (a, fate if isinstance(fate, Fate | type(a)) else Fate.KEPT)
            for a, fate in self.stored
            if new(a)
        ]
        return Example(stored, [a for a in self.added if new(a)], self.arguments)

    def report(self, fake: Side, real: Side, answers: list[Any], *, dirty: bool) -> str:
        """Show the example and both answers."""
        lines = [f"{fake.finder.__qualname__} and its twin disagree."]
        for number, (aggregate, _) in enumerate(self.stored):
            lines.append(f"  stored: #{number} {aggregate!r}")
        if dirty:
            lines += self._changes()
        asked = ", ".join(repr(argument) for argument in self.arguments)
        lines.append(f"  asked: {fake.finder.__name__}({asked})")
        for side, answer in zip((fake, real), answers, strict=True):
            lines.append(f"  {side.name}: {answer!r}")
        return "\n".join(lines)

    def _changes(self) -> Iterator[str]:
        for number, (_, fate) in enumerate(self.stored):
            if fate is Fate.REMOVED:
                yield f"  then removed: #{number}"
            elif fate is not Fate.KEPT:
                yield f"  then changed: #{number}, but for its key, to {fate!r}"
        for number, aggregate in enumerate(self.added, len(self.stored)):
            yield f"  then added: #{number} {aggregate!r}"


async def _failure(side: Side, work: Awaitable[None]) -> Raised | None:
    """Await work; return what the data was to blame for."""
    try:
        await work
    except (PersistenceError, InvalidValueError) as error:
        return side.raised(error)
    return None


def _unordered(answer: Any) -> Any:
    return sorted(answer, key=repr) if isinstance(answer, list) else answer


def _raised(answer: Any) -> bool:
    return isinstance(answer, Raised)


def _supplied(unit: type) -> Iterator[Supplied]:
    for kind in unit.__mro__:
        for attribute in vars(kind).values():
            if isinstance(attribute, Supplied):
                yield attribute


def _has(kind: type, finder: Callable[..., Any]) -> bool:
    name = finder.__name__
    return any(vars(base).get(name) is finder for base in kind.__mro__)
