"""The agent's own system call filter, for slots in which the kernel cannot list System V objects (gVisor).

What a program leaves there would outlive it unseen, so it must not be made at all. gVisor applies no seccomp profile
of the container's either: the few of its rules that matter inside gVisor's own kernel are here too. The filter is
installed before anything else runs in the slot, and everything that ever runs in the slot inherits it.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys

_SYSV_TABLE = "/proc/sysvipc/shm"
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
_NEW_NAMESPACES = 0x7E020000
_UNIX, _INTERNET = 1, (2, 10)
"""AF_UNIX; AF_INET, AF_INET6: there is no network but an empty loopback."""
_PROTOCOLS = {1: (0, 6), 2: (0, 17)}
"""Of the Internet's sockets, by type: streams are TCP, datagrams are UDP. No others: ICMP, UDP-Lite, multipath TCP."""
_MULTIPATH_TCP = 262
_KIND_OF_SOCKET = 0xFFFFFFFF & ~0o2004000
"""The bits of a type but SOCK_NONBLOCK and SOCK_CLOEXEC."""
_ARCHITECTURES = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}
"""AUDIT_ARCH value, column in the table below."""
_REFUSED = {
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "syslog": (103, 116),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "pidfd_getfd": (438, 438),
}
_CLONE, _CLONE3 = (56, 220), 435
_SOCKET = (41, 198)
_ON_OTHERS = {"setpriority": ((141, 140), 1), "sched_setaffinity": ((203, 122), 0)}
"""Numbers, and the argument that names a process, 0 being the caller. gVisor does not ask whose that is, and what
waits in the slot hands down what was done to it."""
_NODES = {"mknod": ((133, None), 1), "mknodat": ((259, 33), 2)}
"""Numbers, and the argument that is the mode. gVisor lets everybody make device nodes, and open those of its
devices."""
_FOREIGN_CALLS = 0x40000000
"""x32 numbers its calls from here."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENT = 0, 4, 16
_ALLOW = 0x7FFF0000
_KIND_OF_NODE = 0o170000
"""The bits of a mode that say what a node is, inode(7)."""


def forbid_what_cannot_be_listed() -> None:
    """Installs the filter, but where the kernel lists System V objects. Exits where it cannot be installed or does not
    hold."""
    if os.path.exists(_SYSV_TABLE):
        return
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        sys.exit(f"agent: no system call filter for {machine}")
    _install(_program(*_ARCHITECTURES[machine]), _REFUSED["shmget"][_ARCHITECTURES[machine][1]])


def _install(program: bytes, shmget: int) -> None:
    import ctypes  # noqa: PLC0415 - costs memory that other slots need not spend

    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0) != 0:
        sys.exit(f"agent: the system call filter cannot be installed: {os.strerror(ctypes.get_errno())}")
    if libc.syscall(shmget, 0, 4096, 0o600) != -1 or ctypes.get_errno() != errno.EPERM:
        sys.exit("agent: the system call filter does not hold")


def _program(architecture: int, column: int) -> bytes:
    """Classic BPF (seccomp(2)); every rule falls through to the next."""
    refuse = _step(_RETURN, 0x00050000 | errno.EPERM)
    steps = [_step(_LOAD, _AT_ARCHITECTURE), _step(_EQUAL, architecture, 1, 0), refuse, _step(_LOAD, _AT_NUMBER)]
    steps += [_step(_AT_LEAST, _FOREIGN_CALLS, 0, 1), refuse]
    for numbers in _REFUSED.values():
        steps += [_step(_EQUAL, numbers[column], 0, 1), refuse]
    # clone3 keeps its flags where no filter sees them; ENOSYS makes the C library use clone.
    steps += [_step(_EQUAL, _CLONE3, 0, 1), _step(_RETURN, 0x00050000 | errno.ENOSYS)]
    allow = _step(_RETURN, _ALLOW)
    for numbers, argument in _ON_OTHERS.values():
        steps += _for(numbers[column], argument, [_step(_EQUAL, 0, 1, 0), refuse, allow])
    devices = [step for kind in (stat.S_IFCHR, stat.S_IFBLK) for step in (_step(_EQUAL, kind, 0, 1), refuse)]
    for mknods, argument in _NODES.values():
        steps += _for(mknods[column], argument, [_step(_AND, _KIND_OF_NODE), *devices, allow])
    steps += [_step(_EQUAL, _CLONE[column], 0, 4), _step(_LOAD, _AT_ARGUMENT)]
    steps += [_step(_ANY_BIT, _NEW_NAMESPACES, 0, 1), refuse, allow]
    steps += _for(_SOCKET[column], 0, _checks_of_sockets(refuse, allow))
    return b"".join([*steps, allow])


def _checks_of_sockets(refuse: bytes, allow: bytes) -> list[bytes]:
    """Of socket(2), whose family is loaded. Go stops asking for multipath TCP when it hears EPROTONOSUPPORT."""
    ipv4, ipv6 = _INTERNET
    steps = [_step(_EQUAL, _UNIX, 0, 1), allow, _step(_EQUAL, ipv4, 2, 0), _step(_EQUAL, ipv6, 1, 0), refuse]
    steps += [_step(_LOAD, _AT_ARGUMENT + 8), _step(_AND, _KIND_OF_SOCKET)]
    for kind, protocols in _PROTOCOLS.items():
        checks = [step for protocol in protocols for step in (_step(_EQUAL, protocol, 0, 1), allow)]
        checks += [_step(_EQUAL, _MULTIPATH_TCP, 0, 1), _step(_RETURN, 0x00050000 | errno.EPROTONOSUPPORT), refuse]
        steps += [_step(_EQUAL, kind, 0, len(checks) + 1), _step(_LOAD, _AT_ARGUMENT + 16), *checks]
    return [*steps, refuse]


def _for(number: int | None, argument: int, checks: list[bytes]) -> list[bytes]:
    """``checks`` of one argument (its low half) of one call; they end with a return. Nothing where the machine has no
    such call."""
    if number is None:
        return []
    return [_step(_EQUAL, number, 0, len(checks) + 1), _step(_LOAD, _AT_ARGUMENT + 8 * argument), *checks]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
