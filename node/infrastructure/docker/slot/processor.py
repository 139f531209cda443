"""The processor time of one container, from the host's cgroup files: what is told of a slot that was lost."""

from __future__ import annotations

from pathlib import Path

from node.infrastructure.docker.slot.cgroup import PROC, ROOT, CgroupFile, open_file

_USAGE = {1: "cpuacct.usage", 2: "cpu.stat"}


class ProcessorAccount:
    """The processor time of one container since ``start``. It never fails a task: what cannot be read adds nothing."""

    def __init__(self, file: CgroupFile, *, looks: bool) -> None:
        """``looks``: read at intervals, since the files are gone before anybody hears of the container's end."""
        self._file = file
        self._looks = looks
        self._before_ms = self._last_ms = self._read_ms() or 0.0

    def start(self) -> None:
        """Begins to count."""
        self.stop()
        self._before_ms = self._last_ms = self._read_ms() or self._last_ms
        if self._looks:
            self._file.keep_looking(self.used_ms)

    def used_ms(self) -> float:
        """The processor time since ``start``, of the agent and of all that ran in the container, as far as it is
        known."""
        self._last_ms = self._read_ms() or self._last_ms
        return self._last_ms - self._before_ms

    def stop(self) -> None:
        """Ends the reading at intervals."""
        self._file.stop()

    def close(self) -> None:
        """Closes its file; safe to call once more. What was read stays known."""
        self._file.close()

    def _read_ms(self) -> float | None:
        try:
            text = self._file.read(256)
            return int(text) / 1e6 if self._file.version == 1 else int(text.split()[1]) / 1e3
        except (OSError, ValueError, IndexError):
            return None


def open_processor_account(pid: int, *, looks: bool, root: Path = ROOT, proc: Path = PROC) -> ProcessorAccount | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be
    reached."""
    file = open_file(pid, "cpuacct", _USAGE, root, proc)
    return ProcessorAccount(file, looks=looks) if file is not None else None
