"""One launch that is under way in a slot: its output so far, its result, and the proof that the slot is clean again.

The result comes first and the proof later (ADR 0003), so there are two futures.
"""

from __future__ import annotations

import asyncio
import itertools

import structlog

from node.application.ports import OnOutput
from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.domain.sizes import MAX_ARTEFACT_BYTES
from node.infrastructure.docker.agent_link.frames import Exited, FrameError, split_artefacts, split_files

_log = structlog.get_logger(__name__)
_FRAME_SLACK_BYTES = 64 << 10
"""Holds a stack dump, or a piece of a report, too."""
_run_numbers = itertools.count(1)


class ActiveLaunch:
    """A launch from its run request to the agent's ``clean``."""

    def __init__(self, launch: Launch, on_output: OnOutput, uid: int) -> None:
        """``uid``: the slot's, for the log."""
        loop = asyncio.get_running_loop()
        self.run_id = f"{next(_run_numbers):x}"
        self.limits = launch.limits
        self.collect_bytes = min(launch.limits.disk_bytes, MAX_ARTEFACT_BYTES) if launch.collect else 0
        """The greatest size of all artefacts together that are brought back."""
        self._outputs_bytes = launch.outputs_bytes
        self.result: asyncio.Future[Outcome] = loop.create_future()
        """The program's end, or SandboxLostError. Cancelled where nobody waits for it any more."""
        self.clean: asyncio.Future[bool] = loop.create_future()
        """Whether the slot may be used again."""
        self._on_output = on_output
        self._uid = uid
        self.talking = launch.talking
        self._output = {name: bytearray() for name in ("stdout", "stderr", "stack", "report")}
        self._most = {
            "stdout": launch.limits.output_bytes,
            "stderr": launch.limits.output_bytes,
            "stack": _FRAME_SLACK_BYTES,
            "report": launch.report_bytes,
        }

    @property
    def max_body_bytes(self) -> int:
        """The size of the largest frame body that the agent may send."""
        return max(self.collect_bytes + self._outputs_bytes, self.limits.output_bytes) + _FRAME_SLACK_BYTES

    @property
    def has_ended(self) -> bool:
        """Whether the agent has told of the program's end, so that it may tell no more of the program."""
        return self.result.done() and not self.result.cancelled()

    def ignore_output(self) -> None:
        """Passes on no more output: its watcher was cancelled."""
        self._on_output = _ignore

    def take_output(self, stream: str, data: bytes) -> None:
        """Keeps the output and passes it on, but no stack dump and no report. Raises FrameError where it is more than
        the limit."""
        kept = self._output[stream]
        kept += data
        if len(kept) > self._most[stream]:
            raise FrameError(f"more {stream} than the limit of {self._most[stream]} bytes")
        if stream in ("stdout", "stderr"):
            self._pass_on(stream, data)

    def take_wait(self) -> None:
        """Passes on that the program waits for its input. Raises FrameError where nobody talks to it."""
        if self.talking is None:
            raise FrameError("a program waits that is not talked to")
        self._pass_on("stdin", b"")

    def _pass_on(self, stream: str, data: bytes) -> None:
        try:
            self._on_output(stream, data)
        except Exception:  # noqa: BLE001 - a watcher's failure is not the program's, whatever it is
            _log.exception("output_watcher_failed", uid=self._uid)

    def finish(self, outcome: Outcome) -> None:
        """Tells whoever waits how the program ended."""
        if not self.result.cancelled():
            self.result.set_result(outcome)

    def fail(self, reason: str) -> None:
        """Tells whoever waits that nothing was run."""
        if not self.result.cancelled():
            self.result.set_exception(SandboxLostError(reason))

    def lose(self, reason: str) -> None:
        """Ends the launch with its slot."""
        if not self.result.done():
            self.result.set_exception(SandboxLostError(reason))
        self.clean.set_result(False)

    def outcome(self, exited: Exited, body: bytes, *, peak_bytes: int | None, killed: bool) -> Outcome:
        """The outcome that the agent's report describes. ``peak_bytes``: the host's figure, preferred to the agent's;
        ``killed``: the host counted an out-of-memory kill. Raises FrameError for artefacts that do not add up."""
        end = sum(max(0, artefact.size) for artefact in exited.artefacts)
        return Outcome(
            ending=Ending.MEMORY if killed and exited.ending in (Ending.EXITED, Ending.DISK) else exited.ending,
            exit_code=exited.exit_code,
            signal=exited.signal,
            stdout=bytes(self._output["stdout"]),
            stderr=bytes(self._output["stderr"]),
            stdout_truncated=exited.stdout_truncated,
            stderr_truncated=exited.stderr_truncated,
            wall_ms=exited.wall_ms,
            cpu_ms=exited.cpu_ms,
            peak_memory_bytes=peak_bytes or exited.peak_memory_bytes,
            limits_hit=tuple({*exited.limits_hit, "memory"} if killed else exited.limits_hit),
            artefacts=split_artefacts(exited.artefacts, body[:end]),
            fault=exited.fault,
            warm=exited.warm,
            stack_dump=bytes(self._output["stack"]),
            report=bytes(self._output["report"]),
            files=split_files(exited.files, body[end:]),
            are_all_files=exited.are_all_files,
        )

    def outcome_of_killed_container(self, *, wall_ms: float, cpu_ms: float) -> Outcome:
        """The outcome where the kernel ended the whole container, agent and all, for want of memory (gVisor): all that
        is known is the output so far, and what the host saw of its time."""
        return Outcome(
            ending=Ending.MEMORY,
            exit_code=None,
            signal=9,
            stdout=bytes(self._output["stdout"]),
            stderr=bytes(self._output["stderr"]),
            stdout_truncated=False,
            stderr_truncated=False,
            wall_ms=wall_ms,
            cpu_ms=cpu_ms,
            peak_memory_bytes=self.limits.memory_bytes,
            limits_hit=("memory",),
        )


def _ignore(stream: str, data: bytes) -> None:
    """A watcher for output that nobody waits for any more."""
