"""Run `python -m unitwork.testing.conformance.sabotage`."""

import sys

from unitwork.testing.conformance.sabotage.commands import main

if __name__ == "__main__":
    sys.exit(main())
