"""A program that delivers a webhook to a name whose addresses change between two look-ups. It runs in a network and a
mount namespace of its own, where this machine's resolver asks the name server that it starts; it prints what became of
each delivery, and how many connections the endpoint
on the loopback had, and how often the name was asked for."""

from __future__ import annotations

import asyncio
import struct
import sys
from ipaddress import ip_address
from typing import Any

from broker_gateway.application.ports import DeliveryError
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from coderunner.v1 import execution_pb2
from tests.builders import an_execution

A, AAAA, IN = 1, 28, 1
HEADER_BYTES = 12


class NameServer(asyncio.DatagramProtocol):
    """Answers each question for addresses with the next of ``turns``; the last one stays."""

    def __init__(self, turns: list[list[str]]) -> None:
        self._turns = turns
        self.asked = {A: 0, AAAA: 0}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, where: object) -> None:
        end = data.index(0, HEADER_BYTES) + 5
        question = data[HEADER_BYTES:end]
        (kind,) = struct.unpack(">H", question[-4:-2])
        turn = self._turns[min(self.asked.get(kind, 0), len(self._turns) - 1)]
        self.asked[kind] = self.asked.get(kind, 0) + 1
        found = [ip_address(text).packed for text in turn if (A if "." in text and ":" not in text else AAAA) == kind]
        records = b"".join(struct.pack(">HHHIH", 0xC00C, kind, IN, 0, len(one)) + one for one in found)
        header = data[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0)
        self._transport.sendto(header + question + records, where)


async def deliver(scheme: str, port: int) -> str:
    guard, agent = AddressGuard(), "coderunner/test"
    grpc_callbacks = GrpcCallbackTransport(
        guard, lambda _: execution_pb2.Execution(id="a"), timeout_s=2, user_agent=agent
    )
    webhooks = WebhookTransport(guard, timeout_s=2, user_agent=agent)
    transport = webhooks if scheme == "http" else grpc_callbacks
    try:
        await transport.deliver(f"{scheme}://rebinding.example:{port}", an_execution("a"), "a")
    except DeliveryError as error:
        return "refused" if error.permanent else "not reached"
    finally:
        await webhooks.close()
        await grpc_callbacks.close()
    return "delivered"


async def main(scheme: str, turns: list[list[str]]) -> None:
    requests: list[str] = []
    server = await asyncio.start_server(lambda _reader, _writer: requests.append("one"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names = NameServer(turns)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: names, ("127.0.0.1", 53))
    for _ in turns:
        print(await deliver(scheme, port))
    print(len(requests))
    print(names.asked[A])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [turn.split(",") for turn in sys.argv[2:]]))
