"""Print a case as a test that calls the library as anybody does."""

from collections.abc import Iterator

from unitwork.testing.conformance.battery import spelling
from unitwork.testing.conformance.battery.columns import (
    COLUMNS,
    NAMES,
    REPOSITORIES,
    full,
    written,
)
from unitwork.testing.conformance.battery.kinds import Json
from unitwork.testing.conformance.battery.questions import Case, Question, Step
from unitwork.testing.conformance.battery.view import View

_HEAD = """\
import datetime
from decimal import Decimal
from uuid import UUID

from unitwork import all_of, any_of
from unitwork.testing.conformance.battery.cabinet import (
    Hue,
    Label,
    Measure,
    Specimen,
    Ticket,
)


async def test_case(unit):
    async with unit() as uow:
"""


def as_python(case: Case) -> str:
    """Print a test module with one test.

    Its fixture `unit` makes units on an empty storage. What must be answered is
    asserted.
    """
    lines = [f"    {line}" for line in _stored(case)]
    if case.rewritten:
        lines += ["async with unit() as uow:"]
        lines += [f"    {line}" for line in _rewritten(case)]
    lines += ["async with unit() as uow:"]
    lines += [f"    {line}" for line in _done(case)]
    return _HEAD + "".join(f"    {line}\n" for line in lines)


def _stored(case: Case) -> Iterator[str]:
    for of, rows in case.rows.items():
        for row in case.formers(of) if case.rewritten else rows:
            yield from _added(of, row)
    yield "await uow.commit()"


def _rewritten(case: Case) -> Iterator[str]:
    for of, rows in case.rows.items():
        for row, former in zip(rows, case.formers(of), strict=True):
            changed = {path: _said(of, row, path) for path in {**former, **row}}
            del changed[NAMES[of]]
            yield f"found = {_found(of, row[NAMES[of]], stored=True)}"
            values = spelling.attributes(of, changed)
            yield from (f"found.{name} = {value}" for name, value in values.items())
    yield "await uow.commit()"


def _said(of: str, row: Json, path: str) -> Json:
    if path == "labels":
        return row.get(path, [])
    default = COLUMNS[of][path].default
    return row[path] if path in row else written(of, path, default)


def _added(of: str, row: Json) -> Iterator[str]:
    made = spelling.constructor(of, row)
    if of == "Ticket":  # named, since only storage knows its key
        yield f"{row['name']} = {made}"
        made = row["name"]
    yield f"uow.{REPOSITORIES[of]}.add({made})"


def _done(case: Case) -> Iterator[str]:
    rows = {of: [full(of, row) for row in case.rows[of]] for of in case.rows}
    for number, ticket in enumerate(rows.get("Ticket", ()), 1):
        ticket["number"] = number
    view = View(rows)
    for step in case.steps:
        if view.does(step):
            yield from _step(step, view)
            view.step(step)
    yield "await uow.rollback()"


def _step(step: Step, view: View) -> Iterator[str]:
    do, *rest = step
    if do == "ask":
        yield from _asked(rest[0], view)
    elif do == "enter":
        yield "await uow.__aenter__()"
    elif do == "leave":
        yield f"await uow.{rest[0]}()"
        yield "await uow.__aexit__(None, None, None)"
    elif do == "add":
        yield from _added(*rest)
    else:
        of, said = rest[:2]
        name = said[NAMES[of]] if do == "replace" else said
        stored = view.rows[of][name].get("number") is not None
        yield f"found = {_found(of, name, stored=stored)}"
        if do in ("remove", "replace"):
            yield f"uow.{REPOSITORIES[of]}.remove(found)"
        if do == "replace":
            yield from _added(of, said)
        if do == "change":
            values = spelling.attributes(of, rest[2])
            yield from (f"found.{name} = {value}" for name, value in values.items())


def _found(of: str, name: str, *, stored: bool) -> str:
    if of == "Ticket":
        return f"await uow.tickets.get({name}.number)" if stored else name
    return f"await uow.specimens.get({name!a})"


def _asked(asked: Question, view: View) -> Iterator[str]:
    of, where = asked.of, spelling.where(asked.of, asked.where)
    by = f", order_by={spelling.order(of, asked.order)}" if asked.order else ""
    cut = "" if asked.limit is None else f", limit={asked.limit}"
    cut += f", offset={asked.offset}" if asked.offset else ""
    said = {
        "matching": by + cut,
        "first": by,
        "page": f"{by}, number={asked.number}, size={asked.size}",
        "stream": f"{by}, chunk_size={asked.chunk}",
    }
    for call, expected in view.answers(asked).items():
        made = f"uow.{REPOSITORIES[of]}.{call}({where}{said.get(call, '')})"
        yield from _asserted(call, made, NAMES[of], expected)


def _asserted(call: str, made: str, name: str, expected: Json) -> Iterator[str]:
    if call in ("count", "exists"):
        sign = "==" if call == "count" else "is"
        yield f"assert await {made} {sign} {expected}"
        return
    if call == "stream":
        yield f"found = [one async for one in {made}]"
    elif call == "first":
        yield f"found = [one for one in [await {made}] if one is not None]"
    elif call == "page":
        yield f"page = await {made}"
        yield f"assert page.total == {expected['total']}"
        yield "found = page.items"
        expected = expected["items"]
    else:
        yield f"found = await {made}"
    yield f"assert [one.{name} for one in found] == {expected!a}"
