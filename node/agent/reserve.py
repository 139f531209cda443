"""Memory that the agent holds only to give it up: so that it can report and wipe where a program's files have filled
the slot's memory, and no process is left that the kernel could end for it but the agent
(``docs/adr/0014-the-agent-outlives-the-oom-killer.md``)."""

from __future__ import annotations

import mmap

_SIZE_BYTES = 1 << 20


class Reserve:
    """One MiB of memory, taken or given up."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._held = False

    def take(self) -> None:
        """Takes the memory again; to be called when nothing runs."""
        if not self._held:
            for page in range(0, _SIZE_BYTES, mmap.PAGESIZE):
                self._memory[page] = 1
            self._held = True

    def give_up(self) -> None:
        """Gives the memory up, for what the agent has to do next."""
        if self._held:
            self._memory.madvise(mmap.MADV_DONTNEED)
            self._held = False
