"""A task runner between ports that remember what was said to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from node.application.attempt import Attempts
from node.application.large_content import LargeContent
from node.application.packages import Packages
from node.application.runner import RunnerPolicy, TaskRunner
from node.application.workbench import Workbench
from node.domain.rules import CheckMode
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.execution import Execution
from schemas.status import Status
from tests.builders import an_outcome
from tests.fakes.node import FakeDelivery, FakeLedger, MemorySink, RecordingAnnouncer, RecordingLog, ScriptedPool

COMPILED = an_outcome(stderr=b"main.cpp:1: warning", artefacts={"program": b"ELF"})


@dataclass
class RunnerOnFakes:
    pool: ScriptedPool
    check_mode: CheckMode = CheckMode.OFF
    sink: MemorySink = field(default_factory=MemorySink)
    announcer: RecordingAnnouncer = field(default_factory=RecordingAnnouncer)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    attempts: Attempts = field(default_factory=Attempts)
    log: RecordingLog = field(default_factory=RecordingLog)
    artefacts: MemoryArtefactStore = field(default_factory=MemoryArtefactStore)
    now_ms: float = 1_500.0
    lost_after_s: float = 60.0
    large: LargeContent | None = None
    packages: Packages | None = None

    @property
    def runner(self) -> TaskRunner:
        return TaskRunner(
            RunnerPolicy("n1", max_attempts=3, check_mode=self.check_mode),
            Workbench(self.pool, self.artefacts, self.announcer, self.large, self.packages),
            sink=self.sink,
            announcer=self.announcer,
            ledger=self.ledger,
            attempts=self.attempts,
            log=self.log,
            clock=lambda: self.now_ms,
            lost_after_s=lambda: self.lost_after_s,
        )

    async def handle(self, delivery: FakeDelivery) -> Execution:
        await self.runner.handle(delivery)
        return self.sink.results[delivery.task.id].execution

    async def begin(self, delivery: FakeDelivery) -> asyncio.Task[None]:
        """Returns once its program runs; that goes on until somebody ends it."""
        self.pool.hold = True
        handling = asyncio.create_task(self.runner.handle(delivery))
        await self.pool.started.wait()
        return handling

    async def cancel(self, task_id: str) -> None:
        attempt = self.attempts.get(task_id)
        assert attempt is not None
        await attempt.cancel()

    @property
    def statuses(self) -> list[Status]:
        return [event.status for event in self.announcer.events]
