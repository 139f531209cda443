"""What a client that keeps to no library can write to the bus: frames that the server passes on as they are."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

_ODD_TOKENS = (b"\xff", b"\x0b", b"\x0c", b"\x01", b"\x00", b"\xed\xa0\x80", b"x" * 3_000)
_ODD_HEADERS = (
    *(b"abc", b"NATS/1.0 \r\n\r\n", b"NATS/1.0\xff\r\n\r\n", b"NATS/1.0 \xff\xff\xff\xff\r\n\r\n"),
    *(b"NATS/1.0 503\r\n\r\n", b"NATS/1.0 503 \xff\xff\r\n\r\n", b"NATS/1.0 409 Consumer Deleted\r\n\r\n"),
    *(b"NATS/1.0 100 FlowControl Request\r\n\r\n", b"NATS/1.0 404 No Messages\r\nStatus: 408\r\n\r\n"),
    *(b"NATS/1.0\r\nStatus: 503\r\n\r\n", b"NATS/1.0\r\nStatus: 204\r\nNats-Num-Pending: x\r\n\r\n"),
    *(b"NATS/1.0\r\nNats-Sequence: x\r\nNats-Subject: a\r\n\r\n", b"NATS/1.0\r\nNats-Last-Consumer: x\r\n\r\n"),
    *(b"NATS/1.0\r\n\xff: \xff\r\n\r\n", b"NATS/1.0\r\n" + b"a: b\r\n" * 500 + b"\r\n"),
)
_BODIES = (b"", b"{}", b"\xff" * 20)
_ANY = b"any"


def frames(subject: str) -> Iterator[bytes]:
    """One message on the subject for each way in which it can be odd: its id, its headers, who is to be answered."""
    plain = subject.encode()
    for token in _ODD_TOKENS:
        yield published(plain.replace(_ANY, token), b"{}")
    for reply in (*_ODD_TOKENS[:5], b"$JS.ACK.a.b.x.y.z", b"$JS.API.STREAM.NAMES"):
        yield published(plain + b" " + reply, b"{}")
    for headers in _ODD_HEADERS:
        for body in _BODIES:
            yield published(plain, body, headers)


def published(subject: bytes, body: bytes, headers: bytes = b"") -> bytes:
    """One PUB or HPUB."""
    if headers:
        return b"HPUB %b %d %d\r\n%b%b\r\n" % (subject, len(headers), len(headers) + len(body), headers, body)
    return b"PUB %b %d\r\n%b\r\n" % (subject, len(body), body)


def write(port: int, user: str, password: str, written: list[bytes]) -> None:
    """Writes them all, and returns once the server has read them. Raises ConnectionError where it hangs up."""
    options = {"verbose": False, "pedantic": False, "user": user, "pass": password, "headers": True}
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client, client.makefile("rb") as lines:
        client.sendall(f"CONNECT {json.dumps(options)}\r\n".encode() + b"".join(written) + b"PING\r\n")
        while (line := lines.readline()) != b"PONG\r\n":
            if not line:
                raise ConnectionError("the server hung up")
