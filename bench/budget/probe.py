"""Measures the agent's steps from within: put beside the agent's modules under the name ``probe``, and started by
``watch``. Times are of the agent's one thread (CLOCK_THREAD_CPUTIME_ID), each without the steps that it contains."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

KEPT = "/run/coderunner/budget"
"""In the file system of the account files, where the agent alone can write."""
STEPS = {
    "frames from and to the node": ("node_connection.NodeConnection.read", "node_connection.NodeConnection.write"),
    "the source is written": ("workdir.write",),
    "the program is handed over": ("warm.WaitingProcess.hand_over",),
    "the account": (
        "account.Account.__init__",
        "account.Account.close",
        "account.Account.exceeded",
        "run.Run.check",
    ),
    "output is read": ("run.Run.read_output", "run.Run._drain"),
    "everything is ended": ("identity.kill_everything", "identity.end_everything"),
    "the wipe": ("wipe.wipe",),
    "proof: directories, System V": ("wipe.verify",),
    "proof: connections": ("connections.connections_left",),
    "proof: descriptors, scheduling": ("residents.Residents._strange_descriptors", "identity.scheduling"),
    "the next one is forked": ("residents.Residents.prepare", "warm.Zygote.start"),
    "its directory and pipes": ("workdir.make", "spawn.Pipes.make"),
    "the next one's memory": ("meter.Meter.note_rest", "reserve.Reserve.take"),
    "the dead are reaped": ("loop.Agent._reap",),
    "a run is over": ("run.Run.finish",),
}
_spent: dict[str, float] = dict.fromkeys(STEPS, 0.0)
_inner: list[float] = [0.0]
_cleans = 0


def watch() -> None:
    """Wraps the steps, wherever a module of the agent has them by name."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("agent.")]
    for step, paths in STEPS.items():
        for path in paths:
            module_name, *owners, name = path.split(".")
            owner: Any = sys.modules[f"agent.{module_name}"]
            for one in owners:
                owner = getattr(owner, one)
            plain = owner.__dict__[name]
            static = isinstance(plain, staticmethod | classmethod)
            timed = _timed(step, getattr(owner, name) if static else plain)
            for module in [] if owners else modules:
                if module.__dict__.get(name) is plain:
                    setattr(module, name, timed)
            setattr(owner, name, staticmethod(timed) if static else timed)
    agent: Any = sys.modules["agent.loop"].Agent
    agent._clean_up = _counting(agent._clean_up)


def _timed(step: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def timed(*args: Any, **named: Any) -> Any:
        started = time.thread_time()
        _inner.append(0.0)
        try:
            return call(*args, **named)
        finally:
            took = time.thread_time() - started
            _spent[step] += took - _inner.pop()
            _inner[-1] += took

    return timed


def _counting(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def counting(*args: Any, **named: Any) -> Any:
        global _cleans  # noqa: PLW0603 - one agent, one count
        try:
            return call(*args, **named)
        finally:
            _cleans += 1
            if _cleans % 50 == 0:
                figures = {"runs": _cleans, "agent_s": time.thread_time(), "steps_s": _spent}
                Path(KEPT).write_text(json.dumps(figures), encoding="ascii")

    return counting
