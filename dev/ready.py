"""The end of ``make setup``: everything is there; says what to do with it."""

from __future__ import annotations

import sys

from dev.console import say

_NEXT = """\
Everything is installed: .venv (with the commands coderunner, coderunner-gateway, coderunner-node), Docker, the images.
Next: make demo (all of it in the background), make unit (the quick tests), make help."""


def main() -> int:
    say(_NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
