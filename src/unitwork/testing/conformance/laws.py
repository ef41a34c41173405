"""Laws that any storage keeps, whatever the model says: true of two answers of its own.

They find what the model, the core and the storages might all have wrong alike.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from random import Random
from typing import TypeAlias

import attrs

from unitwork.testing.conformance.generator import generate_changes
from unitwork.testing.conformance.interpreter import Interpreter
from unitwork.testing.conformance.programs import Json, Step, step
from unitwork.testing.conformance.runner import Fresh
from unitwork.testing.conformance.vocabulary import CODES, Vocabulary

Law: TypeAlias = Callable[[Interpreter, int], Awaitable[str | None]]
"""Judges one seed on an empty storage; says what is wrong, if anything is."""
_CLASSES = ("Site", "Item", "Pick")
_QUERIES = 6
_WRITER, _READER = 0, 1


@attrs.frozen
class BrokenLaw:
    """A law, and the seed that shows that a storage breaks it."""

    law: str
    seed: int
    complaint: str


async def check_laws(
    fresh: Fresh, seeds: Iterable[int], *, names: Iterable[str] = ()
) -> AsyncIterator[BrokenLaw]:
    """Judge laws by every seed.

    Args:
        fresh: gives an empty storage, for each law and seed.
        seeds: which cases.
        names: which laws; without, all of them.
    """
    judged = {name: LAWS[name] for name in names} or LAWS
    for seed in seeds:
        for name, law in judged.items():
            interpreter = Interpreter(await fresh())
            try:
                complaint = await law(interpreter, seed)
            finally:
                await interpreter.close()
            if complaint is not None:
                yield BrokenLaw(name, seed, complaint)


async def own_writes_are_read_as_they_will_be(
    run: Interpreter, seed: int
) -> str | None:
    """What a unit reads before its commit is what others read after. Contract: 20."""
    await _change(run, seed)
    queries = list(_queries(seed))
    before = [_values(await run.step(query(_WRITER))) for query in queries]
    committed = await run.step(step("commit", _WRITER))
    if "raises" in committed:
        return f"The commit was refused: {committed['raises']}."
    await run.step(_open(_READER))
    for query, said in zip(queries, before, strict=True):
        after = _values(await run.step(query(_READER)))
        if said != after:
            return f"{query(0).to_json()} gave {said} before the commit, then {after}."
    return None


async def a_criterion_parts_the_rows(run: Interpreter, seed: int) -> str | None:
    """p, not p, and p is unknown: each row is in just one of them. Contract: 22."""
    await _change(run, seed)
    for query in _queries(seed):
        of, where = query(0).args["of"], query(0).args["where"]
        kinds = (where, ["not", where], ["or", where, ["not", where]], ["all"])
        counts = []
        for kind in kinds:
            found = await run.step(_matching(of, kind))
            counted = await run.step(step("count", _WRITER, of=of, where=kind))
            if len(found["found"]) != counted["count"]:
                return f"{kind} matches {len(found['found'])}, counts {counted}."
            counts.append({one[2] for one in found["found"]})
        true, false, known, everything = counts
        if true & false or true | false != known or not known <= everything:
            return f"{where} of {of}: true {true}, false {false}, known {known}."
        if not _may_be_unknown(where) and known != everything:
            return f"{where} of {of} leaves out {everything - known}."
    return None


async def a_key_gives_what_a_query_by_key_gives(
    run: Interpreter, seed: int
) -> str | None:
    """find(key) and matching(key == ...) agree, within a unit and without.

    Contract: 12, 20.
    """
    await _change(run, seed)
    for reader in (_WRITER, _READER):
        for of in ("Site", "Item"):
            for key in CODES:
                found = (await run.step(step("find", _WRITER, of=of, key=key)))["found"]
                where = ["==", "code", key]
                queried = (await run.step(_matching(of, where, reader)))["found"]
                shown = [one[-1] for one in queried]
                if shown != ([] if found is None else [found[-1]]):
                    return f"{of} {key!r} is {found}, and by a query {queried}."
        for one in (step("commit"), step("leave", raising=False)):
            await run.step(one)
        await run.step(_open(_READER))
        await run.step(_open(_WRITER))
    return None


async def who_only_reads_never_conflicts(run: Interpreter, seed: int) -> str | None:
    """A unit that changes nothing commits, whatever others do. Contract: 13, 18."""
    isolation = ("read_committed", "snapshot", "serializable")[seed % 3]
    stored, changes = generate_changes(seed)
    for one in stored:
        await run.step(one)
    reading = {"isolation": isolation, "read_only": seed % 2 == 0}
    await run.step(Step("open", _READER, reading))
    for query in _queries(seed):
        await run.step(query(_READER))
    for one in (*changes, step("commit", _WRITER)):
        await run.step(one)
    committed = await run.step(step("commit", _READER))
    if committed.get("outcome") != "committed" or "raises" in committed:
        return f"A unit that only read ({isolation}) ended as {committed}."
    return None


async def a_failed_commit_leaves_no_trace(run: Interpreter, seed: int) -> str | None:
    """What is stored after a failed commit is what was stored before. Contract: 2."""
    await _change(run, seed)
    doomed = {"site": "nowhere"}
    await run.step(step("remove", _WRITER, of="Item", key="e"))
    add = {"of": "Item", "key": "e", "values": doomed, "same": False}
    await run.step(step("add", _WRITER, **add))
    before = await _everything(run)
    failed = await run.step(step("commit", _WRITER))
    after = await _everything(run)
    if "raises" not in failed:
        return f"A reference to nowhere was committed: {failed}."
    return None if before == after else f"{before} became {after} by {failed}."


LAWS: dict[str, Law] = {
    law.__name__: law
    for law in (
        own_writes_are_read_as_they_will_be,
        a_criterion_parts_the_rows,
        a_key_gives_what_a_query_by_key_gives,
        who_only_reads_never_conflicts,
        a_failed_commit_leaves_no_trace,
    )
}


async def _change(run: Interpreter, seed: int) -> None:
    stored, changes = generate_changes(seed)
    for one in (*stored, *changes):
        await run.step(one)


async def _everything(run: Interpreter) -> list[Json]:
    await run.step(_open(_READER))
    found = [await run.step(_matching(of, ["all"], _READER)) for of in _CLASSES]
    await run.step(step("leave", _READER, raising=False))
    return found


def _queries(seed: int) -> Iterator[Callable[[int], Step]]:
    """Choose queries that a unit of any number can ask."""
    random = Random(seed)  # noqa: S311 - no secret
    choose = Vocabulary(random)
    for _ in range(_QUERIES):
        of = random.choice(_CLASSES)
        args = {"of": of, "where": choose.criterion(of), "order": choose.order(of)}
        args |= {"limit": choose.often_none((1, 2, 3)), "offset": random.choice((0, 1))}
        yield partial(_asked, args)


def _asked(args: dict[str, Json], unit: int) -> Step:
    return Step("matching", unit, args)


def _open(unit: int) -> Step:
    return step("open", unit, isolation="read_committed", read_only=False)


def _matching(of: str, where: Json, unit: int = _WRITER) -> Step:
    args = {"of": of, "where": where, "order": [], "limit": None, "offset": 0}
    return Step("matching", unit, args)


def _values(observed: Json) -> Json:
    """Leave out what a commit changes: keys of picks, numbers of objects, versions."""
    return [
        [of, of != "Pick" and key, values]
        for of, key, _, _, values in observed["found"]
    ]


def _may_be_unknown(where: Json) -> bool:
    """Tell whether a criterion looks at anything that can be None."""
    kind, *rest = where
    if kind in ("and", "or", "not"):
        return any(_may_be_unknown(part) for part in rest)
    if kind == "in" and not rest[1]:
        return False
    return kind not in ("all", "none") and (rest[0] != "code" or kind == "in")
