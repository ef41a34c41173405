"""What reads of logs tell: a list that only grows shows the order of its versions.

Source: Kingsbury and Alvaro, Elle (VLDB 2020), section 4: list-append.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import attrs

from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.histories.evidence import Dependency, Evidence
from unitwork.testing.conformance.histories.history import Operation, Transaction
from unitwork.testing.conformance.histories.phenomena import Phenomenon


@attrs.frozen
class _View:
    """A log as a unit found it, without what the unit itself appended."""

    reader: Transaction
    read: Operation
    values: tuple[int, ...]


def examine_logs(evidence: Evidence) -> None:
    """Add everything that is to be said of logs."""
    views = defaultdict(list)
    for reader in evidence.committed():
        for view in _views(evidence, reader):
            views[view.read.place].append(view)
    for place in views:
        sound = [view for view in views[place] if _is_sound(evidence, view)]
        order = max((view.values for view in sound), key=len, default=())
        _version_order(evidence, place, order)
        for view in sound:
            _place_in_order(evidence, view, order)
        _lost_updates(evidence, place, views[place])
    _stale_reads(evidence)


def _views(evidence: Evidence, reader: Transaction) -> Iterator[_View]:
    """Give the first read of each log; check that later ones go with it.

    A log that was not there was not loaded: the next look is a first read again.
    """
    expected: dict[str, tuple[int, ...]] = {}
    own: dict[str, list[int]] = defaultdict(list)
    for done in reader.operations:
        known = expected.get(done.place, ())
        if done.kind == "append" and done.value is not None:
            own[done.place].append(done.value)
            if done.place in expected:
                expected[done.place] = (*known, done.value)
        elif done.kind == "read" and done.seen is not None:
            if not known:
                found = tuple(v for v in done.seen if v not in own[done.place])
                yield _View(reader, done, found)
            elif done.seen != known:
                evidence.shows(
                    Phenomenon.FUZZY_READ,
                    f"T{reader.number} saw {list(done.seen)} in {done.place}, after"
                    f" {list(known)} by its own reads and appends",
                    reader,
                )
            expected[done.place] = done.seen


def _is_sound(evidence: Evidence, view: _View) -> bool:
    """Tell whether a view can say anything of the order; if not, it says why."""
    read, reader = view.read, view.reader
    twice = [value for value, times in Counter(view.values).items() if times > 1]
    for value in twice:
        story = f"T{reader.number} saw {value} in {read.place} twice"
        evidence.shows(Phenomenon.DUPLICATE, story, reader)
    known = [evidence.check_source("append", read, v, reader) for v in view.values]
    if view.values and all(known):
        _intermediate(evidence, view, view.values[-1])
    return all(known) and not twice


def _intermediate(evidence: Evidence, view: _View, last: int) -> None:
    writer = evidence.attempts("append", view.read.place, last)[0]
    final = [o.value for o in writer.operations if _appends_to(o, view.read.place)][-1]
    if final != last and writer is not view.reader:
        evidence.shows(
            Phenomenon.G1B,
            f"T{view.reader.number} saw {last} at the end of {view.read.place}, before"
            f" T{writer.number} appended {final}",
            view.reader,
            writer,
        )


def _appends_to(done: Operation, place: str) -> bool:
    return done.kind == "append" and done.place == place


def _version_order(evidence: Evidence, place: str, order: tuple[int, ...]) -> None:
    for old, new in pairwise(order):
        before = evidence.writer("append", place, old)
        after = evidence.writer("append", place, new)
        if before is not None and after is not None:
            evidence.orders(
                before,
                after,
                Dependency.WW,
                f"T{after.number} appended {new} to {place}"
                f" after T{before.number} appended {old}",
            )


def _place_in_order(evidence: Evidence, view: _View, order: tuple[int, ...]) -> None:
    """Put a reader after the last value that it saw, and before the next one."""
    place, reader, seen = view.read.place, view.reader, len(view.values)
    if view.values != order[:seen]:
        evidence.shows(
            Phenomenon.INCOMPATIBLE,
            f"T{reader.number} saw {list(view.values)} in {place},"
            f" others saw {list(order)}",
            reader,
        )
        return
    if seen:
        writer = evidence.writer("append", place, order[seen - 1])
        if writer is not None:
            why = f"T{reader.number} saw {order[seen - 1]} in {place}"
            why += f", which T{writer.number} appended"
            evidence.orders(writer, reader, Dependency.WR, why)
    if seen < len(order):
        writer = evidence.writer("append", place, order[seen])
        if writer is not None:
            why = f"T{reader.number} read {place}"
            why += f" before T{writer.number} appended {order[seen]}"
            evidence.orders(reader, writer, Dependency.RW, why)


def _lost_updates(evidence: Evidence, place: str, views: list[_View]) -> None:
    """Find units that appended to the same version: only one append can stay."""
    last = {view.reader.number: view for view in views}
    writers: dict[tuple[int, ...], list[Transaction]] = defaultdict(list)
    for _, view in sorted(last.items()):
        if any(_appends_to(done, place) for done in view.reader.operations):
            writers[view.values].append(view.reader)
    for version, who in writers.items():
        if len(who) > 1:
            names = " and ".join(f"T{each.number}" for each in who)
            story = f"{names} each read {list(version)} in {place} and appended to it"
            evidence.shows(Phenomenon.LOST_UPDATE, story, *who)


def _stale_reads(evidence: Evidence) -> None:
    """Find reads that miss what was durable before their unit began. Contract: 18."""
    appended: dict[str, list[tuple[int, Transaction]]] = defaultdict(list)
    for place, value in evidence.written("append"):
        writer = evidence.writer("append", place, value)
        if writer is not None and writer.outcome is Outcome.COMMITTED:
            appended[place].append((value, writer))
    for reader in evidence.committed():
        for done in reader.operations:
            seen = set(done.seen or ())
            for value, writer in appended[done.place] if done.kind == "read" else ():
                if value not in seen and writer.ended < reader.began:
                    evidence.shows(
                        Phenomenon.STALE_READ,
                        f"T{reader.number} did not see {value} in {done.place}, which"
                        f" T{writer.number} had appended before it began",
                        reader,
                        writer,
                    )
