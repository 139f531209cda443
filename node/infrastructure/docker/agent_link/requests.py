"""The headers of the requests that the node sends to an agent. See ``docs/agent-protocol.md``."""

from __future__ import annotations

import signal
from typing import Any

import msgspec

from node.domain.sandbox import Launch, StackDump
from node.domain.sizes import MAX_ARTEFACT_NAME_BYTES, MAX_ARTEFACTS, MAX_OUTPUT_FILES
from schemas.interaction import Interaction, Said


def hello_header(nonce: str, line_name: str) -> dict[str, Any]:
    """Asks the agent to prove its slot clean. ``line_name``: the name of the socket on which the agent shall then wait
    for a direct line (ADR 0009); empty for none."""
    return {"type": "hello", "nonce": nonce, "line": line_name}


def run_header(
    run_id: str, launch: Launch, *, collect_bytes: int, overhead_processes: int, overhead_file_bytes: int, warm: bool
) -> dict[str, Any]:
    """Asks the agent to run a program. The frame's body is the content of the files, in order, and the standard
    input. ``overhead_processes``, ``overhead_file_bytes``: what the language itself needs beyond what its program is
    granted."""
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
            "file_bytes": launch.limits.file_bytes + overhead_file_bytes,
        },
        "collect": launch.collect,
        "collect_bytes": collect_bytes,
        "collect_files": MAX_ARTEFACTS,
        "outputs": launch.outputs,
        "outputs_bytes": launch.outputs_bytes,
        "outputs_files": MAX_OUTPUT_FILES,
        "collect_name_bytes": MAX_ARTEFACT_NAME_BYTES,
        "warm": warm,
        "stack_dump": _stack_dump(launch.stack_dump),
        "redirect_stderr": launch.redirect_stderr,
        "report_bytes": launch.report_bytes,
        "links": dict(launch.links),
        "interaction": _interaction(launch.talking.interaction) if launch.talking else None,
    }


def _interaction(asked: Interaction) -> dict[str, Any]:
    terminal = msgspec.structs.asdict(asked.terminal) if asked.terminal else None
    return {"terminal": terminal, "session_ms": asked.session_ms, "clock_stands": asked.clock_stands}


def _stack_dump(dump: StackDump | None) -> dict[str, Any] | None:
    return {"signal": dump.signal, "stream": dump.stream, "begin": dump.begin} if dump else None


def talk_header(run_id: str, said: Said) -> dict[str, Any]:
    """Passes on what is said to the program of that run. The frame's body is ``said.data``."""
    if said.signal is not None:
        return {"type": "signal", "run_id": run_id, "signal": int(signal.Signals[f"SIG{said.signal}"])}
    if said.terminal is not None:
        return {"type": "resize", "run_id": run_id, **msgspec.structs.asdict(said.terminal)}
    return {"type": "input", "run_id": run_id, "closes": said.closes}


def kill_header(run_id: str) -> dict[str, Any]:
    """Asks the agent to end the program of that run."""
    return {"type": "kill", "run_id": run_id}
