"""The disk of a slot: every file system that a program can write to, counted together."""

from __future__ import annotations

import os


class Disk:
    """File systems that are empty between runs. Files that were deleted count for as long as they are open."""

    def __init__(self, directories: list[str]) -> None:
        by_device = {os.stat(place).st_dev: place for place in reversed(directories) if os.path.isdir(place)}
        self._places = list(by_device.values())
        self.was_full = False
        """Whether one of them was seen full, of bytes or of files, since ``start``."""

    def start(self) -> None:
        """Begins to look for the next run."""
        self.was_full = False

    def used_bytes(self) -> int:
        """The bytes that are in use now."""
        used = 0
        for place in self._places:
            try:
                size = os.statvfs(place)
            except OSError:
                continue
            used += (size.f_blocks - size.f_bfree) * size.f_frsize
            if (size.f_blocks > 0 and size.f_bfree == 0) or (size.f_files > 0 and size.f_ffree == 0):
                self.was_full = True
        return used
