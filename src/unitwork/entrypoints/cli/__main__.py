"""Run it as `python -m unitwork.entrypoints.cli`."""

import sys

from unitwork.entrypoints.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
