"""How much is asked of a storage, unless an option says so."""

PROGRAMS = 2_000
QUERIES = 20_000
QUERIES_OF_A_SEED = 200
"""How many questions are asked of the same rows."""
