"""Whether a loopback port is free, and who has it if not."""

from __future__ import annotations

import socket
from pathlib import Path

from dev.console import SetupError

_LISTEN = "0A"


def require_free(port: int, wanted_by: str) -> None:
    """Returns if the port is free. Raises SetupError with the name of the program that listens there."""
    if is_free(port):
        return
    raise SetupError(f"Port {port}, which {wanted_by} needs, is taken by {holder(port)}: stop it and try again.")


def is_free(port: int) -> bool:
    """True if a server may listen there, on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def holder(port: int) -> str:
    """Name and pid of the program that listens there, or "another program" where that cannot be seen."""
    for inode in _listening_sockets(port):
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                if link.readlink() == Path(f"socket:[{inode}]"):
                    process = link.parents[1]
                    return f"{(process / 'comm').read_text(encoding='utf-8').strip()} (pid {process.name})"
            except OSError:  # it ended, or is somebody else's
                continue
    return "another program"


def _listening_sockets(port: int) -> list[str]:
    inodes = []
    for table in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.append(fields[9])
    return inodes
