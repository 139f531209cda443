"""A TCP or Unix relay between a client and a server, to be cut, frozen and mended in the middle of everything."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from tests.servers.ports import free_port

_CHUNK_BYTES = 65_536

Target = int | Path
"""A port of 127.0.0.1, or a Unix socket."""


class Relay:
    """Runs in the test's event loop. ``cut`` closes every connection and refuses new ones; ``freeze`` keeps them all
    open and lets nothing through, as a lost network does; ``silence`` does that to those that there are, for good, as
    where a machine lost its power and another took its address."""

    def __init__(self, target: Target, *, listen: Target | None = None) -> None:
        self._target = target
        self._listen = listen if listen is not None else free_port()
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def port(self) -> int:
        assert isinstance(self._listen, int)
        return self._listen

    @property
    def path(self) -> Path:
        assert isinstance(self._listen, Path)
        return self._listen

    async def mend(self) -> None:
        """Takes connections, and lets everything through that was held."""
        self._flowing.set()
        if self._server is None:
            self._server = await _serve(self._accept, self._listen)

    async def cut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        ending = list(self._connections)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if isinstance(self._listen, Path):
            self._listen.unlink(missing_ok=True)

    def freeze(self) -> None:
        self._flowing.clear()

    def silence(self) -> None:
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            with contextlib.suppress(OSError):
                await self._relay(reader, writer)
        except asyncio.CancelledError:  # cut: asyncio's own end of this task would log it as an error
            return
        finally:
            del self._connections[task]
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        server_reader, server_writer = await _connect(self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, server_writer, flowing))
                group.create_task(_copy(server_reader, writer, flowing))
        except* OSError:
            pass
        finally:
            server_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    """Until the end of the stream, which it hands on."""
    while data := await reader.read(_CHUNK_BYTES):
        await flowing.wait()
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _serve(accept: object, listen: Target) -> asyncio.Server:
    if isinstance(listen, int):
        return await asyncio.start_server(accept, "127.0.0.1", listen)  # type: ignore[arg-type]  # a bound coroutine function
    return await asyncio.start_unix_server(accept, listen)  # type: ignore[arg-type]  # as above


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, int):
        return await asyncio.open_connection("127.0.0.1", target)
    return await asyncio.open_unix_connection(target)
