"""One slot: a container, the line to its agent, and the launch it is busy with."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import structlog

from node.application.ports import OnOutput
from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.infrastructure.docker.agent_link.attachment import Attachment
from node.infrastructure.docker.agent_link.frames import (
    Clean,
    Exited,
    Failed,
    FrameError,
    Message,
    Output,
    split_artefacts,
)
from node.infrastructure.docker.slot.memory import HeldMemory, KillCounter, MemoryAccount
from schemas.task import Limits

_log = structlog.get_logger(__name__)
_MOST_ARTEFACT_BYTES = 256 << 20
_FRAME_SLACK_BYTES = 64 << 10
_LOOKS, _LOOK_S = 10, 0.02
"""gVisor frees in the background what files took: tens of milliseconds."""
_run_numbers = itertools.count(1)


@dataclass(slots=True)
class _Turn:
    """One launch, from its run frame to its ``clean``."""

    run_id: str
    limits: Limits
    on_output: OnOutput
    exited: asyncio.Future[Outcome]
    clean: asyncio.Future[bool]
    output: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})


class Slot:
    """Runs one launch at a time. Once ``lost`` it stays lost; ``on_lost`` is called once, when that happens."""

    def __init__(
        self,
        *,
        container_id: str,
        uid: int,
        memory_bytes: int,
        overhead_bytes: int,
        overhead_processes: int,
        line: Attachment,
        account: MemoryAccount | None,
        patience_s: float,
        out_of_memory: Callable[[str], Awaitable[bool]],
        kills: KillCounter | None = None,
        held: HeldMemory | None = None,
    ) -> None:
        """``memory_bytes``: what a program is granted now, ``overhead_bytes`` and
        ``overhead_processes``: what its runtime needs beyond what a program is granted;
        ``patience_s``: how long the agent may take beyond what it was asked for; ``out_of_memory``: whether the engine
        says that the kernel ended the whole container for want of memory; ``kills``: the host's
        count of such ends, where the agent cannot see them; ``held``: what it must not keep from
        its next program, where it could."""
        self.container_id = container_id
        self.uid = uid
        self.memory_bytes = memory_bytes
        self._memory_at_prestart = memory_bytes
        self.overhead_bytes = overhead_bytes
        self._overhead_processes = overhead_processes
        self.launches = 0
        self.lost = ""
        """Why it is no longer of use; empty while it is."""
        self.on_lost: Callable[[Slot], None] = lambda slot: None
        self._line = line
        self._account = account
        self._patience_s = patience_s
        self._out_of_memory = out_of_memory
        self._kills = kills
        self._held = held
        self.met_its_memory_limit = False
        self._killed_at_its_end = False
        self._turn: _Turn | None = None
        self._alarm: asyncio.TimerHandle | None = None
        line.on_message = self._take
        line.on_lost = self.lose

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """The slot must be settled. Raises SandboxLostError. When cancelled, the program is killed; see ``settled``."""
        turn = self._begin(launch, on_output)
        try:
            return await turn.exited
        except SandboxLostError:
            if self.lost and await self._was_killed_whole():
                return _killed_whole(turn)
            raise
        except asyncio.CancelledError:
            turn.on_output = _nobody
            self.kill()
            raise

    async def _was_killed_whole(self) -> bool:
        if self._killed_at_its_end:
            return True
        # The engine's word is for the container's whole life: once an agent has told of memory, it is no news.
        told_before = self.met_its_memory_limit and self._kills is None
        return not told_before and await self._out_of_memory(self.container_id)

    def kill(self) -> None:
        """Ends what runs now; nothing if nothing runs."""
        if self._turn is not None and not self.lost:
            self._line.send({"type": "kill", "run_id": self._turn.run_id})
            self._expect_within(self._patience_s, "the agent did not end a killed program")

    async def settled(self) -> bool:
        """True once the slot is verified clean after its last launch; False if it is lost. Bounded in time."""
        if self._turn is not None:
            await asyncio.shield(self._turn.clean)
        if not self.lost and self._line.has_ended:
            self.lose("its agent is gone")
        return not self.lost

    def lose(self, reason: str) -> None:
        """It cannot be used again. Whoever waits for it is told."""
        if self.lost:
            return
        self.lost = reason
        self._killed_at_its_end = self._kills is not None and self._kills.rose()
        self.close()
        turn = self._turn
        if turn is not None:
            if not turn.exited.done():
                turn.exited.set_exception(SandboxLostError(reason))
            turn.clean.set_result(False)
        self.on_lost(self)

    def close(self) -> None:
        """Hangs up and leaves the container as it is."""
        self._calm()
        self._line.close()
        for count in (self._account, self._kills, self._held):
            if count is not None:
                count.close()

    def _begin(self, launch: Launch, on_output: OnOutput) -> _Turn:
        if self.lost:
            raise SandboxLostError(self.lost)
        if self._turn is not None:
            raise RuntimeError("a slot runs one launch at a time")
        loop = asyncio.get_running_loop()
        run_id = f"{next(_run_numbers):x}"
        turn = _Turn(run_id, launch.limits, on_output, loop.create_future(), loop.create_future())
        collect_bytes = min(launch.limits.disk_bytes, _MOST_ARTEFACT_BYTES) if launch.collect else 0
        # An interpreter that waits has sized its heap for the memory it found when it was started.
        warm = launch.warm and self._memory_at_prestart == self.memory_bytes
        header = {**_run_header(run_id, launch, collect_bytes, self._overhead_processes), "warm": warm}
        self._line.frames.body_limit = max(collect_bytes, launch.limits.output_bytes) + _FRAME_SLACK_BYTES
        for count in (self._account, self._kills):
            if count is not None:
                count.start()
        self._line.send(header, *launch.files.values(), launch.stdin)
        self._turn = turn
        self.launches += 1
        self._expect_within(launch.limits.wall_ms / 1e3 + self._patience_s, "the agent did not end its program in time")
        return turn

    def _take(self, message: Message, body: bytearray) -> None:
        turn = self._turn
        run_id = getattr(message, "run_id", None)
        if turn is None or run_id != turn.run_id:
            raise FrameError(f"{type(message).__name__.lower()} for run {run_id!r}, which is not under way")
        if isinstance(message, Clean):
            self._finish(turn, message)
        elif turn.exited.done() and not turn.exited.cancelled():
            raise FrameError(f"{type(message).__name__.lower()} after the end of run {run_id}")
        elif isinstance(message, Output):
            self._output(turn, message.stream, body)
        elif isinstance(message, Exited):
            self._exited(turn, self._outcome(turn, message, body))
        elif isinstance(message, Failed):
            self._exited(turn, SandboxLostError(f"the agent could not run it: {message.message}"))

    def _output(self, turn: _Turn, stream: str, body: bytearray) -> None:
        kept = turn.output[stream]
        kept += body
        if len(kept) > turn.limits.output_bytes:
            raise FrameError(f"more {stream} than the limit of {turn.limits.output_bytes} bytes")
        try:
            turn.on_output(stream, bytes(body))
        except Exception:  # noqa: BLE001 - a watcher's failure is not the program's, whatever it is
            _log.exception("output watcher failed", uid=self.uid)

    def _exited(self, turn: _Turn, end: Outcome | SandboxLostError) -> None:
        if isinstance(end, Outcome):
            self.met_its_memory_limit |= end.ending is Ending.MEMORY
        if not turn.exited.cancelled():
            if isinstance(end, Outcome):
                turn.exited.set_result(end)
            else:
                turn.exited.set_exception(end)
        self._expect_within(self._patience_s, "the agent did not clean its slot in time")

    def _finish(self, turn: _Turn, message: Clean) -> None:
        if not turn.exited.done():
            raise FrameError("clean before the end of the run")
        if not message.ok:
            self.lose(f"not clean: {'; '.join(message.problems)[:500]}")
            return
        self._conclude(turn, _LOOKS)

    def _conclude(self, turn: _Turn, looks: int) -> None:
        """The slot is itself again, once memory is free again."""
        if self.lost:
            return
        excess_bytes = self._held.excess_bytes() if self._held is not None else 0
        if excess_bytes and looks:
            asyncio.get_running_loop().call_later(_LOOK_S, self._conclude, turn, looks - 1)
            return
        if excess_bytes:
            self.lose(f"{excess_bytes} bytes that its next program is granted are not free again")
            return
        self._calm()
        if self._kills is not None:
            self._kills.stop()
        self._turn = None
        self._memory_at_prestart = self.memory_bytes
        turn.clean.set_result(True)

    def _outcome(self, turn: _Turn, exited: Exited, body: bytearray) -> Outcome:
        peak = self._account.peak_bytes() if self._account is not None else None
        killed = self._kills is not None and self._kills.rose()
        return Outcome(
            ending=Ending.MEMORY if killed and exited.ending is Ending.EXITED else exited.ending,
            exit_code=exited.exit_code,
            signal=exited.signal,
            stdout=bytes(turn.output["stdout"]),
            stderr=bytes(turn.output["stderr"]),
            stdout_truncated=exited.stdout_truncated,
            stderr_truncated=exited.stderr_truncated,
            wall_ms=exited.wall_ms,
            cpu_ms=exited.cpu_ms,
            peak_memory_bytes=peak or exited.peak_memory_bytes,
            limits_hit=tuple({*exited.limits_hit, "memory"} if killed else exited.limits_hit),
            artefacts=split_artefacts(exited.artefacts, body),
        )

    def _expect_within(self, seconds: float, otherwise: str) -> None:
        self._calm()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self.lose, otherwise)

    def _calm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def _nobody(stream: str, data: bytes) -> None:
    """Output that nobody waits for any more."""


def _run_header(run_id: str, launch: Launch, collect_bytes: int, overhead_processes: int) -> dict[str, object]:
    files = [
        {"name": name, "size": len(content), "executable": name in launch.executables}
        for name, content in launch.files.items()
    ]
    return {
        "type": "run",
        "run_id": run_id,
        "command": launch.command,
        "env": dict(launch.env),
        "files": files,
        "stdin_size": len(launch.stdin),
        "limits": {
            **msgspec.structs.asdict(launch.limits),
            "processes": launch.limits.processes + overhead_processes,
        },
        "collect": launch.collect,
        "collect_bytes": collect_bytes,
    }


def _killed_whole(turn: _Turn) -> Outcome:
    """The kernel took the container, agent and all, for want of memory (gVisor): what is known is what it printed."""
    return Outcome(
        ending=Ending.MEMORY,
        exit_code=None,
        signal=9,
        stdout=bytes(turn.output["stdout"]),
        stderr=bytes(turn.output["stderr"]),
        stdout_truncated=False,
        stderr_truncated=False,
        wall_ms=0.0,
        cpu_ms=0.0,
        peak_memory_bytes=turn.limits.memory_bytes,
        limits_hit=("memory",),
    )
