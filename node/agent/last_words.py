"""The end of a warm program, told before the kernel has taken its memory apart: milliseconds for a large interpreter.

The very last thing that an interpreter does which has waited for its program is to send ``E`` and its exit code (u8) to
our abstract socket. The kernel says who sent it, and only the program's main process is heard: whatever in it wrote
that, it is ended like one that has called exit.
"""

from __future__ import annotations

import socket
import struct

ADDRESS = b"\0coderunner-agent"
_SIZE = 2
_MARK = b"E"
_CREDENTIALS = struct.Struct("iII")
"""``struct ucred`` (unix(7)): pid, uid, gid."""


class LastWords:
    """Nothing that is sent here costs more than one look: see ``Agent._hear``."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(ADDRESS)
        self.fd = self._socket.fileno()

    def read(self) -> tuple[int, int] | None:
        """Pid and exit code of who ends; None for anything else."""
        try:
            words, ancillary, _, _ = self._socket.recvmsg(_SIZE + 1, socket.CMSG_SPACE(_CREDENTIALS.size))
        except BlockingIOError:
            return None
        sender = next((data for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), b"")
        if len(words) != _SIZE or words[:1] != _MARK or len(sender) != _CREDENTIALS.size:
            return None
        return _CREDENTIALS.unpack(sender)[0], words[1]

    def forget(self) -> None:
        """Throws away what is still there, when nobody is left who could send more."""
        while True:
            try:
                self._socket.recv(_SIZE)
            except BlockingIOError:
                return
