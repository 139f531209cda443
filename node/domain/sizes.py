"""The sizes of what is made of a submission on a node. docs/sizes.md has them beside all others."""

from __future__ import annotations

from collections.abc import Mapping

MAX_ARTEFACTS = 2_000
"""Files that cross from a compile slot to a run slot. A frame's header (1 MiB) names each in at most 60 bytes and its
own."""
MAX_ARTEFACT_NAME_BYTES = 256 << 10
"""Of all their names together, as JSON spells them."""
MAX_ARTEFACT_BYTES = 64 << 20
"""Of all of them together: what a program may have on its disk by default, and what two slots and a node hold for it at
once."""

MAX_OUTPUT_FILES = 64
"""Files of one run that are told of."""
OUTPUT_NAMES = 1_000
"""Names of files and folders that are looked at for them (``node/agent/outputs.py``)."""
OUTPUT_FILES_BYTES = 1 << 20
"""Of all of them that are brought back."""
LARGE_OUTPUT_FILES_BYTES = 4 << 20
"""The same, where the task asks for a large result."""
STORED_FILES_BYTES = 32 << 20
"""Of all of them that are brought back, where those are stored that the result has no room for."""

REPORT_BYTES = 512 << 10
"""Of a run's report on its tests; what follows is not read."""
MAX_TESTS = 500
"""That are told of."""

_PAGE_BYTES = 4096
"""What the file systems of slots give a file is a multiple of this."""


def unplaceable(files: Mapping[str, bytes], disk_bytes: int) -> str:
    """Why a compiled program's own files do not fit on a disk of that size; empty where they do."""
    needed = sum(-(-len(content) // _PAGE_BYTES) * _PAGE_BYTES for content in files.values())
    if needed <= disk_bytes:
        return ""
    return f"the compiled program needs {needed} bytes of files, more than its disk of {disk_bytes}"
