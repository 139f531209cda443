"""The HTTP endpoints, sent what is HTTP and what is not: whatever it was, the next probe is answered."""

from __future__ import annotations

import socket

from hypothesis import given
from hypothesis import strategies as st

from tests.integration.abuse.hostile_messages import with_faults
from tests.integration.abuse.hunting import hunting
from tests.integration.abuse.target import Target

_REQUESTS = (
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"GET /" + b"%2e%2e/" * 2_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n" * 200,
)
_ANSWER_S = 0.2


async def test_no_request_keeps_the_next_from_its_answer(target: Target) -> None:
    @hunting(60)
    @given(st.one_of(st.sampled_from(_REQUESTS).flatmap(with_faults), st.binary(max_size=300)))
    def fuzzed(said: bytes) -> None:
        for daemon in target.daemons:
            _say(daemon.http_port, said)

    fuzzed()
    await target.works()


def _say(port: int, said: bytes) -> None:
    """Whether or not it is answered, or even read to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S) as client:
        try:
            client.sendall(said)
            client.shutdown(socket.SHUT_WR)
            client.recv(65_536)
        except OSError:
            return
