"""No case asks for more than it says: `needs` and `NEEDS` name all that it wants."""

from tests.conformance.bare import BareAdapter
from unitwork.testing import conformance_suite

TestBare = conformance_suite(BareAdapter)
del TestBare.TestQueries  # type: ignore[attr-defined]  # nothing in them has a flag
