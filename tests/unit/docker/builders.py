"""Launches and limits as small as a test needs them."""

from __future__ import annotations

from typing import Any

from node.domain.sandbox import Launch
from schemas.task import Limits

MIB = 1 << 20


def limits(**changes: Any) -> Limits:
    usual = {
        "cpu_ms": 5_000,
        "wall_ms": 10_000,
        "memory_bytes": 256 * MIB,
        "processes": 64,
        "output_bytes": 64 << 10,
        "disk_bytes": 64 * MIB,
        "open_files": 256,
        "file_bytes": 64 * MIB,
    }
    return Limits(**{**usual, **changes})


def launch(*command: str, **changes: Any) -> Launch:
    fields: dict[str, Any] = {"files": {}, "command": command or ("true",), "limits": limits()}
    return Launch(**{**fields, **changes})


def nobody(stream: str, data: bytes) -> None:
    """Output that the test does not look at."""
