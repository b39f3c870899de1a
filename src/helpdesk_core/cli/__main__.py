"""`python -m helpdesk_core.cli`."""

from __future__ import annotations

import sys

from helpdesk_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
