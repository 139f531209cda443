"""A slot with a line, an account and a container that are played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from node.domain.sandbox import Ending, Launch, Outcome
from node.infrastructure.docker.agent_link.frames import Clean, Decoder, Exited, FrameError, Output
from node.infrastructure.docker.slot.memory_watch import MemoryWatch
from node.infrastructure.docker.slot.slot import Slot
from tests.builders import a_launch
from tests.fakes.node import nobody


class FakeLine:
    """Takes down what is sent; ``deliver`` plays the agent."""

    def __init__(self) -> None:
        self.on_message: Callable[[Any, bytes], None] = lambda message, body: None
        self.on_lost: Callable[[str], None] = lambda reason: None
        self.frames = Decoder()
        self.sent: list[tuple[dict[str, Any], bytes]] = []
        self.closed = False
        self.has_ended = False

    def send(self, header: dict[str, Any], *body: bytes) -> None:
        self.sent.append((header, b"".join(body)))

    def close(self) -> None:
        self.closed = True

    def deliver(self, message: Any, body: bytes = b"") -> None:
        try:
            self.on_message(message, body)
        except FrameError as error:
            self.on_lost(str(error))


class FakeAccount:
    def __init__(self, peak: int | None) -> None:
        self.peak = peak
        self.before_bytes = -1
        self.started = 0

    def start(self) -> None:
        self.started += 1

    def rest(self) -> None:
        pass

    def peak_bytes(self, before_bytes: int) -> int | None:
        self.before_bytes = before_bytes
        return self.peak

    def close(self) -> None:
        pass


class FakeHeld:
    def __init__(self, excess: int) -> None:
        self.excess_bytes = lambda: excess
        self.close = lambda: None


class FakeKills:
    """The host's count of out-of-memory kills; ``seen`` is what it tells."""

    def __init__(self) -> None:
        self.seen = False
        self.calls: list[str] = []

    def rose(self) -> bool:
        return self.seen

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


class FakeProcessor:
    """The host's account of processor time: ``spent_ms`` since the start."""

    def __init__(self, spent_ms: float) -> None:
        self.used_ms = lambda: spent_ms
        self.start = self.stop = self.close = lambda: None


class Scene:
    def __init__(
        self,
        *,
        peak: int | None = None,
        patience_s: float = 5.0,
        killed_for_memory: bool = False,
        excess: int = 0,
        kills: FakeKills | None = None,
        processor: FakeProcessor | None = None,
        agent_reads_it: bool = True,
        waits_for_any_memory: bool = False,
    ) -> None:
        async def out_of_memory(container_id: str) -> bool:
            return killed_for_memory

        self.line = FakeLine()
        self.account = FakeAccount(peak)
        memory: Any = {"account": self.account, "kills": kills, "held": FakeHeld(excess)}
        self.losses: list[Slot] = []
        self.slot = Slot(
            container_id="c",
            uid=1,
            memory_bytes=1,
            overhead_bytes=0,
            overhead_processes=3,
            overhead_file_bytes=5,
            line=self.line,  # type: ignore[arg-type]  # a fake
            memory=MemoryWatch(**memory, agent_reads_it=agent_reads_it),
            processor=processor,  # type: ignore[arg-type]  # a fake
            patience_s=patience_s,
            out_of_memory=out_of_memory,
            waits_for_any_memory=waits_for_any_memory,
        )
        self.slot.on_lost = self.losses.append

    async def begin(self, what: Launch | None = None, on_output: Any = nobody) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self.slot.run(what or a_launch(), on_output))
        await asyncio.sleep(0)
        return task

    @property
    def run_id(self) -> str:
        return str(self.line.sent[-1][0]["run_id"])

    def output(self, data: bytes, stream: Any = "stdout") -> None:
        self.line.deliver(Output(run_id=self.run_id, stream=stream), data)

    def exited(self, body: bytes = b"", **changes: Any) -> None:
        self.line.deliver(Exited(**{**self._exit_fields(), **changes}), body)

    def clean(self, *, ok: bool = True) -> None:
        self.line.deliver(Clean(run_id=self.run_id, ok=ok, problems=[] if ok else ["a file is left"]))

    def _exit_fields(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "ending": Ending.EXITED,
            "exit_code": 0,
            "signal": None,
            "wall_ms": 1.0,
            "cpu_ms": 1.0,
            "peak_memory_bytes": 11,
            "memory_before_bytes": 5,
            "warm": True,
            "stdout_truncated": False,
            "stderr_truncated": False,
            "limits_hit": [],
            "fault": "",
            "artefacts": [],
        }
