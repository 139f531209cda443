"""The door of pseudo-terminals, which the agent shuts at its start: the kernel has one number of them for the whole
host, and no control group counts them."""

from __future__ import annotations

import os
import stat
import sys

_DOOR = "/dev/pts/ptmx"
_ROOT_ONLY = 0o600


def shut_terminals(door: str = _DOOR) -> None:
    """Leaves the making of pseudo-terminals to root. Exits where that cannot be done."""
    try:
        os.chmod(door, _ROOT_ONLY)
        mode = stat.S_IMODE(os.stat(door).st_mode)
    except FileNotFoundError:
        return  # there are none
    except OSError as error:
        sys.exit(f"agent: pseudo-terminals cannot be shut: {error}")
    if mode != _ROOT_ONLY:
        sys.exit(f"agent: pseudo-terminals do not shut: {door} has mode {mode:o}")
