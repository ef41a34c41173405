"""What a unit sees: its own objects over storage's rows."""

from unitwork.adapters import reading
from unitwork.adapters.mapping import predicate
from unitwork.adapters.reading import Reading
from unitwork.adapters.repository import TrackingRepository
from unitwork.testing.conformance.sabotage.editing import edits

BUGS = edits(
    "overlay",
    (
        "removed-keys-are-read-again",
        "A removed key is looked for in storage.",
        Reading.find,
        "if entry is not None:",
        "if entry is not None and not entry.removed:",
    ),
    (
        "removed-objects-are-live",
        "find gives what the unit has removed.",
        Reading.find,
        "None if entry.removed else entry",
        "entry",
    ),
    (
        "missing-keys-are-not-noted",
        "A serializable unit does not note that a key was missing.",
        Reading.find,
        "or ((key, None),)",
        "or ()",
    ),
    (
        "keys-are-not-noted",
        "A serializable unit does not note what it read by key.",
        Reading.find,
        "if self._logged:",
        "if False:",
    ),
    (
        "queries-are-not-noted",
        "A serializable unit does not note what it queried.",
        Reading.select,
        "if self._logged:",
        "if False:",
    ),
    (
        "counts-are-not-noted",
        "A serializable unit does not note what it counted.",
        Reading.count,
        "if self._logged:",
        "if False:",
    ),
    (
        "existence-is-not-noted",
        "A serializable unit does not note what it asked the existence of.",
        Reading.exists,
        "if self._logged:",
        "if False:",
    ),
    (
        "existence-is-noted-as-true",
        "A serializable unit notes that something existed, whatever it was told.",
        Reading.exists,
        "int(stored)",
        "1",
    ),
    (
        "own-objects-take-no-room",
        "Storage is asked for too few rows where own objects come before them.",
        Reading.select,
        "limit=query.limit + query.offset",
        "limit=query.limit",
    ),
    (
        "offsets-are-taken-twice",
        "Storage leaves out the offset, and the unit again.",
        Reading.select,
        "asked = attrs.evolve(asked, offset=0)",
        "pass",
    ),
    (
        "selected-objects-are-not-held",
        "What a query found is not put into the identity map.",
        Reading.select,
        "self._entries.put(entry)",
        "pass",
    ),
    (
        "own-objects-are-not-selected",
        "Queries leave out what the unit holds.",
        Reading.select,
        "own = self._own(query, seen)",
        "own = []",
    ),
    (
        "own-objects-are-not-counted",
        "count leaves out what the unit holds.",
        Reading.count,
        "return stored + own",
        "return stored",
    ),
    (
        "own-objects-do-not-exist",
        "exists looks at storage alone.",
        Reading.exists,
        "if self._own(query):",
        "if False:",
    ),
    (
        "removed-objects-match",
        "Queries find what the unit has removed.",
        Reading._own,  # noqa: SLF001 - that is where the bug is
        "entry.removed or",
        "",
    ),
    (
        "own-objects-match-as-stored",
        "Queries look at what storage has of the unit's objects.",
        Reading._own,  # noqa: SLF001 - as above
        "entry.row",
        "(entry.stored or entry.state())[0][0]",
    ),
    (
        "own-objects-come-last",
        "Own objects are not sorted in among storage's rows.",
        reading._cut,  # noqa: SLF001 - as above
        "arrange(rows, query.order, lambda item: item[0])",
        "rows",
    ),
    (
        "offsets-of-own-objects-are-ignored",
        "The offset is not taken where the unit holds something.",
        reading._cut,  # noqa: SLF001 - as above
        "arranged[query.offset : end]",
        "arranged[:end]",
    ),
    (
        "expected-versions-are-ignored",
        "get does not look at expected_version.",
        TrackingRepository.get,
        "expected_version is not None",
        "False",
    ),
    (
        "missing-aggregates-are-none",
        "get gives None for what is not there.",
        TrackingRepository.get,
        "raise AggregateNotFoundError(self._mapping.aggregate, key)",
        "return None",
    ),
    (
        "pages-begin-at-zero",
        "Page 1 is the second one.",
        TrackingRepository.page,
        "(number - 1) * size",
        "number * size",
    ),
    (
        "totals-are-of-the-page",
        "A page's total is the number of its items.",
        TrackingRepository.page,
        "Page(items, total, number, size)",
        "Page(items, len(items), number, size)",
    ),
    (
        "streams-end-early",
        "A stream ends after the first full chunk.",
        TrackingRepository.stream,
        "if len(entries) < chunk_size:",
        "if len(entries) <= chunk_size:",
    ),
    (
        "streams-go-on-after-the-first",
        "A chunk begins after the first row of the one before it.",
        TrackingRepository.stream,
        "after = positions[-1]",
        "after = positions[0]",
    ),
    (
        "none-in-a-list-is-false",
        "in_ with None is false, not unknown, where nothing is found.",
        predicate._one_of,  # noqa: SLF001 - as above
        "None if or_unknown else False",
        "False",
    ),
    (
        "none-in-an-empty-list-is-unknown",
        "An empty in_ is unknown of None.",
        predicate._one_of,  # noqa: SLF001 - as above
        "False if not values and not or_unknown else None",
        "None",
    ),
    (
        "unknown-decides",
        "A part that is unknown makes the whole unknown.",
        predicate._fold,  # noqa: SLF001 - as above
        "result = None",
        "return None",
    ),
    (
        "unknown-is-forgotten",
        "A part that is unknown is passed over.",
        predicate._fold,  # noqa: SLF001 - as above
        "result = None",
        "pass",
    ),
    (
        "nulls-are-always-largest",
        "None is sorted as the largest, whatever is asked for.",
        predicate._sort_key,  # noqa: SLF001 - as above
        "term.nulls_first == term.descending",
        "True",
    ),
    (
        "ties-are-turned",
        "The order's last term is not looked at.",
        predicate.arrange,
        "reversed(order)",
        "reversed(order[:-1] or order)",
    ),
    (
        "keysets-ignore-none",
        "What comes after None is not told from what is None.",
        predicate.comes_after,
        "return (stored is None) != term.nulls_first",
        "return stored is None",
    ),
    (
        "keysets-ignore-descent",
        "What comes after a value is what is larger.",
        predicate.comes_after,
        "== term.descending",
        "is False",
    ),
)
