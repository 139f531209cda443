"""The line to an agent, the engine being played by the test."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from node.agent import frames as agents
from node.infrastructure.docker.agent_link.attachment import AttachError, Attachment
from node.infrastructure.docker.agent_link.frames import Clean

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"


@asynccontextmanager
async def engine(path: Path, play: Play) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await play(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, path / "engine.sock")
    async with server:
        yield str(path / "engine.sock")


def chunk(data: bytes, stream: int = 1) -> bytes:
    return struct.pack("!BxxxI", stream, len(data)) + data


async def read_hello(reader: asyncio.StreamReader) -> str:
    header_size, _ = struct.unpack("!II", await reader.readexactly(8))
    ((header, _),) = agents.Decoder().feed(struct.pack("!II", header_size, 0) + await reader.readexactly(header_size))
    return str(header["nonce"])


def ready(nonce: str, **changes: Any) -> bytes:
    frame = b"".join(agents.encode({"type": "ready", "nonce": nonce, "protocol": 1, "runs": 0, **changes}))
    return b"CRDY" + nonce.encode() + frame


async def test_an_agent_that_answers_is_ready_and_its_later_frames_arrive(tmp_path: Path) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(UPGRADED + chunk(b"left over from before"))
        answer = ready(await read_hello(reader), runs=4)
        clean = b"".join(agents.encode({"type": "clean", "run_id": "1", "ok": True, "problems": []}))
        for byte in chunk(answer) + chunk(clean):
            writer.write(bytes([byte]))
        await reader.read()

    async with engine(tmp_path, play) as socket:
        line = await Attachment.open(socket, "c", 5)
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        line.on_message = lambda message, body: arrived.set_result(message)
        assert (await line.hello(5)).runs == 4
        assert await arrived == Clean(run_id="1", ok=True, problems=[])
        line.close()


async def test_an_engine_that_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\n\r\nno such container")

    async with engine(tmp_path, play) as socket:
        with pytest.raises(AttachError, match="404"):
            await Attachment.open(socket, "c", 5)


async def test_an_engine_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AttachError, match="cannot attach"):
        await Attachment.open(str(tmp_path / "nothing.sock"), "c", 5)


async def test_an_agent_that_dies_says_why_on_its_standard_error(tmp_path: Path) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(UPGRADED)
        await read_hello(reader)
        writer.write(chunk(b"no such file", stream=2))

    async with engine(tmp_path, play) as socket:
        line = await Attachment.open(socket, "c", 5)
        lost: list[str] = []
        line.on_lost = lost.append
        with pytest.raises(AttachError, match="no such file"):
            await line.hello(5)
        assert len(lost) == 1


async def test_an_agent_that_stays_silent_is_given_up(tmp_path: Path) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(UPGRADED)
        await reader.read()

    async with engine(tmp_path, play) as socket:
        line = await Attachment.open(socket, "c", 5)
        with pytest.raises(AttachError, match="did not answer"):
            await line.hello(0.01)
        line.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda nonce: chunk(b"CRDY" + nonce.encode() + b"\xff" * 64),
        lambda nonce: b"\x09" * 64,
        lambda nonce: chunk(ready(nonce, protocol=2)),
        lambda nonce: chunk(b"CRDY" + nonce.encode() + ready("0" * 32)[36:]),
        lambda nonce: chunk(ready(nonce) + ready(nonce)[36:]),
    ],
)
async def test_an_agent_that_answers_with_something_else_is_hung_up_on(
    tmp_path: Path, answer: Callable[[str], bytes]
) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(UPGRADED)
        writer.write(answer(await read_hello(reader)))
        await reader.read()

    async with engine(tmp_path, play) as socket:
        line = await Attachment.open(socket, "c", 5)
        lost = asyncio.get_running_loop().create_future()
        line.on_lost = lost.set_result
        await asyncio.gather(line.hello(5), return_exceptions=True)
        async with asyncio.timeout(5):
            assert await lost
