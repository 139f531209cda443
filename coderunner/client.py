"""The asynchronous client of the gRPC API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

import grpc

from coderunner import blob_calls, responses
from coderunner.batches import submit_batches
from coderunner.blob import Blob
from coderunner.connection import Connection
from coderunner.errors import CodeRunnerError, TimedOut
from coderunner.executing import executed
from coderunner.kept_task import kept_task
from coderunner.model import CallbackRecord, Cancellation, Execution, Language, Node, Output, Status, Submitted
from coderunner.on_output import OnOutput, tell
from coderunner.output_file import OutputFile
from coderunner.output_merger import OutputMerger
from coderunner.program import Program, RelayedProgram
from coderunner.requests import task_message
from coderunner.task import Interaction, Source, Task, TaskOptions, Terminal
from coderunner.v1 import catalog_pb2, execution_pb2
from coderunner.watch import Watched, watch

_GIVE_UP_S = 5.0  # how long a caller whose time is over waits for the task to be cancelled
_PAGE_TASKS = 200


class Client:
    """A client of one gateway. Safe to share between the tasks of one event loop.

    ``target`` is ``host:port``, or ``https://host:port`` for TLS; None takes ``CODERUNNER_GATEWAY`` or
    127.0.0.1:50051. ``token`` None takes ``CODERUNNER_TOKEN``. A gateway that has answered once is waited for
    ``patience_s`` seconds when it goes away, one that has not ``connect_timeout_s``. Every method raises
    CodeRunnerError or one of its kinds.
    """

    def __init__(
        self,
        target: str | None = None,
        token: str | None = None,
        *,
        connect_timeout_s: float = 5.0,
        patience_s: float = 30.0,
    ) -> None:
        self._gateway = Connection(target, token, connect_timeout_s, patience_s)

    @property
    def target(self) -> str:
        """``host:port`` of the gateway."""
        return self._gateway.target

    def derived_secret(self, purpose: str) -> bytes | None:
        """A secret of one's own, made of the token: the same for all who hold it, and the token cannot be told from it.
        None without a token."""
        return self._gateway.derived_secret(purpose)

    @property
    def channel(self) -> grpc.aio.Channel:
        """The gRPC channel itself, for standard services (health, reflection). Use it in the client's event loop."""
        return self._gateway.channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection."""
        await self._gateway.close()

    async def run(
        self,
        language: str,
        source: Source,
        *,
        on_output: OnOutput | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - it does more than asyncio.timeout: the task is cancelled
        **options: Unpack[TaskOptions],
    ) -> Execution:
        """Runs a snippet and returns its result; see Task for the options. Survives a restart of the gateway.

        ``timeout`` is how many seconds the caller waits, None for as long as it takes. When they are over the task is
        cancelled, which may take 5 s more, and TimedOut is raised. Whatever else ends the call (the caller is
        cancelled, GatewayUnavailable, an exception of ``on_output``) leaves the task alone: it runs on."""
        task = task_message(Task(language=language, source=source, **options))
        if timeout is None:
            return await self._run(task, on_output)
        if timeout <= 0:
            raise TimedOut("no time was left to run it; nothing was submitted")
        try:
            async with asyncio.timeout(timeout) as bound:
                return await self._run(task, on_output)
        except TimeoutError:
            if not bound.expired():
                raise  # on_output's own
        raise await self._give_up(task, timeout)

    async def submit(self, language: str, source: Source, **options: Unpack[TaskOptions]) -> str:
        """Hands a snippet over and returns its task's id at once; see Task for the options."""
        return await self._submit(task_message(Task(language=language, source=source, **options)))

    async def submit_batch(self, tasks: Iterable[Task]) -> tuple[Submitted, ...]:
        """One answer for each task, in order: each is accepted or refused on its own. More than one call takes (1,000
        tasks, 4 MiB) goes in several."""
        return await submit_batches(self._gateway, map(task_message, tasks))

    async def follow(self, task_id: str, on_output: OnOutput | None = None) -> Execution:
        """Waits for the task's result. ``on_output`` gets all of its output, each character once and in order: live,
        and from the result what was missed."""
        merger = OutputMerger()
        async with aclosing(self.watch(task_id)) as events:
            async for event in events:
                if isinstance(event, Output):
                    await tell(on_output, merger.unseen_part(event))
                elif event.status.is_final:
                    for piece in merger.unseen_rest(event):
                        await tell(on_output, piece)
                    return event
        raise CodeRunnerError(f"the task {task_id} ended without a result")

    def interact(
        self, language: str, source: Source, *, terminal: Terminal | None = None, **options: Unpack[TaskOptions]
    ) -> Program:
        """A program to talk to while it runs: ``async with client.interact(...) as program``. ``terminal``: it runs on
        one of that size; more of how is ``interaction`` among the options, which see in Task."""
        options["interaction"] = options.get("interaction") or Interaction(terminal=terminal)
        return Program(self._gateway, task_message(Task(language=language, source=source, **options)))

    def talk_to(self, task_id: str) -> Program:
        """The same for a task submitted with ``interaction`` before, to which nothing was said yet."""
        return Program(self._gateway, task_id)

    def relay(self, what: Task | str) -> RelayedProgram:
        """A program that somebody else talks to through this process, such as a page: a task with an ``interaction``,
        or the id of one that was begun so, to go on where that somebody is."""
        return RelayedProgram(self._gateway, what if isinstance(what, str) else task_message(what))

    def watch(self, task_id: str) -> AsyncGenerator[Execution | Output, None]:
        """The task's state now, then every change, and output as it appears; ends with the result. Reconnects; after
        that, and for a late watcher, pieces of output may be missing (``follow`` fills them in)."""
        return watch(self._gateway, Watched(task_id))

    def submit_and_watch(
        self, language: str, source: Source, **options: Unpack[TaskOptions]
    ) -> AsyncGenerator[Execution | Output, None]:
        """Hands a snippet over and watches it from before it begins: no output is missed but where the connection
        breaks. The first event has the task's id; see Task for the options. Who stops reading does not cancel it."""
        return watch(self._gateway, Watched(task=task_message(Task(language=language, source=source, **options))))

    async def get(self, task_id: str) -> Execution:
        """The task as it stands now. Raises NotFound."""
        request = execution_pb2.GetRequest(id=task_id)
        response: execution_pb2.GetResponse = await self._gateway.ask(self._gateway.execution.Get, request)
        return responses.execution(response.execution)

    async def source(self, task_id: str) -> Task | None:
        """What was submitted; None where it is not kept. Of ``env`` the names have no values. Raises NotFound."""
        request = execution_pb2.GetSourceRequest(id=task_id)
        response: execution_pb2.GetSourceResponse = await self._gateway.ask(self._gateway.execution.GetSource, request)
        return kept_task(response.task) if response.HasField("task") else None

    async def callback_attempts(self, task_id: str) -> CallbackRecord | None:
        """What was tried to deliver the task's result to its callback; None where nothing is known. Raises
        NotFound."""
        request = execution_pb2.CallbackAttemptsRequest(id=task_id)
        response: execution_pb2.CallbackAttemptsResponse = await self._gateway.ask(
            self._gateway.execution.CallbackAttempts, request
        )
        return responses.callback_record(response.record) if response.HasField("record") else None

    async def list(
        self,
        *,
        statuses: Iterable[Status | str] = (),
        language: str = "",
        node_id: str = "",
        labels: Mapping[str, str] | None = None,
        client: str = "",
        since_ms: int = 0,
        until_ms: int = 0,
        error: str = "",
        limit: int | None = None,
    ) -> AsyncIterator[Execution]:
        """Tasks, newest first, without their output; at most ``limit``. Times are Unix milliseconds of the submission,
        from ``since_ms`` on and before ``until_ms``; ``error``: a part of the error's text."""
        if isinstance(statuses, str | bytes):
            raise TypeError(f"statuses must be a list, not {statuses!r}")
        request = execution_pb2.ListRequest(
            statuses=[Status(status).value for status in statuses],
            language=language,
            node_id=node_id,
            labels=labels or {},
            client=client,
            since_ms=since_ms,
            until_ms=until_ms,
            error=error,
        )
        left = limit if limit is not None else 1 << 62
        while left > 0:
            request.page_size = min(left, _PAGE_TASKS)
            page: execution_pb2.ListResponse = await self._gateway.ask(self._gateway.execution.List, request)
            for message in page.executions[:left]:
                yield responses.execution(message)
            left -= len(page.executions)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    async def cancel(self, task_id: str) -> Cancellation:
        """A queued task never starts; a running one is killed and keeps its partial output. Raises NotFound."""
        request = execution_pb2.CancelRequest(id=task_id)
        answer: execution_pb2.CancelResponse = await self._gateway.ask(self._gateway.execution.Cancel, request)
        return Cancellation(responses.execution(answer.execution), answer.cancelled)

    async def put_blob(self, content: bytes | Path) -> Blob:
        """Puts large content once, bytes or a file: what it returns stands in its place in any number of tasks. Nothing
        is sent where the gateway has it."""
        return await blob_calls.put(self._gateway, content)

    async def find_blob(self, digest: str) -> Blob | None:
        """What is known of a blob of this client; None where there is none."""
        return await blob_calls.find(self._gateway, digest)

    async def get_blob(self, digest: str) -> bytes:
        """What a blob of this client holds. Raises NotFound."""
        return await blob_calls.content(self._gateway, digest)

    async def file(self, execution: Execution, file: OutputFile) -> bytes:
        """What a file holds that an execution has left: it is fetched where it was too large to come with the result.
        Raises NotFound where it was not brought back, or is not kept any more."""
        if file.data is not None:
            return file.data
        return await blob_calls.content(self._gateway, file.digest, execution.id)

    def blob_pieces(self, digest: str, task_id: str = "") -> AsyncIterator[bytes]:
        """What a blob of this client holds, or a file that a task has left, in pieces. Raises NotFound."""
        return blob_calls.pieces(self._gateway, digest, task_id)

    async def languages(self) -> tuple[Language, ...]:
        """What live nodes serve."""
        request = catalog_pb2.ListLanguagesRequest()
        answer: catalog_pb2.ListLanguagesResponse = await self._gateway.ask(
            self._gateway.catalog.ListLanguages, request
        )
        return tuple(responses.language(message) for message in answer.languages)

    async def nodes(self) -> tuple[Node, ...]:
        """The live nodes, as they last described themselves."""
        request = catalog_pb2.ListNodesRequest()
        answer: catalog_pb2.ListNodesResponse = await self._gateway.ask(self._gateway.catalog.ListNodes, request)
        return tuple(responses.node(message) for message in answer.nodes)

    async def _run(self, task: execution_pb2.Task, on_output: OnOutput | None) -> Execution:
        if on_output is not None:
            return await self.follow(await self._submit(task), on_output)
        return responses.execution(await executed(self._gateway, task))

    async def _give_up(self, task: execution_pb2.Task, timeout_s: float) -> TimedOut:
        """Cancels the task, and says how it then stood. Its idempotency key finds it: submitted once more it is the
        same task, also where the first submission was still on its way."""
        late = f"no result within {timeout_s:g} s"
        task_id = ""
        try:
            async with asyncio.timeout(_GIVE_UP_S):
                task_id = await self._submit(task)
                execution = (await self.cancel(task_id)).execution
        except (CodeRunnerError, TimeoutError) as error:
            return TimedOut(f"{late}, and the task could not be cancelled: {str(error) or 'no answer'}", task_id)
        if execution.status is Status.CANCELLED:
            return TimedOut(f"{late}; the task is cancelled", task_id, execution)
        return TimedOut(f"{late}; the task ended just then: {execution.status}", task_id, execution)

    async def _submit(self, task: execution_pb2.Task) -> str:
        request = execution_pb2.SubmitRequest(task=task)
        answer: execution_pb2.SubmitResponse = await self._gateway.ask(self._gateway.execution.Submit, request)
        return answer.id
