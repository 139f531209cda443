"""The handshake and the frames of WebSockets (RFC 6455), as ``websockets`` reads them, and what one may cost.

No extension is offered: what is compressed may be a thousand times as large as what was sent."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from websockets.datastructures import Headers
from websockets.frames import CTRL_OPCODES, Frame
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

_SILENT = logging.getLogger(f"{__name__}.peers")
_SILENT.setLevel(logging.CRITICAL + 1)
"""The library's own lines: several for each connection, which anybody may open."""


@dataclass(frozen=True, slots=True)
class SocketBounds:
    """What one WebSocket may cost."""

    first_bytes: int = (4 << 20) + (64 << 10)
    """Of the first message, which may hold a whole task."""
    message_bytes: int = 512 << 10
    """Of any later one."""
    message_s: float = 30.0
    """Within which a message is there, once it has begun."""
    pings_per_s: int = 100
    """And other frames that say nothing."""
    beat_s: float = 20.0
    """A peer is asked so often whether it is there; one of which nothing is heard between two questions is not."""
    close_s: float = 5.0
    """Within which a peer that was told the end closes."""
    unread_s: float = 30.0
    """How long a peer may leave what it is sent unread."""


_FRAGMENT_BYTES = 128
"""A smaller piece of a message that goes on says next to nothing."""


class HandshakeError(ValueError):
    """What was asked is no handshake. ``response``: what its peer is told."""

    def __init__(self, response: bytes) -> None:
        super().__init__("no handshake of a WebSocket")
        self.response = response


class Frames(ServerProtocol):
    """The reader of frames, for whom a message after the first one may be less."""

    def __init__(self, bounds: SocketBounds) -> None:
        super().__init__(state=State.OPEN, max_size=bounds.first_bytes, logger=_SILENT)
        self._later_bytes = bounds.message_bytes
        self._pings_per_s = bounds.pings_per_s
        self._pings, self._pings_until = 0, 0.0

    def recv_frame(self, frame: Frame) -> None:
        super().recv_frame(frame)
        if frame.fin and frame.opcode not in CTRL_OPCODES:
            self.max_message_size = self._later_bytes

    def is_flood(self, frame: Frame, now: float) -> bool:
        """Whether the frame, and too many others of this second, say nothing."""
        is_whole = frame.fin or len(frame.data) >= _FRAGMENT_BYTES
        if frame.data and is_whole and frame.opcode not in CTRL_OPCODES:
            return False
        if now >= self._pings_until:
            self._pings, self._pings_until = 0, now + 1
        self._pings += 1
        return self._pings > self._pings_per_s


def handshake(scope: dict[str, Any]) -> Response:
    """The answer that opens it. Raises HandshakeError."""
    headers = Headers()
    for name, value in scope["headers"]:
        headers[name.decode("latin-1")] = value.decode("latin-1")
    response = ServerProtocol(logger=_SILENT).accept(Request("/", headers))
    if response.status_code != 101:
        raise HandshakeError(response.serialize())
    return response
