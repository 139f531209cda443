"""The machine's load, by psutil. In a container these are the host's figures, which is what matters to a neighbour."""

from __future__ import annotations

from pathlib import Path

import psutil

from node.domain.load import Load


class PsutilProbe:
    """Implements ``LoadProbe``. ``disk`` is any path on the file system that is watched. The first measurement of the
    processor is 0."""

    def __init__(self, disk: Path) -> None:
        self._disk = str(disk)
        psutil.cpu_percent(None)

    def measure(self) -> Load:
        return Load(
            cpu_percent=psutil.cpu_percent(None),
            memory_percent=psutil.virtual_memory().percent,
            disk_percent=psutil.disk_usage(self._disk).percent,
        )
