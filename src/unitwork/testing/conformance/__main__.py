"""Ask storages many random programs and queries: see docs/conformance-kit.md."""

import sys

from unitwork.testing.conformance.campaign.commands import main

if __name__ == "__main__":
    sys.exit(main())
