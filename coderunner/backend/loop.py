"""The backend in a framework of threads, or of event loops of its own: it lives in one loop, which is asked from
there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, ParamSpec, Self, TypeVar

from coderunner.backend.backend import Stream
from coderunner.sync import SHARED_LOOP

_Result = TypeVar("_Result")
_Given = ParamSpec("_Given")


class Elsewhere:
    """The loop's door: begun by the first who asks, so that a server may fork before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def done(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What the work comes to, awaited in the caller's loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._running()))

    def done_here(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What the work comes to; the thread waits."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def leave(self, work: Coroutine[Any, Any, object]) -> None:
        """Has it done, and does not wait."""
        asyncio.run_coroutine_threadsafe(work, self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = SHARED_LOOP.acquire()
            return self._loop


def from_elsewhere(
    call: Callable[_Given, Coroutine[Any, Any, _Result]],
) -> Callable[_Given, Coroutine[Any, Any, _Result]]:
    """The same, to be awaited in another loop: it is done in the one that runs now."""
    loop = asyncio.get_running_loop()

    async def called(*given: _Given.args, **named: _Given.kwargs) -> _Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(*given, **named), loop))

    return called


class AsyncEvents:
    """A stream's events for another event loop."""

    def __init__(self, elsewhere: Elsewhere, stream: Stream) -> None:
        self._elsewhere, self._stream = elsewhere, stream
        self._events = aiter(stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        event = await self._elsewhere.done(_next(self._events))
        if event is None:
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """Ends the stream; may be called from any thread."""
        self._elsewhere.leave(self._stream.aclose())


class SyncEvents:
    """A stream's events for a thread, which waits for each."""

    def __init__(self, elsewhere: Elsewhere, stream: Stream) -> None:
        self._elsewhere, self._stream = elsewhere, stream
        self._events = aiter(stream)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        event = self._elsewhere.done_here(_next(self._events))
        if event is None:
            raise StopIteration
        return event

    def close(self) -> None:
        """Ends the stream."""
        self._elsewhere.leave(self._stream.aclose())


async def _next(events: AsyncIterator[bytes]) -> bytes | None:
    return await anext(events, None)
