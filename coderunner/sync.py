"""The blocking client: the asynchronous one, driven by an event loop in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from coderunner.client import Client, OnOutput
from coderunner.model import CallbackRecord, Cancellation, Execution, Language, Node, Output, Status, Submitted
from coderunner.task import Source, Task, TaskOptions

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


_LOOP = _SharedLoop()


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
        if self._loop is not None:
            self._wait(self._client.close())
            self._loop = None
            _LOOP.release()

    def run(
        self,
        language: str,
        source: Source,
        *,
        on_output: OnOutput | None = None,
        timeout: float | None = None,
        **options: Unpack[TaskOptions],
    ) -> Execution:
        return self._wait(self._client.run(language, source, on_output=on_output, timeout=timeout, **options))

    def submit(self, language: str, source: Source, **options: Unpack[TaskOptions]) -> str:
        return self._wait(self._client.submit(language, source, **options))

    def submit_batch(self, tasks: Iterable[Task]) -> tuple[Submitted, ...]:
        return self._wait(self._client.submit_batch(tasks))

    def follow(self, task_id: str, on_output: OnOutput | None = None) -> Execution:
        return self._wait(self._client.follow(task_id, on_output))

    def watch(self, task_id: str) -> Iterator[Execution | Output]:
        return self._iterate(self._client.watch(task_id))

    def get(self, task_id: str) -> Execution:
        return self._wait(self._client.get(task_id))

    def source(self, task_id: str) -> Task | None:
        return self._wait(self._client.source(task_id))

    def callback_attempts(self, task_id: str) -> CallbackRecord | None:
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
        return self._wait(self._client.cancel(task_id))

    def languages(self) -> tuple[Language, ...]:
        return self._wait(self._client.languages())

    def nodes(self) -> tuple[Node, ...]:
        return self._wait(self._client.nodes())

    def _wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        if self._loop is None:
            self._loop = _LOOP.acquire()
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
