"""The vocabulary of the bus: the enumerations of states, priorities, verdicts, limits and dead letters."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """A task's state. ``QUEUED -> RUNNING -> one of the others``, which are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    """Ran and exited with 0 (and every case was accepted, where there are cases)."""
    FAILED = "FAILED"
    """Exited with another code, died of a signal of its own, or a case was not accepted."""
    COMPILE_ERROR = "COMPILE_ERROR"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    """The code check, or the language's rules for options, refused it; nothing ran."""
    EXPIRED = "EXPIRED"
    """Its queue deadline passed before a node took it."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """We failed, not the program."""

    @property
    def is_final(self) -> bool:
        return self not in (Status.QUEUED, Status.RUNNING)


class Severity(StrEnum):
    """How much a diagnostic matters."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTE = "NOTE"


class Priority(StrEnum):
    """A task's priority: each has a queue of its own in every pool."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"


PRIORITIES_BY_URGENCY = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


class Verdict(StrEnum):
    """The end of one case."""

    ACCEPTED = "ACCEPTED"
    WRONG_ANSWER = "WRONG_ANSWER"
    RUNTIME_ERROR = "RUNTIME_ERROR"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    CHECKER_ERROR = "CHECKER_ERROR"
    SKIPPED = "SKIPPED"


class NodeState(StrEnum):
    """A node's state, as its record tells it."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    OVERLOADED = "overloaded"


class LimitName(StrEnum):
    """A limit of one run, as ``Stage.limits_hit`` names it. The agent inside the container says the same words."""

    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    PROCESSES = "processes"
    OUTPUT = "output"
    DISK = "disk"
    OPEN_FILES = "open_files"
    FILE_SIZE = "file_size"


class DeadReason(StrEnum):
    """The reason why a message went to the dead letters. It is a token of the letter's subject."""

    POISON = "poison"
    """The task lost its slot or its node too often, or no node could start it."""
    MALFORMED = "malformed"
    """A message on the task queue that is no task a node may run."""
    UNDELIVERED = "undelivered"
    """A result that its callback did not take."""
    UNDECODABLE = "undecodable"
    """A message on RESULTS that is no result."""
    FORGED = "forged"
    """A result that is not bound to the task that it names, or says otherwise than was submitted."""
