"""The watch of one task: a stream of its changes and output that survives broken connections. It may begin with the
task's submission, and misses nothing then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc

from coderunner import responses
from coderunner.connection import Connection
from coderunner.errors import GatewayUnavailable
from coderunner.grpc_errors import is_transient
from coderunner.model import Execution, Output
from coderunner.v1 import execution_pb2

_IDLE_S = 30.0  # a stream that was silent for this long is opened anew, in case its connection died unnoticed
_REOPEN_PAUSE_S = 0.2
_MAX_EMPTY_STREAMS = 50  # streams in a row that broke without news; after these the gateway counts as gone


@dataclass(slots=True)
class Watched:
    """What is watched: a task by its id, or one that is submitted first. It has an idempotency key, so that a call
    whose answer did not arrive is made again."""

    task_id: str = ""
    task: execution_pb2.Task | None = None

    def call(self, gateway: Connection) -> Any:
        """The call that tells of it."""
        if self.task_id or self.task is None:
            request = execution_pb2.WatchRequest(id=self.task_id)
            return gateway.execution.Watch(request, metadata=gateway.metadata)
        submitted = execution_pb2.SubmitAndWatchRequest(task=self.task)
        return gateway.execution.SubmitAndWatch(submitted, metadata=gateway.metadata)


async def watch(gateway: Connection, watched: Watched) -> AsyncGenerator[Execution | Output, None]:
    """The task's state, its changes and its output, over as many streams as it takes. Raises CodeRunnerError."""
    last: Execution | None = None
    empty_streams = 0
    while empty_streams < _MAX_EMPTY_STREAMS:
        empty_streams += 1
        async with aclosing(_stream(gateway, watched)) as messages:
            async for message in messages:
                if message.WhichOneof("event") == "output":
                    empty_streams = 0
                    yield responses.output(message.output)
                    continue
                if message.WhichOneof("event") != "execution":
                    continue  # news of another kind: that a program waits, which is for those who talk to it
                execution = responses.execution(message.execution)
                watched.task_id = execution.id
                if execution != last:
                    empty_streams, last = 0, execution
                    yield execution
                if execution.status.is_final:
                    return
        await asyncio.sleep(_REOPEN_PAUSE_S)
    raise GatewayUnavailable(f"the gateway at {gateway.target} keeps ending the watch of task {watched.task_id}")


async def _stream(gateway: Connection, watched: Watched) -> AsyncGenerator[execution_pb2.WatchResponse, None]:
    """One stream until it ends, breaks or falls silent."""
    call, message = await gateway.with_retries(lambda: _open(gateway, watched))
    try:
        while isinstance(message, execution_pb2.WatchResponse):  # gRPC's end-of-stream marker is none
            yield message
            message = await asyncio.wait_for(call.read(), _IDLE_S)
    except TimeoutError:
        return
    except grpc.aio.AioRpcError as error:
        if not is_transient(error):
            raise gateway.error(error) from error
    finally:
        call.cancel()


async def _open(gateway: Connection, watched: Watched) -> tuple[Any, Any]:
    call = watched.call(gateway)
    try:
        return call, await asyncio.wait_for(call.read(), _IDLE_S)
    except TimeoutError:
        call.cancel()
        raise GatewayUnavailable(f"the gateway at {gateway.target} accepted the watch and then said nothing") from None
