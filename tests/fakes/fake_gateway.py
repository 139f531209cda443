"""A gateway that answers from a script: real gRPC, no bus, no node."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.rpc import code_pb2, status_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from grpc_status import rpc_status

from coderunner.v1 import (
    blobs_pb2_grpc,
    catalog_pb2,
    catalog_pb2_grpc,
    execution_pb2,
    execution_pb2_grpc,
    keys_pb2,
    keys_pb2_grpc,
    nodes_pb2,
    nodes_pb2_grpc,
    operations_pb2,
    operations_pb2_grpc,
)
from tests.fakes.answers import CPP, NODE, PYTHON, ran
from tests.fakes.scripted_blobs import ScriptedBlobs
from tests.fakes.scripted_keys import ScriptedKeys
from tests.fakes.scripted_nodes import ScriptedNodes
from tests.fakes.scripted_operations import ScriptedOperations

Status = execution_pb2.Execution.Status


@dataclass
class Script:
    """How one task goes: pieces of live output, perhaps a wait, then the result."""

    result: execution_pb2.Execution
    live: Sequence[execution_pb2.OutputChunk] = ()
    hold: threading.Event | None = None
    """The result is held back until this is set; cancelling the task sets it."""
    cut_watches: int = 0
    """So many watches break after the live output, as if the gateway had restarted."""


@dataclass
class FakeGateway:
    """Serves on a free port of the loopback interface from ``start`` to ``stop``."""

    script: Callable[[execution_pb2.Task], Script] = field(default=lambda task: Script(ran("hello\n")))
    token: str = ""
    languages: list[catalog_pb2.Language] = field(default_factory=lambda: [PYTHON, CPP])
    nodes: list[catalog_pb2.Node] = field(default_factory=lambda: [NODE])
    letters: list[operations_pb2.DeadLetter] = field(default_factory=list)
    callbacks: list[execution_pb2.CallbackRecord] = field(default_factory=list)
    """Newest first; a redrive takes one away."""
    sources: dict[str, execution_pb2.Task] = field(default_factory=dict)
    keys: list[keys_pb2.ApiKey] = field(default_factory=list)
    """Newest first."""
    joined: list[nodes_pb2.JoinedNode] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    """By digest."""
    leaves_after: int = 2
    """A drained node is listed so many times more."""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    failures: list[status_pb2.Status | grpc.StatusCode] = field(default_factory=list)
    """Each call of ExecutionService takes one of these first, if there is one."""
    port: int = 0

    def start(self) -> FakeGateway:
        self._lock = threading.Lock()
        self._called = threading.Condition()
        self.health = HealthServicer()
        self._scripts: dict[str, Script] = getattr(self, "_scripts", {})
        self._server = grpc.server(ThreadPoolExecutor(8))
        add_execution: Any = (
            execution_pb2_grpc.add_ExecutionServiceServicer_to_server
        )  # the generated code has no types
        add_catalog: Any = catalog_pb2_grpc.add_CatalogServiceServicer_to_server
        add_execution(_Execution(self), self._server)
        add_catalog(_Catalog(self), self._server)
        add_operations: Any = operations_pb2_grpc.add_OperationsServiceServicer_to_server
        add_operations(ScriptedOperations(self), self._server)
        add_keys: Any = keys_pb2_grpc.add_KeyServiceServicer_to_server
        add_keys(ScriptedKeys(self.keys, self.enter), self._server)
        add_nodes: Any = nodes_pb2_grpc.add_NodeServiceServicer_to_server
        add_nodes(ScriptedNodes(self.joined, self.enter), self._server)
        add_blobs: Any = blobs_pb2_grpc.add_BlobServiceServicer_to_server
        add_blobs(ScriptedBlobs(self.blobs, self.enter), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()
        return self

    def stop(self) -> None:
        stopped = self._server.stop(grace=None)
        for script in self._scripts.values():
            if script.hold is not None:
                script.hold.set()
        stopped.wait(5)

    def __enter__(self) -> FakeGateway:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def of(self, method: str) -> list[Any]:
        """The requests of one method, in order."""
        return [request for name, request in self.calls if name == method]

    def wait_for(self, method: str) -> None:
        """Blocks until the method has been called."""
        with self._called:
            assert self._called.wait_for(lambda: self.of(method), timeout=10), f"{method} was not called"

    def accept(self, task: execution_pb2.Task) -> str:
        with self._lock:
            task_id = f"t-{task.idempotency_key}"
            if task_id not in self._scripts:
                script = self.script(task)
                script.result.id = task_id
                script.result.language = task.language
                script.result.labels.update(task.labels)
                self._scripts[task_id] = script
            return task_id

    def scripted(self, task_id: str, context: grpc.ServicerContext) -> Script:
        if task_id not in self._scripts:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no task {task_id!r}")
        return self._scripts[task_id]

    def enter(self, method: str, request: Any, context: grpc.ServicerContext) -> None:
        with self._called:
            self.calls.append((method, request))
            self._called.notify_all()
        self.authenticate(context)
        if self.failures:
            self._fail(self.failures.pop(0), context)

    def authenticate(self, context: grpc.ServicerContext) -> None:
        if self.token and ("authorization", f"Bearer {self.token}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is missing or wrong")

    @staticmethod
    def _fail(failure: status_pb2.Status | grpc.StatusCode, context: grpc.ServicerContext) -> NoReturn:
        if isinstance(failure, grpc.StatusCode):
            context.abort(failure, "as the script says")
        context.abort_with_status(rpc_status.to_status(failure))
        raise AssertionError


class _Execution(execution_pb2_grpc.ExecutionServiceServicer):
    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    def Submit(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("Submit", request, context)
        return execution_pb2.SubmitResponse(id=self._gateway.accept(request.task))

    def SubmitBatch(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("SubmitBatch", request, context)
        return execution_pb2.SubmitBatchResponse(results=[self._submitted(task) for task in request.tasks])

    def _submitted(self, task: execution_pb2.Task) -> execution_pb2.Submitted:
        if task.language == "cobol":
            error = execution_pb2.SubmitError(code=code_pb2.FAILED_PRECONDITION, message="no live node serves cobol")
            return execution_pb2.Submitted(error=error)
        return execution_pb2.Submitted(id=self._gateway.accept(task))

    def Execute(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("Execute", request, context)
        script = self._gateway.scripted(self._gateway.accept(request.task), context)
        if script.hold is not None:
            script.hold.wait(30)
        return execution_pb2.ExecuteResponse(execution=script.result)

    def Watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self._gateway.enter("Watch", request, context)
        yield from self._watched(request.id, context)

    def _watched(self, task_id: str, context: grpc.ServicerContext) -> Iterator[Any]:
        script = self._gateway.scripted(task_id, context)
        running = execution_pb2.Execution(id=task_id, status=Status.RUNNING, attempt=1)
        yield execution_pb2.WatchResponse(execution=running)
        for piece in script.live:
            yield execution_pb2.WatchResponse(output=piece)
        if script.cut_watches:
            script.cut_watches -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "the gateway stops")
        if script.hold is not None:
            script.hold.wait(30)
        yield execution_pb2.WatchResponse(execution=script.result)

    def Interact(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        """Asks once, and takes one thing that is said."""
        begin = next(requests).begin
        self._gateway.enter("Interact", begin, context)
        script = self._gateway.scripted(self._gateway.accept(begin), context)
        yield execution_pb2.InteractResponse(waits=execution_pb2.Waits(attempt=1))
        taken = execution_pb2.Taken(number=next(requests).said.number, attempt=1)
        yield execution_pb2.InteractResponse(taken=taken)
        yield execution_pb2.InteractResponse(execution=script.result)

    def SubmitAndWatch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self._gateway.enter("SubmitAndWatch", request, context)
        task_id = self._gateway.accept(request.task)
        queued = execution_pb2.Execution(id=task_id, status=Status.QUEUED)
        yield execution_pb2.WatchResponse(execution=queued)
        yield from self._watched(task_id, context)

    def Get(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("Get", request, context)
        return execution_pb2.GetResponse(execution=self._gateway.scripted(request.id, context).result)

    def GetSource(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("GetSource", request, context)
        self._gateway.scripted(request.id, context)
        return execution_pb2.GetSourceResponse(task=self._gateway.sources.get(request.id))

    def CallbackAttempts(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("CallbackAttempts", request, context)
        found = [one for one in self._gateway.callbacks if one.id == request.id]
        if not found:
            self._gateway.scripted(request.id, context)
        return execution_pb2.CallbackAttemptsResponse(record=found[0] if found else None)

    def List(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("List", request, context)
        known = [script.result for script in self._gateway._scripts.values()][::-1]
        known = [one for one in known if not request.statuses or one.status in request.statuses]
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 50, 2)  # small pages, so that paging shows
        token = str(end) if end < len(known) else ""
        return execution_pb2.ListResponse(executions=known[start:end], next_page_token=token)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.enter("Cancel", request, context)
        script = self._gateway.scripted(request.id, context)
        if script.hold is None or script.hold.is_set():
            return execution_pb2.CancelResponse(execution=script.result, cancelled=False)
        script.result.status = Status.CANCELLED
        script.hold.set()
        return execution_pb2.CancelResponse(execution=script.result, cancelled=True)


class _Catalog(catalog_pb2_grpc.CatalogServiceServicer):
    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    def ListLanguages(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.authenticate(context)
        return catalog_pb2.ListLanguagesResponse(languages=self._gateway.languages)

    def ListNodes(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._gateway.authenticate(context)
        if self._gateway.of("DrainNode"):
            self._gateway.leaves_after -= 1
        if self._gateway.leaves_after < 0:
            self._gateway.nodes = []
        return catalog_pb2.ListNodesResponse(nodes=self._gateway.nodes)
