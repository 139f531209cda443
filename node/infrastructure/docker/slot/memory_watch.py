"""The memory watch: what the host knows of one slot's memory, put together from the readers in ``memory``."""

from __future__ import annotations

from dataclasses import dataclass

from node.infrastructure.docker.slot.memory import HeldMemory, KillCounter, MemoryAccount


@dataclass(frozen=True, slots=True)
class MemoryWatch:
    """The readers of one container's memory. Each may be None: the host's files are out of reach, or it is not
    needed."""

    account: MemoryAccount | None = None
    kills: KillCounter | None = None
    """Counts out-of-memory kills where the agent cannot see them (gVisor)."""
    held: HeldMemory | None = None
    """Reads the memory that the container must not keep from its next program, where it could."""
    agent_reads_it: bool = True
    """Whether the agent's figures are those of the same account."""

    def start(self) -> None:
        """Begins to count for the program that is about to start."""
        for reader in (self.account, self.kills):
            if reader is not None:
                reader.start()

    def stop(self) -> None:
        """Ends the counting of kills."""
        if self.kills is not None:
            self.kills.stop()

    def rest(self) -> None:
        """Looks at what the container holds while nothing runs."""
        if self.account is not None:
            self.account.rest()

    def close(self) -> None:
        """Closes the files of all readers."""
        for reader in (self.account, self.kills, self.held):
            if reader is not None:
                reader.close()

    def peak_bytes(self, before_bytes: int) -> int | None:
        """The program's peak memory; None where that is unknown. ``before_bytes``: the container's memory when the
        program took over, as the agent saw it."""
        if self.account is None:
            return None
        return self.account.peak_bytes(before_bytes if self.agent_reads_it else 0)

    def saw_kill(self) -> bool:
        """Whether the host's counter shows an out-of-memory kill since ``start``."""
        return self.kills is not None and self.kills.rose()

    def excess_bytes(self) -> int:
        """The memory held beyond what the slot may hold between two programs; 0 where that is unknown."""
        return self.held.excess_bytes() if self.held is not None else 0
