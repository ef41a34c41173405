"""What lists of groups tell: queries, and what came and went behind their backs.

A member joins once and leaves once, so a reader that missed it came before it joined or
after it left. Where it has left, nobody can tell which, and nothing is concluded.
"""

from collections import Counter, defaultdict

import attrs

from unitwork.domain.outcome import Outcome
from unitwork.testing.conformance.histories.evidence import Dependency, Evidence
from unitwork.testing.conformance.histories.history import Operation, Transaction
from unitwork.testing.conformance.histories.phenomena import Phenomenon


@attrs.frozen
class _Stay:
    """One member's time in a group."""

    group: str
    member: int
    joined: Transaction
    left: Transaction | None
    may_have_left: bool


def examine_groups(evidence: Evidence) -> None:
    """Add everything that is to be said of groups."""
    stays = defaultdict(list)
    for stay in _stays(evidence):
        stays[stay.group].append(stay)
    for reader in evidence.committed():
        _own_work(evidence, reader)
        for done in reader.operations:
            if done.kind == "list":
                _sources(evidence, reader, done)
                for stay in stays[done.place]:
                    _place_in_order(evidence, reader, done, stay)


def _stays(evidence: Evidence) -> list[_Stay]:
    stays = []
    for group, member in evidence.written("join"):
        joined = evidence.writer("join", group, member)
        leavers = evidence.attempts("leave", group, member)
        gone = [each for each in leavers if each.outcome is Outcome.COMMITTED]
        left = gone[0] if gone else None
        possible = any(each.outcome is not Outcome.ROLLED_BACK for each in leavers)
        if len(gone) > 1:
            names = " and ".join(f"T{each.number}" for each in gone)
            story = f"{names} each took {member} out of {group}"
            evidence.shows(Phenomenon.LOST_UPDATE, story, *gone)
        if joined is None:
            continue
        stays.append(_Stay(group, member, joined, left, possible))
        if left is not None:
            why = f"T{left.number} took {member} out of {group}"
            why += f", which T{joined.number} had put in"
            evidence.orders(joined, left, Dependency.WW, why)
    return stays


def _own_work(evidence: Evidence, reader: Transaction) -> None:
    """Check that lists go with what the unit itself did and found. Contract: 12, 20."""
    inside: dict[str, set[int]] = defaultdict(set)
    outside: dict[str, set[int]] = defaultdict(set)
    for done in reader.operations:
        here, gone = inside[done.place], outside[done.place]
        if done.kind == "list" and done.seen is not None:
            for wrong in sorted((here - set(done.seen)) | (gone & set(done.seen))):
                evidence.shows(
                    Phenomenon.FUZZY_READ,
                    f"T{reader.number} saw {list(done.seen)} in {done.place}, which"
                    f" does not go with what it had found or done to {wrong}",
                    reader,
                )
            here.update(done.seen)
        elif done.kind == "join" and done.value is not None:
            here.add(done.value)
        elif done.kind == "leave" and done.value is not None:
            here.discard(done.value)
            gone.add(done.value)


def _sources(evidence: Evidence, reader: Transaction, done: Operation) -> None:
    for member, times in Counter(done.seen or ()).items():
        if times > 1:
            story = f"T{reader.number} saw {member} in {done.place} twice"
            evidence.shows(Phenomenon.DUPLICATE, story, reader)
        evidence.check_source("join", done, member, reader)


def _place_in_order(
    evidence: Evidence, reader: Transaction, done: Operation, stay: _Stay
) -> None:
    """Put a reader of a group before or after those who changed it."""
    group, member = stay.group, stay.member
    if member in (done.seen or ()):
        why = f"T{reader.number} saw {member} in {group}"
        joined = f"{why}, which T{stay.joined.number} put in"
        evidence.orders(stay.joined, reader, Dependency.WR, joined)
        if stay.left is not None:
            left = f"{why} before T{stay.left.number} took it out"
            evidence.orders(reader, stay.left, Dependency.RW, left)
            if stay.left.ended < reader.began:
                evidence.shows(Phenomenon.STALE_READ, left, reader, stay.left)
    elif not stay.may_have_left:
        why = f"T{reader.number} looked through {group}"
        why += f" before T{stay.joined.number} put {member} in"
        evidence.orders(reader, stay.joined, Dependency.PREDICATE_RW, why)
        committed = stay.joined.outcome is Outcome.COMMITTED
        if committed and stay.joined.ended < reader.began:
            evidence.shows(Phenomenon.STALE_READ, why, reader, stay.joined)
