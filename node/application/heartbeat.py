"""The heartbeat: measures the node's load, adjusts how much it takes on, and announces its record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from node.application.ports import LoadProbe, NodeDirectory, SandboxPool
from node.application.runner import Clock
from node.application.task_loops import TaskLoops
from node.domain.language import Language
from node.domain.load import (
    Load,
    Thresholds,
    alarms,
    decile,
    effective_concurrency,
    foreign_cpu,
    load_score,
    node_state,
)
from schemas.node import LanguageRecord, NodeRecord
from schemas.status import NodeState

OnAlarms = Callable[[Sequence[str]], None]
"""Called when the set of alarms changes; empty: all is well again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The part of a node's record that does not change while it runs."""

    id: str
    host: str
    pools: tuple[str, ...]
    labels: dict[str, str]
    capacity: int
    cores: int
    version: str
    sandbox_runtime: str
    started_at_ms: int
    thresholds: Thresholds = field(default_factory=Thresholds)


class Heartbeat:
    """Measures, adjusts the task loops, announces. ``sample_s`` is the period of the first two, ``announce_s`` of the
    last; a change of state, alarms or languages is announced at once."""

    def __init__(
        self,
        identity: Identity,
        *,
        probe: LoadProbe,
        task_loops: TaskLoops,
        pool: SandboxPool,
        directory: NodeDirectory,
        clock: Clock,
        on_alarms: OnAlarms,
        packages_of: Callable[[Language], str] = lambda _language: "",
        announce_s: float = 5.0,
        sample_s: float = 1.0,
    ) -> None:
        self._identity = identity
        self._probe = probe
        self._task_loops = task_loops
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._on_alarms = on_alarms
        self._packages_of = packages_of
        self._announce_s = announce_s
        self._sample_s = sample_s
        self._load = Load(0.0, 0.0, 0.0)
        self._alarms: tuple[str, ...] = ()
        self._languages: tuple[tuple[Language, str], ...] = ()
        self._draining = False
        self._started = False
        self._changed = asyncio.Event()

    @property
    def load(self) -> Load:
        """The machine as last measured."""
        return self._load

    @property
    def alarms(self) -> Sequence[str]:
        """The thresholds that the node is over."""
        return self._alarms

    @property
    def score(self) -> float:
        """0 to 100, with what runs at this moment."""
        return load_score(self._load, self._task_loops.running, self._identity.capacity)

    @property
    def decile(self) -> int:
        """The load score's tenth, 0 to 9: the priority of the node's pull requests."""
        return decile(self.score)

    @property
    def state(self) -> NodeState:
        """The node's state, as the directory tells it."""
        return node_state(started=self._started, draining=self._draining, alarmed=bool(self._alarms))

    def started(self) -> None:
        """The sandboxes stand: ready for tasks."""
        self._started = True
        self._changed.set()

    def drain(self, draining: bool = True) -> None:
        """Says that the node drains, or does so no longer; it is announced at once."""
        self._draining = draining
        self._changed.set()

    async def run(self) -> None:
        """Measures and announces for ever."""
        loop = asyncio.get_running_loop()
        announce_at = loop.time()
        while True:
            await self.sample()
            if self._changed.is_set() or loop.time() >= announce_at:
                self._changed.clear()
                announce_at = loop.time() + self._announce_s
                await self._directory.announce(self.record())
            try:
                async with asyncio.timeout(min(self._sample_s, self._announce_s)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def sample(self) -> None:
        """Measures once and acts on it."""
        who = self._identity
        self._load = self._probe.measure()
        foreign = foreign_cpu(self._load, self._task_loops.take_peak(), who.cores)
        now = alarms(self._load, who.thresholds, foreign)
        if bool(now) != bool(self._alarms):
            self._on_alarms(now)
            self._changed.set()
        self._alarms = now
        languages = tuple(self._pool.languages())
        if languages != self._languages:
            self._languages = languages
            self._changed.set()
        await self._task_loops.set_limit(effective_concurrency(who.capacity, self._load, who.thresholds, foreign))

    def record(self) -> NodeRecord:
        """The node's record at this moment."""
        who = self._identity
        return NodeRecord(
            id=who.id,
            host=who.host,
            pools=list(who.pools),
            languages=[self._language(language, version) for language, version in self._pool.languages()],
            labels=who.labels,
            capacity=who.capacity,
            running=self._task_loops.running,
            cpu_percent=self._load.cpu_percent,
            memory_percent=self._load.memory_percent,
            disk_percent=self._load.disk_percent,
            load_score=self.score,
            state=self.state,
            alarms=list(self._alarms),
            version=who.version,
            sandbox_runtime=who.sandbox_runtime,
            started_at_ms=who.started_at_ms,
            updated_at_ms=int(self._clock()),
            takes_bytes=True,
            talks=True,
            takes_blobs=True,
            takes_packages=True,
        )

    def _language(self, language: Language, version: str) -> LanguageRecord:
        return LanguageRecord(
            name=language.name,
            version=version,
            aliases=list(language.aliases),
            extensions=list(language.extensions),
            compiled=language.compile is not None,
            title=language.title,
            sample=language.sample,
            editor_mode=language.editor_mode,
            test_frameworks=[one.name for one in language.tests],
            baseline_memory_bytes=self._pool.baseline_memory_bytes(language.id),
            digest=self._pool.digest(language.id),
            packages=self._packages_of(language),
        )
