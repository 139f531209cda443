"""Finds the programs ``nats-server`` and ``etcd``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def find_program(name: str) -> Path:
    """The path of the program ``name``: beside the running interpreter, or else on PATH. Raises FileNotFoundError."""
    beside = Path(sys.executable).parent / name
    if beside.is_file():
        return beside
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is neither beside {sys.executable} nor on PATH: run `make demo` or `make test`"
        )
    return Path(found)
