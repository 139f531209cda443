"""HTTP/2 by hand (RFC 9113): calls whose requests never end. A library would end them."""

from __future__ import annotations

import asyncio
import contextlib
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 4, 6, 8
_ACK, _END_HEADERS = 1, 4
_INITIAL_WINDOW_SIZE = 4
_WINDOW = 65_535
_FRAME_BYTES = 16_384


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def call(stream: int, method: str) -> bytes:
    """The headers of a call of a gRPC method, uncompressed (RFC 7541, literals without indexing)."""
    fields = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "x"}
    fields |= {"content-type": "application/grpc", "te": "trailers"}
    block = b"".join(b"\0" + _literal(name.encode()) + _literal(value.encode()) for name, value in fields.items())
    return frame(_HEADERS, _END_HEADERS, stream, block)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Whatever is still to be sent, and whatever the peer has done."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class UnfinishedCalls:
    """One connection with calls of which each has sent ``sent_bytes`` of a request of ``size_bytes``, and no more."""

    def __init__(self, method: str, calls: int, size_bytes: int, sent_bytes: int) -> None:
        self._method = method
        self._size_bytes = size_bytes
        self._left = {2 * number + 1: sent_bytes for number in range(calls)}
        self._windows = dict.fromkeys(self._left, _WINDOW)
        self._window = _WINDOW
        self._sent_bytes = sent_bytes
        self.is_sent = asyncio.Event()

    async def run(self, port: int) -> None:
        """Sends as the server allows it, and holds the connection until it is cancelled, or the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            calls = [call(stream, self._method) for stream in self._left]
            writer.write(PREFACE + frame(_SETTINGS, 0, 0) + b"".join(calls))
            while True:
                self._send(writer)
                await writer.drain()
                head = await reader.readexactly(9)
                payload = await reader.readexactly(int.from_bytes(head[:3]))
                self._heard(writer, head[3], head[4], int.from_bytes(head[5:]) & 0x7FFFFFFF, payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.is_sent.set()
        finally:
            await hang_up(writer)

    def _send(self, writer: asyncio.StreamWriter) -> None:
        for stream, unsent in self._left.items():
            left = unsent
            while left > 0 and (part := min(left, self._window, self._windows[stream], _FRAME_BYTES)) > 0:
                is_first = left == self._sent_bytes
                prefix = b"\0" + struct.pack(">I", self._size_bytes) if is_first else b""
                writer.write(frame(_DATA, 0, stream, prefix + b"x" * (part - len(prefix))))
                left -= part
                self._window -= part
                self._windows[stream] -= part
            self._left[stream] = left
        if not any(self._left.values()):
            self.is_sent.set()

    def _heard(self, writer: asyncio.StreamWriter, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _WINDOW_UPDATE and stream == 0:
            self._window += int.from_bytes(payload)
        elif kind == _WINDOW_UPDATE and stream in self._windows:
            self._windows[stream] += int.from_bytes(payload)
        elif kind == _PING and not flags & _ACK:
            writer.write(frame(_PING, _ACK, 0, payload))
        elif kind == _SETTINGS and not flags & _ACK:
            for name, value in struct.iter_unpack(">HI", payload):
                if name == _INITIAL_WINDOW_SIZE:
                    self._windows = {one: window + value - _WINDOW for one, window in self._windows.items()}
            writer.write(frame(_SETTINGS, _ACK, 0))
        elif kind not in (_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE):
            self._left = dict.fromkeys(self._left, 0) if stream == 0 else {**self._left, stream: 0}


def _literal(text: bytes) -> bytes:
    return bytes((len(text),)) + text
