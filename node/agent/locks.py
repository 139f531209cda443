"""The watch on a run's file locks: kernel memory that no control group counts, of which one program could take all.

To read the kernel's list makes locking wait on the whole host for some milliseconds, so it is read only when the run
has spent time in the kernel since, as whoever makes locks must.
"""

from __future__ import annotations

from .meter import Meter

MAX_LOCKS = 1_000
"""Some 200 KiB of the kernel's memory. SQLite holds three for each connection."""
_LOOK_EACH_SYSTEM_MS = 50.0
_LOOK_EACH_MS = 1_000.0
"""Time in the kernel may be told by samples, which a program can evade; all of its time cannot."""


class LockWatch:
    """Tells whether the slot's programs hold more locks of files than any needs."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._looked_at = (meter.system_ms(), meter.cpu_ms())

    def too_many(self) -> bool:
        """Looks where it is time to."""
        now = (self._meter.system_ms(), self._meter.cpu_ms())
        in_kernel, at_all = (after - before for after, before in zip(now, self._looked_at))
        if in_kernel < _LOOK_EACH_SYSTEM_MS and at_all < _LOOK_EACH_MS:
            return False
        self._looked_at = now
        return self._meter.lock_list.has_more_than(MAX_LOCKS)
