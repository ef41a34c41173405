"""How much a conformance suite asks of a storage, unless an option says so."""

PROGRAMS = 2_000
QUERIES = 20_000
