"""Last words: the exit notice of a warm program, which comes before the kernel has taken its memory apart: milliseconds
for a large interpreter (``docs/adr/0007-the-end-before-the-memory-is-gone.md``).

The very last thing that an interpreter does which has waited for its program is to send ``E`` and its exit code (u8) to
the agent's abstract socket. The kernel says who sent it, and only the program's main process is heard: whatever in it
wrote that, it is ended like one that has called exit.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

ADDRESS = b"\0coderunner-agent"
_SIZE = 2
_MARK = b"E"
_CREDENTIALS = struct.Struct("iII")
"""``struct ucred`` (unix(7)): pid, uid, gid."""


class LastWords:
    """The socket that receives exit notices. Nothing that is sent there costs more than one read: see ``Agent``."""

    def __init__(self, address: bytes = ADDRESS) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(address)
        self.fd = self._socket.fileno()

    def read(self) -> tuple[int, int] | None:
        """Pid and exit code from the next exit notice; None where there is none, or something else."""
        try:
            message, ancillary, _, _ = self._socket.recvmsg(_SIZE + 1, socket.CMSG_SPACE(_CREDENTIALS.size))
        except BlockingIOError:
            return None
        return parse(message, ancillary)

    def discard(self) -> None:
        """Throws away what is still there, when nobody is left who could send more."""
        while True:
            try:
                self._socket.recv(_SIZE)
            except BlockingIOError:
                return

    def close(self) -> None:
        self._socket.close()


def parse(message: bytes, ancillary: Iterable[tuple[int, int, bytes]]) -> tuple[int, int] | None:
    """The sender's pid and the exit code; None for anything that is not an exit notice with the kernel's
    credentials."""
    sender = next((data for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), b"")
    if len(message) != _SIZE or message[:1] != _MARK or len(sender) != _CREDENTIALS.size:
        return None
    return _CREDENTIALS.unpack(sender)[0], message[1]
