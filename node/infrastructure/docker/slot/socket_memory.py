"""The bound on the memory of a container's TCP and UDP sockets, where that does not count as the container's memory.

cgroup v2 counts it. cgroup v1 has an account of its own for it, without a limit unless somebody writes one, and the
engine does not: sockets then hold up to what the whole host may (``net.ipv4.tcp_mem``).
"""

from __future__ import annotations

from pathlib import Path

from node.infrastructure.docker.slot.cgroup import PROC, ROOT, groups_of

MAX_SOCKET_BYTES = 16 << 20
"""Of one slot, beside its memory limit: what 80 datagram sockets hold that nobody reads from."""
_LIMIT = "memory.kmem.tcp.limit_in_bytes"
"""The kernel's name; UDP counts too. Sockets made before it is written are not counted: the agent makes none."""
_COUNTED = "memory.current"


def bound_socket_memory(pid: int, root: Path = ROOT, proc: Path = PROC) -> str:
    """Bounds the sockets of the container whose first process is ``pid`` on this host. Returns why that could not be
    done; empty: they are bounded."""
    reason = "the container's control group is out of reach"
    for group, version in groups_of(pid, "memory", root, proc):
        if version == 2 and (group / _COUNTED).exists():
            return ""
        if version == 1:
            try:
                (group / _LIMIT).write_text(str(MAX_SOCKET_BYTES))
            except OSError as error:
                reason = str(error)
            else:
                return ""
    return reason
