"""The gateway's readiness: which of its services can answer now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """The report on what can be answered at one moment, by what is asked for."""

    executions: bool
    """Tasks can be taken, looked up and followed."""
    catalog: bool
    """Languages and nodes can be told. They are kept in memory, so that this outlives the bus and the directory."""
    operations: bool
    """Dead letters, callbacks and nodes' orders: all of that is on the bus."""
    keys: bool
    """API keys can be made and listed: that is up to the database."""
    nodes: bool
    """Nodes may join, and can be let in: that is up to the bus."""

    @property
    def all(self) -> bool:
        """True where every service can answer that is needed to run a program."""
        return self.executions and self.catalog and self.operations


class Readiness(Protocol):
    """The question whether the gateway can do its work, answered from memory."""

    def report(self) -> ReadinessReport:
        """The report on what works now."""
        ...
