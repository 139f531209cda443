"""The blocking client: the asynchronous one, driven by an event loop in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from coderunner.blob import Blob
from coderunner.client import Client
from coderunner.model import CallbackRecord, Cancellation, Execution, Language, Node, Output, Status, Submitted
from coderunner.on_output import OnOutput
from coderunner.output_file import OutputFile
from coderunner.program import Program
from coderunner.sync_program import SyncProgram
from coderunner.task import Source, Task, TaskOptions, Terminal

_Result = TypeVar("_Result")


class _SharedLoop:
    """One event loop in a thread, shared by every SyncClient of the process while there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def acquire(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            self._users += 1
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="coderunner", daemon=True)
                self._thread.start()
            return self._loop

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users or self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None


SHARED_LOOP = _SharedLoop()


class SyncClient:
    """A blocking client of one gateway, with the methods of Client. Safe to share between threads.

    ``on_output`` is called in the client's own thread. A KeyboardInterrupt ends the call at once and leaves the task
    alone; ``cancel`` is for that.
    """

    def __init__(
        self,
        target: str | None = None,
        token: str | None = None,
        *,
        connect_timeout_s: float = 5.0,
        patience_s: float = 30.0,
    ) -> None:
        self._client = Client(target, token, connect_timeout_s=connect_timeout_s, patience_s=patience_s)
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the shared thread ends with its last client."""
        if self._loop is not None:
            self._wait(self._client.close())
            self._loop = None
            SHARED_LOOP.release()

    def run(
        self,
        language: str,
        source: Source,
        *,
        on_output: OnOutput | None = None,
        timeout: float | None = None,
        **options: Unpack[TaskOptions],
    ) -> Execution:
        """Runs a snippet and returns its result, as ``Client.run`` does."""
        return self._wait(self._client.run(language, source, on_output=on_output, timeout=timeout, **options))

    def submit(self, language: str, source: Source, **options: Unpack[TaskOptions]) -> str:
        """Hands a snippet over and returns its task's id at once; see Task for the options."""
        return self._wait(self._client.submit(language, source, **options))

    def submit_batch(self, tasks: Iterable[Task]) -> tuple[Submitted, ...]:
        """One answer for each task, in order: each is accepted or refused on its own."""
        return self._wait(self._client.submit_batch(tasks))

    def follow(self, task_id: str, on_output: OnOutput | None = None) -> Execution:
        """Waits for the task's result. ``on_output`` gets all of its output, each character once and in order."""
        return self._wait(self._client.follow(task_id, on_output))

    def interact(
        self, language: str, source: Source, *, terminal: Terminal | None = None, **options: Unpack[TaskOptions]
    ) -> SyncProgram:
        """A program to talk to while it runs, as ``Client.interact``: ``with client.interact(...) as program``."""
        return self._talked_to(self._client.interact(language, source, terminal=terminal, **options))

    def talk_to(self, task_id: str) -> SyncProgram:
        """The same for a task submitted with ``interaction`` before, to which nothing was said yet."""
        return self._talked_to(self._client.talk_to(task_id))

    def watch(self, task_id: str) -> Iterator[Execution | Output]:
        """The task's state now, then every change, and output as it appears; ends with the result."""
        return self._iterate(self._client.watch(task_id))

    def submit_and_watch(
        self, language: str, source: Source, **options: Unpack[TaskOptions]
    ) -> Iterator[Execution | Output]:
        """Hands a snippet over and watches it from before it begins, as ``Client.submit_and_watch`` does."""
        return self._iterate(self._client.submit_and_watch(language, source, **options))

    def get(self, task_id: str) -> Execution:
        """The task as it stands now. Raises NotFound."""
        return self._wait(self._client.get(task_id))

    def source(self, task_id: str) -> Task | None:
        """What was submitted; None where it is not kept. Raises NotFound."""
        return self._wait(self._client.source(task_id))

    def callback_attempts(self, task_id: str) -> CallbackRecord | None:
        """What was tried to deliver the task's result to its callback; None where nothing is known. Raises NotFound."""
        return self._wait(self._client.callback_attempts(task_id))

    def list(
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
    ) -> Iterator[Execution]:
        """Tasks that fit all of these, newest first, as ``Client.list`` has them; asked for page by page."""
        return self._iterate(
            self._client.list(
                statuses=statuses,
                language=language,
                node_id=node_id,
                labels=labels,
                client=client,
                since_ms=since_ms,
                until_ms=until_ms,
                error=error,
                limit=limit,
            )
        )

    def cancel(self, task_id: str) -> Cancellation:
        """A queued task never starts; a running one is killed and keeps its partial output. Raises NotFound."""
        return self._wait(self._client.cancel(task_id))

    def put_blob(self, content: bytes | Path) -> Blob:
        """Puts large content once: what it returns stands in its place in any number of tasks."""
        return self._wait(self._client.put_blob(content))

    def find_blob(self, digest: str) -> Blob | None:
        """What is known of a blob of this client; None where there is none."""
        return self._wait(self._client.find_blob(digest))

    def get_blob(self, digest: str) -> bytes:
        """What a blob of this client holds. Raises NotFound."""
        return self._wait(self._client.get_blob(digest))

    def file(self, execution: Execution, file: OutputFile) -> bytes:
        """What a file holds that an execution has left, fetched where it did not come with the result. Raises
        NotFound."""
        return self._wait(self._client.file(execution, file))

    def blob_pieces(self, digest: str, task_id: str = "") -> Iterator[bytes]:
        """What a blob of this client holds, or a file that a task has left, in pieces. Raises NotFound."""
        return self._iterate(self._client.blob_pieces(digest, task_id))

    def languages(self) -> tuple[Language, ...]:
        """What live nodes serve."""
        return self._wait(self._client.languages())

    def nodes(self) -> tuple[Node, ...]:
        """The live nodes, as they last described themselves."""
        return self._wait(self._client.nodes())

    def _talked_to(self, program: Program) -> SyncProgram:
        return SyncProgram(program, self._wait, self._iterate)

    def _wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        if self._loop is None:
            self._loop = SHARED_LOOP.acquire()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()  # where it has not ended: a KeyboardInterrupt in this thread ends the call in the loop's

    def _iterate(self, items: AsyncIterator[_Result]) -> Iterator[_Result]:
        with suppress(StopAsyncIteration):
            while True:
                yield self._wait(_next(items))


async def _next(items: AsyncIterator[_Result]) -> _Result:
    return await anext(items)
