"""The direct line to an agent on this host: a socket in the agent's network namespace, past the engine (ADR 0009).

What goes to and from an attached container passes through the engine and its shim: four processes woken where two would
do, and a copy in each. An abstract socket (unix(7)) belongs to the network namespace in which it was made; a thread
that enters that of the container for a moment (setns(2): needs CAP_SYS_ADMIN, as root has) makes one there.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import select
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import cast

_CREDENTIALS = struct.Struct("iII")
"""The layout of ``struct ucred`` (unix(7)): pid, uid, gid."""
_CLONE_NEWNET = 0x40000000
_SO_SNDBUFFORCE = 32
_BUFFER_BYTES = 1 << 20
"""The socket's buffer: a compiled program fits, so that it is handed over in one or two writes."""
_PATIENCE_S = 5.0


class DirectLine(asyncio.Protocol):
    """A connection to the agent that passes on the bytes it receives, and tells once that it is lost."""

    def __init__(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls, pid: int, name: str, on_bytes: Callable[[bytes], None], on_lost: Callable[[str], None]
    ) -> DirectLine:
        """Connects to the abstract socket ``name`` on which the process ``pid`` listens. Raises OSError where that is
        not possible."""
        loop = asyncio.get_running_loop()
        connecting = asyncio.ensure_future(asyncio.to_thread(connect_inside, pid, name))
        try:
            found = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_hang_up)  # the thread goes on, and nobody waits for its connection
            raise
        _, line = await loop.create_unix_connection(lambda: cls(on_bytes, on_lost), sock=found)
        return line

    def send(self, data: list[bytes]) -> None:
        """Sends the pieces one after the other, without waiting."""
        if self._transport is not None:
            self._transport.writelines(data)

    def close(self) -> None:
        """Hangs up at once."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def has_ended(self) -> bool:
        """Whether the agent has hung up, asked of the kernel: the event loop may not have heard of it yet."""
        return self._transport is None or _hung_up(self._transport.get_extra_info("socket").fileno())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._on_bytes(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(f"the agent's line closed{f' ({exc})' if exc else ''}")


def _hang_up(connecting: asyncio.Future[socket.socket]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


def _hung_up(descriptor: int) -> bool:
    if descriptor < 0:  # closed on our side
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)  # poll(2) tells of POLLHUP and POLLERR unasked
    return bool(poll.poll(0))


def connect_inside(pid: int, name: str) -> socket.socket:
    """Connects to the abstract socket ``name`` in the network namespace of ``pid``, and blocks for that moment. Whoever
    listens there must be ``pid``, as the kernel tells it. Raises OSError."""
    made: list[socket.socket | OSError] = []
    # In a thread of its own, which ends there: a thread that has entered another namespace is of no other use.
    thread = Thread(target=lambda: made.append(_connected(pid, name)), name="direct line", daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    found = made[0] if made else TimeoutError("no answer")
    if isinstance(found, OSError):
        raise found
    return found


def _connected(pid: int, name: str) -> socket.socket | OSError:
    try:
        _refuse_where_not_let_in(pid)
        _enter_network_of(pid)
        line = socket.socket(socket.AF_UNIX)
    except OSError as error:
        return error
    try:
        line.connect(f"\0{name}")
        who, _, _ = _CREDENTIALS.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        with suppress(OSError):  # an engine's host may allow less: then a large body takes more writes
            line.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _BUFFER_BYTES)
        if who != pid:
            raise ConnectionRefusedError(f"process {who} listens there, not {pid}")
    except OSError as error:
        line.close()
        return error
    return line


def _refuse_where_not_let_in(pid: int) -> None:
    """Raises PermissionError where the agent would hang up on us: it takes nobody but root of its own user namespace,
    and with such a line the slot would be lost."""
    ours, theirs = (Path(f"/proc/{who}/ns/user").stat() for who in ("self", pid))
    if os.geteuid() != 0:
        raise PermissionError("the agent takes nobody but root")
    if not os.path.samestat(ours, theirs):
        raise PermissionError("root here is another than in the agent's user namespace")


def _enter_network_of(pid: int) -> None:
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if sys.version_info >= (3, 12):
            os.setns(namespace, os.CLONE_NEWNET)
        elif ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(namespace)
