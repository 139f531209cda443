"""The execution of one task, waited for however long it takes."""

from __future__ import annotations

import grpc

from coderunner.connection import Connection
from coderunner.v1 import execution_pb2

_EXECUTE_S = 60.0  # after this the same key asks again, in case the connection died unnoticed


async def executed(gateway: Connection, task: execution_pb2.Task) -> execution_pb2.Execution:
    """Asks with the same key until the result is there, however long the program takes. Raises CodeRunnerError."""
    request = execution_pb2.ExecuteRequest(task=task)

    async def call() -> execution_pb2.ExecuteResponse | None:
        try:
            answer: execution_pb2.ExecuteResponse = await gateway.execution.Execute(
                request, timeout=_EXECUTE_S, metadata=gateway.metadata
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                return None
            raise
        return answer

    while (answer := await gateway.with_retries(call)) is None:
        pass
    return answer.execution
