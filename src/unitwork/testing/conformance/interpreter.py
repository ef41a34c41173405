"""Run a program on a storage, and say what is observed, as the model does."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from unitwork.domain.errors import (
    ConcurrencyConflictError,
    KeyNotAssignedError,
    MisuseError,
    UnitworkError,
)
from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance import expressions
from unitwork.testing.conformance.edits_in_place import edit
from unitwork.testing.conformance.opened import Abandoned, Open, leave
from unitwork.testing.conformance.programs import KEYS, SKIPPED, Json, Name, Step
from unitwork.testing.conformance.warehouse import Noted, WarehouseUnitOfWork

MakeUnit: TypeAlias = Callable[..., WarehouseUnitOfWork]
"""Makes a unit that is not open; takes `isolation=` and `read_only=`."""
_NO_KEY = -1
_NO_VERSION = 1


class Interpreter:
    """Runs one program: a step is one call on one unit."""

    def __init__(self, unit: MakeUnit) -> None:
        """Make units by `unit`; the storage behind it is empty."""
        self._unit = unit
        self._open: dict[int, Open] = {}
        self._keys: dict[Name, int] = {}
        self._picked: set[Name] = set()
        self._versions: dict[int, int] = {}
        self._commits = 0

    async def step(self, step: Step) -> Json:
        """Do a step, and give what is observed."""
        unit = self._open.get(step.unit)
        if step.do == "open":
            return await self._enter_new(step) if unit is None else SKIPPED
        if unit is None:
            return SKIPPED
        try:
            answer: Json = await getattr(self, f"_{step.do}")(unit, step)
        except Exception as error:  # noqa: BLE001 - what is raised is what is observed
            answer = {"raises": self._raised(error)}
        return answer

    async def close(self) -> None:
        """Leave what is still open."""
        for unit in self._open.values():
            for _ in unit.blocks:
                with suppress(Abandoned):
                    await leave(unit, Abandoned())
        self._open.clear()

    def _raised(self, error: Exception) -> Json:
        if not isinstance(error, UnitworkError):
            return [type(error).__name__, None, str(error)]
        aggregate = getattr(error, "aggregate", None)
        fields = getattr(error, "fields", None)
        about: Any = getattr(error, "key", None) if fields is None else list(fields)
        name = aggregate and aggregate.__name__
        if name == "Pick" and isinstance(about, int):
            about = self._name(about)[1]
        return [type(error).__name__, name, about]

    def _name(self, number: int) -> Name:
        return next(
            (n for n, key in self._keys.items() if key == number), ("Pick", "?")
        )

    # --- blocks ---

    async def _enter_new(self, step: Step) -> Json:
        unit = Open(self._unit(**step.args))
        await unit.uow.__aenter__()
        self._open[step.unit] = unit
        return {"outcome": unit.uow.outcome.value}

    async def _enter(self, unit: Open, _step: Step) -> Json:
        await unit.uow.__aenter__()
        unit.enter()
        return {"outcome": unit.uow.outcome.value}

    async def _commit(self, unit: Open, _step: Step) -> Json:
        raised = {}
        block = unit.blocks[-1]
        ended, block.ended = block.ended, True
        try:
            await unit.uow.commit()
        except Exception as error:  # noqa: BLE001 - what is raised is what is observed
            raised = {"raises": self._raised(error)}
            if ended:
                return raised
        if unit.uow.outcome is Outcome.COMMITTED:
            self._learn(unit)
        return {**raised, **self._end(unit)}

    async def _rollback(self, unit: Open, _step: Step) -> Json:
        await unit.uow.rollback()
        unit.blocks[-1].ended = True
        return {"in place": unit.undone(), **self._end(unit)}

    async def _leave(self, unit: Open, step: Step) -> Json:
        error = Abandoned() if step.args["raising"] else None
        block, observed = unit.blocks[-1], {}
        try:
            await leave(unit, error)
        except Exception as raised:  # noqa: BLE001 - what is raised is what is observed
            observed = {"raises": self._raised(raised)}
        if not block.ended:
            observed |= {"in place": unit.undone(), **self._end(unit)}
        unit.blocks.pop()
        if not unit.blocks:
            del self._open[step.unit]
        return {"outcome": unit.uow.outcome.value, **observed}

    def _end(self, unit: Open) -> Json:
        events = [event.number for event in unit.uow.events if isinstance(event, Noted)]
        objects = [[*name, expressions.shown(known)] for name, known in unit.objects]
        return {
            "outcome": unit.uow.outcome.value,
            "events": events,
            "objects": objects,
        }

    def _learn(self, unit: Open) -> None:
        """Learn the keys and the one version that a commit has made."""
        self._commits += 1
        made = set()
        for name, known in unit.objects:
            with suppress(MisuseError):
                made.add(unit.uow.version_of(known))
            with suppress(KeyNotAssignedError):
                if name[0] == "Pick":
                    self._keys.setdefault(name, known.number)
        new = made - self._versions.keys() - {None}
        if len(new) == 1:
            self._versions[new.pop() or 0] = self._commits
        unit.picks.clear()

    # --- aggregates ---

    async def _live(self, unit: Open, name: Name) -> Any:
        """Find the unit's object for a key; one that has no key yet by hand."""
        repository = _repository(unit, name[0])
        if name[0] == "Pick" and name not in self._keys:
            await repository.find(_NO_KEY)
            found = unit.picks.get(name)
        else:
            found = await repository.find(self._keys.get(name, name[1]))
        if found is not None:
            unit.number(name, found)
        return found

    def _view(self, unit: Open, found: Any, name: Name | None = None) -> Json:
        """Show an object: class, key, which object, version, values."""
        if name is None:
            of = type(found).__name__
            name = (
                (of, getattr(found, KEYS[of]))
                if of != "Pick"
                else self._pick(unit, found)
            )
        version = unit.uow.version_of(found)
        ordinal = None if version is None else self._versions.get(version, "?")
        return [*name, unit.number(name, found), ordinal, expressions.shown(found)]

    def _pick(self, unit: Open, found: Any) -> Name:
        of_the_unit = (name for name, known in unit.objects if known is found)
        return next(of_the_unit, None) or self._name(found.number)

    async def _find(self, unit: Open, step: Step) -> Json:
        name = step.name
        found = await _repository(unit, name[0]).find(self._key(name))
        return {"found": None if found is None else self._view(unit, found)}

    async def _get(self, unit: Open, step: Step) -> Json:
        expected = step.args["version"]
        tokens = {ordinal: token for token, ordinal in self._versions.items()}
        token = None if expected is None else tokens.get(expected, _NO_VERSION)
        repository, key = _repository(unit, step.name[0]), self._key(step.name)
        try:
            found = await repository.get(key, expected_version=token)
        except ConcurrencyConflictError:
            await self._live(unit, step.name)  # it is held all the same
            raise
        return {"found": self._view(unit, found)}

    def _key(self, name: Name) -> Any:
        return self._keys.get(name, _NO_KEY if name[0] == "Pick" else name[1])

    async def _add(self, unit: Open, step: Step) -> Json:
        (of, key), repository = step.name, _repository(unit, step.args["of"])
        if step.args["same"]:
            made = unit.gone.get(step.name)
        elif step.name in self._picked:
            made = None
        else:
            values = expressions.attributes(step.args["values"])
            named = {} if of == "Pick" else {KEYS[of]: key}
            made = expressions.CLASSES[of](**named, **values)
        if made is None:
            return SKIPPED
        repository.add(made)
        if of == "Pick":
            self._picked.add(step.name)
            unit.picks[step.name] = made
        unit.number(step.name, made, loaded=False)
        return {"found": self._view(unit, made, step.name)}

    async def _remove(self, unit: Open, step: Step) -> Json:
        found = await self._live(unit, step.name)
        if found is None:
            return {"removed": None}
        _repository(unit, step.name[0]).remove(found)
        unit.gone[step.name] = found
        unit.picks.pop(step.name, None)
        return {"removed": unit.number(step.name, found)}

    async def _edit(self, unit: Open, step: Step) -> Json:
        found = await self._live(unit, step.name)
        if found is None:
            return {"found": None}
        return (
            {"found": self._view(unit, found, step.name)}
            if edit(found, step)
            else SKIPPED
        )

    _set = _part = _note = _edit

    async def _record(self, unit: Open, step: Step) -> Json:
        found = await self._live(unit, step.name)
        if found is None:
            return {"recorded": None}
        found.record(Noted(step.args["number"]))
        return {"recorded": unit.number(step.name, found)}

    # --- queries ---

    async def _matching(self, unit: Open, step: Step) -> Json:
        repository, where, order = _query(unit, step)
        window = {"limit": step.args["limit"], "offset": step.args["offset"]}
        found = await repository.matching(where, order_by=order, **window)
        return {"found": [self._view(unit, one) for one in found]}

    async def _first(self, unit: Open, step: Step) -> Json:
        repository, where, order = _query(unit, step)
        found = await repository.first(where, order_by=order)
        return {"found": [] if found is None else [self._view(unit, found)]}

    async def _stream(self, unit: Open, step: Step) -> Json:
        repository, where, order = _query(unit, step)
        size = step.args["size"]
        found = repository.stream(where, order_by=order, chunk_size=size)
        return {"found": [self._view(unit, one) async for one in found]}

    async def _page(self, unit: Open, step: Step) -> Json:
        repository, where, order = _query(unit, step)
        number, size = step.args["number"], step.args["size"]
        page = await repository.page(where, order_by=order, number=number, size=size)
        found = [self._view(unit, one) for one in page.items]
        return {"total": page.total, "found": found}

    async def _count(self, unit: Open, step: Step) -> Json:
        repository, where, _ = _query(unit, step)
        return {"count": await repository.count(where)}

    async def _exists(self, unit: Open, step: Step) -> Json:
        repository, where, _ = _query(unit, step)
        return {"exists": await repository.exists(where)}


def _repository(unit: Open, of: str) -> Any:
    return getattr(unit.uow, expressions.REPOSITORIES[of])


def _query(unit: Open, step: Step) -> tuple[Any, Any, Any]:
    of = step.args["of"]
    where = expressions.criterion(of, step.args["where"])
    return (
        _repository(unit, of),
        where,
        expressions.order(of, step.args.get("order", ())),
    )
