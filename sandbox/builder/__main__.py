"""``python -m sandbox.builder``: see ``build``."""

from __future__ import annotations

import sys

from sandbox.builder.build import main

if __name__ == "__main__":
    sys.exit(main())
