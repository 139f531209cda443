"""A sandbox that runs nothing: for tests and for measuring the dispatch plane. Never for submitted code."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from node.application.ports import OnOutput, Sandbox
from node.domain.language import Language
from node.domain.preamble import Preamble
from node.domain.sandbox import Ending, Launch, Outcome, Role, SandboxLostError
from node.infrastructure.slot_figures import SlotCounts, SlotFigures
from schemas.task import Limits

RUN_MS = "SIMULATED_RUN_MS"
"""In a task's environment: its run time in place of the configured one."""
LOST = "SIMULATED_LOST"
"""In a task's environment: the slot is lost under it, every time; with an absolute path, while that file exists."""
EXIT_CODE = "SIMULATED_EXIT_CODE"


def simulated_language(name: str) -> Language:
    """A language of that name in which nothing is run."""
    return Language(
        name=name,
        image="simulated",
        source_name="main.txt",
        run_command=("{entry}", "{args}"),
        version_command=(),
        version_pattern="",
    )


class SimulatedSandbox:
    """Implements ``Sandbox``: says its standard input back, or ``stdout`` where that is given, half before and half
    after the run time; and at once what is said to it, which its result has not."""

    def __init__(self, run_ms: float, stdout: bytes | None) -> None:
        self._run_ms = run_ms
        self._stdout = stdout
        self._killed: asyncio.Event | None = None

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        if _is_lost(launch.env.get(LOST)):
            raise SandboxLostError("as the task asked")
        said = launch.stdin if self._stdout is None else self._stdout
        started = perf_counter()
        run_ms = float(launch.env.get(RUN_MS, self._run_ms))
        if said:
            on_output("stdout", said)
        if launch.talking is not None:
            launch.talking.begin(lambda told: on_output("stdout", told.data))
        killed = run_ms > 0 and await self._wait(run_ms / 1000)
        exit_code = int(launch.env.get(EXIT_CODE, "0"))
        return Outcome(
            ending=Ending.CANCELLED if killed else Ending.EXITED,
            exit_code=None if killed else exit_code,
            signal=9 if killed else None,
            stdout=said,
            stderr=b"",
            stdout_truncated=False,
            stderr_truncated=False,
            wall_ms=(perf_counter() - started) * 1000,
            cpu_ms=0.0,
            peak_memory_bytes=0,
        )

    async def kill(self) -> None:
        if self._killed is not None:
            self._killed.set()

    async def _wait(self, seconds: float) -> bool:
        """True if it was killed before."""
        self._killed = asyncio.Event()
        try:
            await asyncio.wait_for(self._killed.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._killed = None
        return True


def _is_lost(asked: str | None) -> bool:
    if asked is None or not asked.startswith("/"):
        return asked is not None
    return Path(asked).exists()


class SimulatedSandboxPool:
    """Implements ``SandboxPool`` with as many simulated sandboxes as are asked for."""

    def __init__(self, names: Sequence[str] = ("python",), run_ms: float = 0.0, stdout: bytes | None = None) -> None:
        self._languages = tuple((simulated_language(name), "0") for name in names)
        self._names = tuple(names)
        self._held: Counter[str] = Counter()
        self._counts = SlotCounts()
        self._run_ms = run_ms
        self._stdout = stdout

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to stop."""

    def languages(self) -> Sequence[tuple[Language, str]]:
        return self._languages

    def baseline_memory_bytes(self, language: str) -> int:
        """Nothing has any memory here."""
        del language
        return 0

    def trouble(self) -> str:
        """Nothing can be amiss."""
        return ""

    def slot_figures(self) -> Sequence[SlotFigures]:
        """Those that are held; none waits for a task."""
        return [
            SlotFigures(name, Role.RUN, {"held": self._held[name], "free": 0}, self._counts) for name in self._names
        ]

    def unserved(self) -> Mapping[str, str]:
        """Every language is served."""
        return {}

    def digest(self, language: str) -> str:
        """Its name's: nothing else decides anything here."""
        return hashlib.sha256(language.encode()).hexdigest()[:32]

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        """A new sandbox for each caller; there is no limit to them."""
        del role, limits
        self._held[language.name] += 1
        try:
            yield SimulatedSandbox(self._run_ms, self._stdout)
        finally:
            self._held[language.name] -= 1

    def precompile(self, language: Language, preamble: Preamble, client: str) -> None:
        """Nothing is compiled."""
