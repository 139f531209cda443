"""A slot: one container, the line to its agent, and the launch that is under way in it.

The agent reports a program's end first and proves the slot clean afterwards (ADR 0003): ``run`` returns with the
former, ``verified_clean`` with the latter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from node.application.ports import OnOutput
from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.infrastructure.docker.agent_link.attachment import Attachment
from node.infrastructure.docker.agent_link.frames import Clean, Exited, Failed, FrameError, Message, Output, Waits
from node.infrastructure.docker.agent_link.requests import kill_header, run_header, talk_header
from node.infrastructure.docker.slot.active_launch import ActiveLaunch
from node.infrastructure.docker.slot.memory_watch import MemoryWatch
from node.infrastructure.docker.slot.processor import ProcessorAccount
from schemas.interaction import Said

_MEMORY_LOOKS, _MEMORY_LOOK_S = 10, 0.02
"""How often, and at which interval, a slot waits for memory: gVisor frees in the background what files took."""


class Slot:
    """A container that runs one launch at a time. Once ``lost`` it stays lost; ``on_lost`` is called once, when that
    happens."""

    def __init__(
        self,
        *,
        container_id: str,
        uid: int,
        memory_bytes: int,
        overhead_bytes: int,
        overhead_processes: int,
        overhead_file_bytes: int = 0,
        line: Attachment,
        memory: MemoryWatch,
        processor: ProcessorAccount | None,
        patience_s: float,
        out_of_memory: Callable[[str], Awaitable[bool]],
        waits_for_any_memory: bool = False,
    ) -> None:
        """``memory_bytes``: what a program is granted now; ``overhead_bytes``, ``overhead_processes`` and
        ``overhead_file_bytes``: what its runtime needs beyond that; ``patience_s``: how long the agent may take beyond
        what it was asked for; ``out_of_memory``: asks the engine whether the kernel ended the whole container for want
        of memory; ``waits_for_any_memory``: what waits did not look at the memory that it found when it was started."""
        self.container_id = container_id
        self.uid = uid
        self.memory_bytes = memory_bytes
        self.overhead_bytes = overhead_bytes
        self.launches = 0
        self.lost = ""
        """Why it is no longer of use; empty while it is."""
        self.on_lost: Callable[[Slot], None] = lambda slot: None
        self.met_its_memory_limit = False
        self._memory_at_prestart = memory_bytes
        self._waits_for_any_memory = waits_for_any_memory
        self._overhead_processes = overhead_processes
        self._overhead_file_bytes = overhead_file_bytes
        self._line = line
        self._memory = memory
        self._processor = processor
        self._patience_s = patience_s
        self._out_of_memory = out_of_memory
        self._saw_kill_when_lost = False
        self._usage_when_lost = {"wall_ms": 0.0, "cpu_ms": 0.0}
        self._started_s = 0.0
        self._active: ActiveLaunch | None = None
        self._deadline: asyncio.TimerHandle | None = None
        line.on_message = self._take
        line.on_lost = self.lose

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """Runs a program in the slot, which must be verified clean. Raises SandboxLostError. When cancelled, the
        program is killed; the slot becomes clean as after any run."""
        active = self._begin(launch, on_output)
        try:
            return await active.result
        except SandboxLostError:
            if self.lost and await self._was_killed_for_memory():
                return active.outcome_of_killed_container(**self._usage_when_lost)
            raise
        except asyncio.CancelledError:
            active.ignore_output()
            self.kill()
            raise

    def resized(self, memory_bytes: int) -> None:
        """Notes that a program is granted that much memory now."""
        self.memory_bytes = memory_bytes
        self._memory.rest()

    def kill(self) -> None:
        """Ends the program that runs now; does nothing where none runs."""
        if self._active is not None and not self.lost:
            self._line.send(kill_header(self._active.run_id))
            self._expect_within(self._patience_s, "the agent did not end a killed program")

    async def verified_clean(self) -> bool:
        """Waits until the slot is verified clean after its last launch: True then, False if it is lost. Bounded in
        time."""
        if self._active is not None:
            await asyncio.shield(self._active.clean)
        if not self.lost and self._line.has_ended:
            self.lose("its agent is gone")
        return not self.lost

    def lose(self, reason: str) -> None:
        """Gives the slot up for good, and tells whoever waits for it."""
        if self.lost:
            return
        self.lost = reason
        self._saw_kill_when_lost = self._memory.saw_kill()
        self._usage_when_lost = {
            "wall_ms": round((asyncio.get_running_loop().time() - self._started_s) * 1e3, 3),
            "cpu_ms": round(self._processor.used_ms(), 3) if self._processor is not None else 0.0,
        }
        self.close()
        if self._active is not None:
            self._active.lose(reason)
        self.on_lost(self)

    def close(self) -> None:
        """Hangs up, and leaves the container as it is."""
        self._cancel_deadline()
        self._line.close()
        self._memory.close()
        if self._processor is not None:
            self._processor.close()

    def _begin(self, launch: Launch, on_output: OnOutput) -> ActiveLaunch:
        if self.lost:
            raise SandboxLostError(self.lost)
        if self._active is not None:
            raise RuntimeError("a slot runs one launch at a time")
        active = ActiveLaunch(launch, on_output, self.uid)
        header = run_header(
            active.run_id,
            launch,
            collect_bytes=active.collect_bytes,
            overhead_processes=self._overhead_processes,
            overhead_file_bytes=self._overhead_file_bytes,
            # An interpreter that waits has sized its heap for the memory it found when it was started.
            warm=launch.warm and (self._waits_for_any_memory or self._memory_at_prestart == self.memory_bytes),
        )
        self._line.frames.body_limit = active.max_body_bytes
        self._memory.start()
        if self._processor is not None:
            self._processor.start()
        self._started_s = asyncio.get_running_loop().time()
        self._line.send(header, *launch.files.values(), launch.stdin)
        self._active = active
        self.launches += 1
        talking = launch.talking
        most_ms = talking.interaction.session_ms if talking else launch.limits.wall_ms
        self._expect_within(most_ms / 1e3 + self._patience_s, "the agent did not end its program in time")
        if talking is not None:
            talking.begin(lambda said: self._tell(active, said))
        return active

    def _tell(self, active: ActiveLaunch, said: Said) -> None:
        if self._active is active and not self.lost and not active.result.done():
            self._line.send(talk_header(active.run_id, said), said.data)

    def _take(self, message: Message, body: bytes) -> None:
        active = self._active
        run_id = getattr(message, "run_id", None)
        if active is None or run_id != active.run_id:
            raise FrameError(f"{type(message).__name__.lower()} for run {run_id!r}, which is not under way")
        if isinstance(message, Clean):
            self._take_clean(active, message)
        elif active.has_ended:
            raise FrameError(f"{type(message).__name__.lower()} after the end of run {run_id}")
        elif isinstance(message, Output):
            active.take_output(message.stream, body)
        elif isinstance(message, Waits):
            active.take_wait()
        elif isinstance(message, Exited):
            self._take_exit(active, message, body)
        elif isinstance(message, Failed):
            active.fail(f"the agent could not run it: {message.message}")
            self._expect_clean()

    def _take_exit(self, active: ActiveLaunch, exited: Exited, body: bytes) -> None:
        memory = self._memory
        peak_bytes = memory.peak_bytes(exited.memory_before_bytes)
        outcome = active.outcome(exited, body, peak_bytes=peak_bytes, killed=memory.saw_kill())
        self.met_its_memory_limit |= outcome.ending is Ending.MEMORY
        active.finish(outcome)
        self._expect_clean()

    def _take_clean(self, active: ActiveLaunch, message: Clean) -> None:
        if not active.result.done():
            raise FrameError("clean before the end of the run")
        if not message.ok:
            self.lose(f"not clean: {'; '.join(message.problems)[:500]}")
            return
        self._conclude(active, _MEMORY_LOOKS)

    def _conclude(self, active: ActiveLaunch, looks: int) -> None:
        """Makes the slot ready for its next launch, once the memory that it must not keep is free again."""
        if self.lost:
            return
        excess_bytes = self._memory.excess_bytes()
        if excess_bytes and looks:
            asyncio.get_running_loop().call_later(_MEMORY_LOOK_S, self._conclude, active, looks - 1)
            return
        if excess_bytes:
            self.lose(f"{excess_bytes} bytes that its next program is granted are not free again")
            return
        self._cancel_deadline()
        self._memory.stop()
        self._memory.rest()
        if self._processor is not None:
            self._processor.stop()
        self._active = None
        self._memory_at_prestart = self.memory_bytes
        active.clean.set_result(True)

    async def _was_killed_for_memory(self) -> bool:
        if self._saw_kill_when_lost:
            return True
        # The engine's word is for the container's whole life: once an agent has told of memory, it is no news.
        told_before = self.met_its_memory_limit and self._memory.kills is None
        return not told_before and await self._out_of_memory(self.container_id)

    def _expect_clean(self) -> None:
        self._expect_within(self._patience_s, "the agent did not clean its slot in time")

    def _expect_within(self, seconds: float, otherwise: str) -> None:
        """Loses the slot, for the reason ``otherwise``, unless another deadline or none is set before."""
        self._cancel_deadline()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self.lose, otherwise)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
