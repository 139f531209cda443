"""The transport over standard input and output: a message a line.

Two threads read and write, since neither a pipe nor a file nor a terminal can be waited for on every system. They are
daemons: one that waits for a peer who says nothing holds up no end.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter

from coderunner.cli.mcp.bounds import MESSAGE_BYTES

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

_CHUNK_BYTES = 64 << 10
_Answer = TypeVar("_Answer")


async def serve(server: Server[Any]) -> None:
    """Serves whoever has started this process, until its standard input ends or nobody reads its output."""
    incoming, requests = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    answers, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    source, sink = _claimed()
    async with anyio.create_task_group() as group:
        group.start_soon(_read, source, incoming, answers.clone())
        group.start_soon(_write, sink, outgoing, group.cancel_scope)
        await server.run(requests, answers, server.create_initialization_options())


def _claimed() -> tuple[int, int]:
    """Descriptors of the peer's. What else in this process reads standard input finds it empty, and what it prints goes
    to standard error."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return source, sink


async def _read(
    source: int,
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
    answers: MemoryObjectSendStream[SessionMessage],
) -> None:
    async with incoming, answers:
        async for line in _lines(source):
            try:
                message = jsonrpc_message_adapter.validate_json(line or b"null", by_name=False)
            except ValueError:
                words = "this line is no message of JSON-RPC" if line else f"more than {MESSAGE_BYTES} bytes in a line"
                wrong = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message=words))
                await answers.send(SessionMessage(wrong))
            else:
                await incoming.send(SessionMessage(message))


async def _lines(source: int) -> AsyncIterator[bytes]:
    """Each line that says something; an empty one in place of each that is too long."""
    line, too_long = bytearray(), False
    while chunk := await _in_thread(lambda: os.read(source, _CHUNK_BYTES)):
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            line += end
            if too_long or len(line) > MESSAGE_BYTES:
                yield b""
            elif not line.isspace() and line:
                yield bytes(line)
            line, too_long = bytearray(), False
        line += rest
        if len(line) > MESSAGE_BYTES:
            line, too_long = bytearray(), True


async def _write(sink: int, outgoing: MemoryObjectReceiveStream[SessionMessage], everything: anyio.CancelScope) -> None:
    """One message after the other; who sends the next waits for the one before."""
    async with outgoing:
        async for item in outgoing:
            line = item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
            try:
                await _in_thread(lambda line=line: _write_all(sink, line))  # type: ignore[misc]  # its default is bytes
            except OSError:  # nobody reads it any more
                everything.cancel()
                return


def _write_all(sink: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(sink, left) :]


async def _in_thread(work: Callable[[], _Answer]) -> _Answer:
    """As asyncio.to_thread, in a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[_Answer] = loop.create_future()

    def settle(result: _Answer | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # it is there where there is no error

    def worked() -> None:
        result, error = None, None
        try:
            result = work()
        except OSError as raised:
            error = raised
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=worked, daemon=True).start()
    return await answer
