"""What the node needs from outside, named for the need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from node.domain.language import Language
from node.domain.sandbox import Launch, Outcome, Role
from schemas.execution import OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.task import Limits, TaskMessage

OnOutput = Callable[[str, bytes], None]
"""Called with ``stdout`` or ``stderr`` and the bytes, as they appear."""


class Delivery(Protocol):
    """One task in this node's hands. It stays ours while ``keep_alive`` is called within the ack wait."""

    @property
    def task(self) -> TaskMessage: ...
    @property
    def attempt(self) -> int:
        """1 for the first delivery."""
        ...

    async def keep_alive(self) -> None: ...
    async def done(self) -> None:
        """Its result is stored: the message is acknowledged, and gone once this returns."""
        ...

    async def retry_in(self, seconds: float) -> None:
        """Hand it back; somebody gets it after that time."""
        ...

    async def bury(self, reason: str, detail: str) -> None:
        """To the dead letters with it; nobody gets it again."""
        ...


class TaskSource(Protocol):
    async def take(self) -> Delivery:
        """The next task for one free slot: HIGH before NORMAL before LOW. Waits. Cancelling it loses no task."""
        ...


class ResultSink(Protocol):
    async def store(self, result: ResultMessage) -> bool:
        """True once it is the stored result; False where the task already had one."""
        ...


class Announcer(Protocol):
    """Fire and forget: watchers see these, correctness never depends on them."""

    def event(self, event: TaskEvent) -> None: ...
    def output(self, chunk: OutputChunk) -> None: ...


class Sandbox(Protocol):
    """One slot, held for one task; several launches may follow each other, with a verified wipe between."""

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """Raises SandboxLostError. If the awaiting task is cancelled, the program is killed and the slot wiped."""
        ...

    async def kill(self) -> None:
        """Ends what runs now; ``run`` returns with ``Ending.CANCELLED`` and the partial output."""
        ...


class SandboxPool(Protocol):
    def languages(self) -> Sequence[tuple[Language, str]]:
        """What is served, with the probed version of each."""
        ...

    def slot(self, language: Language, role: Role, limits: Limits) -> AbstractAsyncContextManager[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk."""
        ...


class NodeDirectory(Protocol):
    async def announce(self, record: NodeRecord) -> None:
        """Write or renew our entry. Raises nothing: while the directory is away, tasks keep flowing."""
        ...

    async def withdraw(self) -> None: ...


class ArtefactStore(Protocol):
    """Compiled artefacts by the hash of everything that went into them."""

    def get(self, key: str) -> dict[str, bytes] | None: ...
    def put(self, key: str, artefacts: dict[str, bytes]) -> None: ...
