"""What a scripted gateway answers: executions, pieces of output, the catalog, refusals."""

from __future__ import annotations

from typing import Any

from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from coderunner.v1 import catalog_pb2, execution_pb2


def ran(
    stdout: str = "", status: str = "SUCCEEDED", exit_code: int | None = 0, **stage: Any
) -> execution_pb2.Execution:
    """A finished execution with a run stage."""
    run = execution_pb2.Stage(stdout=stdout, exit_code=exit_code, wall_ms=12.5, cpu_ms=9.0, peak_memory_bytes=8 << 20)
    run.MergeFrom(execution_pb2.Stage(**stage))
    return execution_pb2.Execution(
        status=status,
        language_version="3.13.5",
        node_id="node-1",
        attempt=1,
        queued_ms=1.5,
        run=run,
        finished_at_ms=2000,
    )


def chunk(text: str, offset: int = 0, stream: str = "STDOUT", stage: str = "run", attempt: int = 1) -> Any:
    return execution_pb2.OutputChunk(stage=stage, stream=stream, offset=offset, text=text, attempt=attempt)


PYTHON = catalog_pb2.Language(name="python", versions=["3.13.5"], aliases=["py"], extensions=[".py"], nodes=1)
CPP = catalog_pb2.Language(
    name="cpp", versions=["14.2.0"], aliases=["c++"], extensions=[".cpp", ".cc"], compiled=True, nodes=1
)
NODE = catalog_pb2.Node(
    id="node-1",
    host="host-a",
    pools=["default"],
    languages={"python": "3.13.5", "cpp": "14.2.0"},
    capacity=4,
    running=1,
    cpu_percent=12.5,
    memory_percent=40.0,
    load_score=26.0,
    state=catalog_pb2.Node.READY,
    version="0.1.0",
    sandbox_runtime="runc",
)


def invalid(field_name: str, description: str) -> status_pb2.Status:
    detail = error_details_pb2.BadRequest(
        field_violations=[error_details_pb2.BadRequest.FieldViolation(field=field_name, description=description)]
    )
    return _status(code_pb2.INVALID_ARGUMENT, f"{field_name}: {description}", detail)


def queue_full(seconds: int) -> status_pb2.Status:
    detail = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=seconds))
    return _status(code_pb2.RESOURCE_EXHAUSTED, "the queue is full", detail)


def _status(code: int, message: str, detail: Any) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=message)
    status.details.add().Pack(detail)
    return status
