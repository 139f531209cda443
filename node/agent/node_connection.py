"""The agent's connection to the node: its stdin and stdout, or a socket, the direct line, once the node has connected
to it (``docs/adr/0009-a-direct-line-to-the-agent.md``).

The engine passes what goes over stdin and stdout through two processes of its own. A node on the same host can do
without: it enters the slot's network namespace for a moment and connects to an abstract socket (unix(7)) there. That
one only listens between a node's hello and its first run, while no program lives, and takes nobody but root.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from .file_content import FileContent, Part
from .frames import Decoder

_STDIN = 0
_STDOUT = 1
_READ_BYTES = 1 << 18
_PIPE_BYTES = 1 << 20
"""What an unprivileged process may make of a pipe: a large body then passes with few stops."""
_SET_PIPE_SIZE = 1031
"""``F_SETPIPE_SZ`` of fcntl(2), of which Python knows from 3.10 on."""
_FILE_ON_THE_WAY_BYTES = 1 << 16
"""Of a file: what is on its way to the node is the slot's memory, which is told as the program's."""
_MAX_PARTS = 64
"""Of one writev(2)."""
_CREDENTIALS = struct.Struct("iII")
"""``struct ucred`` (unix(7)): pid, uid, gid."""


class NodeConnection:
    """Frames from and to the node. Registers what it reads from with ``poll``; what is written goes over the direct
    line where there is one."""

    def __init__(self, poll: select.poll) -> None:
        self._poll = poll
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None
        self._decoders = {_STDIN: Decoder()}
        os.set_blocking(_STDIN, False)
        for pipe in (_STDIN, _STDOUT):
            with suppress(OSError):  # gVisor's pipes keep their size, and so do those of a user who holds many
                fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
        poll.register(_STDIN, select.POLLIN)

    @property
    def descriptors(self) -> int:
        """The number of descriptors that it holds besides stdin and stdout."""
        return (self._listener is not None) + (self._peer is not None)

    def listen(self, name: str) -> None:
        """Listens for a node's direct line, and closes an earlier one. Raises OSError."""
        self.close_direct_line()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._listener.bind(f"\0{name}")
        self._listener.listen(1)
        self._poll.register(self._listener, select.POLLIN)

    def stop_listening(self) -> None:
        """Closes the socket that it listens on: from now on nobody can connect."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self._poll.unregister(listener)
            listener.close()

    def close_direct_line(self) -> None:
        """Goes back to stdin and stdout alone."""
        self.stop_listening()
        peer, self._peer = self._peer, None
        if peer is not None:
            del self._decoders[peer.fileno()]
            self._poll.unregister(peer)
            peer.close()

    def owns(self, fd: int) -> bool:
        """True for a descriptor that ``read`` reads from."""
        return fd == _STDIN or fd in self._sockets()

    def read(self, fd: int) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """The frames that are complete now at a descriptor. Never blocks: its number may have been another's when it
        was polled. Raises EOFError at the end of stdin, which is the end of the slot, and FrameError."""
        try:
            if self._listener is not None and fd == self._listener.fileno():
                self._accept(self._listener)
                return iter(())
            data = self._receive(fd)
        except BlockingIOError:
            return iter(())
        except ConnectionError:
            data = b""
        if data:
            return self._decoders[fd].feed(data)
        if fd == _STDIN:
            raise EOFError
        self.close_direct_line()  # that node is gone; the next one says hello on stdin
        return iter(())

    def _receive(self, fd: int) -> bytes:
        if self._peer is not None and fd == self._peer.fileno():
            return self._peer.recv(_READ_BYTES, socket.MSG_DONTWAIT)
        return os.read(fd, _READ_BYTES)

    def write(self, parts: list[Part]) -> None:
        """Blocks until all is written, or the node is gone."""
        try:
            self._write(parts)
        except ConnectionError:
            self.close_direct_line()

    def _write(self, parts: list[Part]) -> None:
        held: list[bytes] = []
        for part in parts:
            if isinstance(part, FileContent):
                self._send(held)
                held = []
                self._send_file(part)
            else:
                held.append(part)
        self._send(held)

    def _send_file(self, content: FileContent) -> None:
        self._let_wait(_FILE_ON_THE_WAY_BYTES)
        for piece in content.pieces():
            self._send([piece])
        self._let_wait(_PIPE_BYTES)

    def _let_wait(self, most_bytes: int) -> None:
        """Lets so much wait in the direct line for the node to read it; more is not sent before."""
        if self._peer is not None:
            self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, most_bytes)

    def _send(self, parts: list[bytes]) -> None:
        fd = _STDOUT if self._peer is None else self._peer.fileno()
        left = [memoryview(part) for part in parts]
        while left:
            written = os.writev(fd, left[:_MAX_PARTS])
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if written:
                left[0] = left[0][written:]

    def _accept(self, listener: socket.socket) -> None:
        peer, _ = listener.accept()
        _, uid, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid != 0:
            peer.close()
            return
        self.close_direct_line()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIPE_BYTES)
        self._peer = peer
        self._decoders[peer.fileno()] = Decoder()
        self._poll.register(peer, select.POLLIN)

    def _sockets(self) -> list[int]:
        return [one.fileno() for one in (self._listener, self._peer) if one is not None]
