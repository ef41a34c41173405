"""Print a program as a test that calls the library as anybody does."""

from collections.abc import Iterator

from unitwork.testing.conformance import spelling
from unitwork.testing.conformance.expressions import REPOSITORIES
from unitwork.testing.conformance.oracle.model import Model
from unitwork.testing.conformance.programs import (
    KEYS,
    QUERIES,
    Json,
    Name,
    Program,
    Step,
    errors_in,
)

_HEAD = """\
from decimal import Decimal

import pytest

import unitwork
from unitwork import all_of
from unitwork.testing.conformance.expressions import shown
from unitwork.testing.conformance.warehouse import (
    Item,
    Noted,
    Part,
    Pick,
    Price,
    Site,
)


async def test_program(unit):
"""
_NO_KEY = "-1"


def as_python(program: Program) -> str:
    """Print a test module with one test.

    Its fixture `unit` makes units on an empty storage: `unit(isolation="snapshot")`.
    What the model says of each step is asserted.
    """
    printer = _Printer()
    lines = [line for step in program for line in printer.lines(step)]
    lines += printer.left_open()
    return _HEAD + "".join(f"    {line}\n" for line in lines or ["pass"])


class _Printer:
    def __init__(self) -> None:
        self._model = Model()
        self._units: dict[int, str] = {}
        self._opened = 0
        self._by_hand: Name | None = None

    def lines(self, step: Step) -> Iterator[str]:
        """Spell a step, and what it must do."""
        name = step.name if "key" in step.args else None
        unassigned = name and name[0] == "Pick" and name not in self._model.places
        self._by_hand = name if unassigned else None
        expected = self._model.step(step)
        if "skipped" in expected:
            if step.do in ("part", "note") and step.unit in self._model.units:
                yield f"found = {self._find(self._units[step.unit], step.name, {})}"
            return
        if step.do == "open":
            self._opened += 1
            self._units[step.unit] = f"u{self._opened}"
        unit = self._units[step.unit]
        yield from _raising(expected, self._calls(unit, step, expected))
        yield from _asserted(unit, step, expected)

    def left_open(self) -> Iterator[str]:
        """Leave what the program leaves open."""
        for number, unit in self._model.units.items():
            for _ in unit.blocks:
                yield _leaving(self._units[number], raising=True)

    def _calls(self, unit: str, step: Step, expected: Json) -> Iterator[str]:
        if step.do in QUERIES:
            yield _query(unit, step)
        elif "key" not in step.args:
            yield from _of_blocks(unit, step)
        elif step.do == "add":
            yield from self._add(unit, step)
        elif step.do == "get":
            yield from self._get(unit, step)
        else:
            yield f"found = {self._find(unit, step.name, expected)}"
            if any(expected.get(name) is not None for name in _FOUND):
                yield from _changes(unit, step)

    def _key(self, name: Name) -> str:
        if self._by_hand is not None:
            return _NO_KEY
        return f"pick_{name[1]}.number" if name[0] == "Pick" else repr(name[1])

    def _find(self, unit: str, name: Name, expected: Json) -> str:
        held = any(expected.get(found) is not None for found in _FOUND)
        if self._by_hand is not None and held:
            return f"pick_{name[1]}"
        return f"await {unit}.{REPOSITORIES[name[0]]}.find({self._key(name)})"

    def _add(self, unit: str, step: Step) -> Iterator[str]:
        of, key = step.name
        made = f"pick_{key}" if of == "Pick" else "found"
        if step.args["same"]:
            yield f"{made} = {_gone(unit, step.name)}"
        else:
            named = {} if of == "Pick" else {KEYS[of]: key}
            arguments = spelling.arguments({**named, **step.args["values"]})
            yield f"{made} = {of}({arguments})"
        if made != "found":
            yield f"found = {made}"
        yield f"{unit}.{REPOSITORIES[of]}.add(found)"

    def _get(self, unit: str, step: Step) -> Iterator[str]:
        of, expected = step.name[0], step.args["version"]
        repository, key = f"{unit}.{REPOSITORIES[of]}", self._key(step.name)
        held = self._model.units[step.unit].state.holds.get(step.name)
        if expected is None:
            yield f"found = await {repository}.get({key})"
            return
        version = "1"
        if held and held.live is not None and held.version == expected:
            yield f"version = {unit}.version_of(await {repository}.find({key}))"
            version = "version"
        yield f"found = await {repository}.get({key}, expected_version={version})"


_FOUND = ("found", "removed", "recorded")


def _raising(expected: Json, lines: Iterator[str]) -> Iterator[str]:
    kinds = sorted(errors_in(expected))
    if not kinds:
        yield from lines
        return
    *before, last = lines
    yield from before
    yield f"with pytest.raises(({', '.join(f'unitwork.{kind}' for kind in kinds)},)):"
    yield f"    {last}"


def _asserted(unit: str, step: Step, expected: Json) -> Iterator[str]:
    if "outcome" in expected:
        yield f"assert {unit}.outcome.value == {expected['outcome']!r}"
    if "events" in expected:
        yield f"assert [e.number for e in {unit}.events] == {expected['events']!r}"
    for name in ("count", "exists"):
        if name in expected:
            yield f"assert found == {expected[name]!r}"
    if "total" in expected:
        yield f"assert page.total == {expected['total']!r}"
    found = expected.get("found")
    if step.do in QUERIES and found is not None:
        shown = [values for *_, values in found]
        yield f"assert [shown(one) for one in found if one] == {shown!r}"
    elif found is not None:
        yield f"assert shown(found) == {found[-1]!r}"
    elif "raises" not in expected and "key" in step.args and not _acted(expected):
        yield "assert found is None"


def _acted(expected: Json) -> bool:
    return any(expected.get(name) is not None for name in _FOUND)


def _of_blocks(unit: str, step: Step) -> Iterator[str]:
    if step.do == "open":
        args = ", ".join(f"{name}={value!r}" for name, value in step.args.items())
        yield f"{unit} = unit({args})"
    if step.do in ("open", "enter"):
        yield f"await {unit}.__aenter__()"
    elif step.do == "leave":
        yield _leaving(unit, raising=step.args["raising"])
    else:
        yield f"await {unit}.{step.do}()"


def _leaving(unit: str, *, raising: bool) -> str:
    error = "KeyError, KeyError()" if raising else "None, None"
    return f"await {unit}.__aexit__({error}, None)"


def _changes(unit: str, step: Step) -> Iterator[str]:
    args = step.args
    if step.do == "remove":
        yield f"{_gone(unit, step.name)} = found"
        yield f"{unit}.{REPOSITORIES[args['of']]}.remove(found)"
    elif step.do == "record":
        yield f"found.record(Noted({args['number']}))"
    elif step.do == "set" and args["field"] == "tags":
        yield "found.tags.clear()"
        yield f"found.tags.update({args['value']!r})"
    elif step.do == "set":
        value = spelling.value(args["field"], args["value"])
        yield f"found.{args['field']} = {value}"
    elif step.do == "note":
        name, value = args["name"], args["value"]
        put = f"found.notes[{name!r}] = {value!r}"
        yield put if value is not None else f"del found.notes[{name!r}]"
    elif step.do == "part":
        yield from _parts(args)


def _parts(args: Json) -> Iterator[str]:
    at = f"{args['index']} % len(found.parts)"
    if args["how"] == "append":
        part = spelling.part(args["slot"], args["count"], args["site"])
        yield f"found.parts.append({part})"
    elif args["how"] == "drop":
        yield f"del found.parts[{at}]"
    elif args["how"] == "turn":
        yield f"at = {at}"
        yield "found.parts[:] = found.parts[at:] + found.parts[:at]"
    else:
        yield f"part = found.parts[{at}]"
        yield f"part.count, part.site = {args['count']!r}, {args['site']!r}"


def _query(unit: str, step: Step) -> str:
    args = step.args
    where = spelling.where(args["of"], args["where"])
    said = [where]
    if "order" in args:
        said.append(f"order_by={spelling.order(args['of'], args['order'])}")
    for name in ("limit", "offset", "number", "size"):
        if name in args:
            option = "chunk_size" if step.do == "stream" else name
            said.append(f"{option}={args[name]!r}")
    call = f"{unit}.{REPOSITORIES[args['of']]}.{step.do}({', '.join(said)})"
    if step.do == "stream":
        return f"found = [one async for one in {call}]"
    if step.do == "page":
        return f"page = await {call}; found = page.items"
    return f"found = [await {call}]" if step.do == "first" else f"found = await {call}"


def _gone(unit: str, name: Name) -> str:
    return f"{unit}_gone_{name[0].lower()}_{name[1]}"
