"""The arena on the whole system: a task goes through gateway, bus and node, as anybody's does."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from coderunner import Execution, InvalidTask, Limits, NodeState, SyncClient
from tests.attacks.arena import Ended
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

REFUSED = "REFUSED"
"""Not a status: the gateway did not take the task."""


_START_S = 300.0
"""A slow machine makes the slots of five languages."""


class StackArena:
    """One gateway and one node that runs one task at a time. ``close`` it."""

    def __init__(self, directory: Path, languages: Sequence[str], oci_runtime: str) -> None:
        self._stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
        with ExitStack() as undo:
            undo.callback(self._stack.close)
            for server in (*self._stack.nats.members, *self._stack.etcd.members):
                server.start()
            gateway = self._stack.add_gateway()
            self._node = self._stack.add_node(
                concurrency=1, retire_after=10_000, languages=list(languages), oci_runtime=oci_runtime
            )
            asyncio.run(self._stack.wait_served(*languages, timeout_s=_START_S))
            undo.pop_all()
        self._client = SyncClient(gateway.target)

    def run(
        self,
        language: str,
        files: Mapping[str, str],
        *,
        limits: Limits,
        stdin: str = "",
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Ended:
        entry = next(iter(files))
        try:
            execution = self._client.run(
                language,
                files,
                entry_point=entry,
                limits=limits,
                stdin=stdin,
                args=args,
                env=env,
                compile_options=options,
            )
        except InvalidTask as refused:
            return Ended(REFUSED, error=f"{refused} {refused.violations}")
        return _told(execution)

    def unwell(self) -> str:
        status, text = self._node.get("/readyz")
        if status != http.HTTPStatus.OK:
            return f"not ready: {text}"
        states = [node.state for node in self._client.nodes()]
        return "" if states in ([NodeState.READY], [NodeState.OVERLOADED]) else f"the directory says {states}"

    def close(self) -> None:
        self._client.close()
        self._stack.close()


def _told(execution: Execution) -> Ended:
    run, compiled = execution.run, execution.compile
    error = execution.error
    words = f"{compiled.stdout}{compiled.stderr}" if compiled is not None else ""
    if run is None:
        hits = compiled.limits_hit if compiled is not None else ()
        return Ended(execution.status, compile_output=words, limits_hit=hits, error=error, attempt=execution.attempt)
    return Ended(
        execution.status,
        run.stdout,
        run.stderr,
        run.exit_code,
        run.signal,
        run.limits_hit,
        run.stdout_truncated,
        run.stderr_truncated,
        run.wall_ms,
        run.cpu_ms,
        run.peak_memory_bytes,
        words,
        error,
        execution.attempt,
    )
