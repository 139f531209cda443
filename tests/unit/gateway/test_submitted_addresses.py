"""A callback that nobody will call is refused when its task is submitted, in every spelling of its address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from broker_gateway.application.commands import Invalid, SubmitTaskCommand, TaskDTO
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.submitted import AT_ONCE, KEPT, SubmittedAddresses
from tests.builders import a_draft
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes


class Guard(AddressGuard):
    """Waits with each answer until it is ``open``."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open = asyncio.Event()

    async def resolve(self, host: str, port: int) -> Sequence[tuple[socket.AddressFamily, str]]:
        self.asked.append(host)
        await self.open.wait()
        raise OSError("no such name")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://127.1:8080/x",
        "https://0x7f000001/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "grpc://10.0.0.1:50051",
        "http://localhost/",
    ],
)
async def test_an_address_that_callbacks_do_not_go_to_is_refused(url: str) -> None:
    assert "not allowed" in await SubmittedAddresses(AddressGuard()).refusal(url)
    assert await SubmittedAddresses(AddressGuard(["0.0.0.0/0", "::/0"])).refusal(url) == ""


async def test_the_field_is_named_and_nothing_is_queued() -> None:
    gateway = GatewayOnFakes(callback_refusal=SubmittedAddresses(AddressGuard()).refusal)
    refused = await gateway.submission.submit(SubmitTaskCommand("blog", a_draft(callback_url="http://10.0.0.1/")))
    assert isinstance(refused, Invalid)
    assert [one.field for one in refused.violations] == ["task.callback.url"]
    assert not gateway.bus.tasks
    taken = await gateway.submission.submit(SubmitTaskCommand("blog", a_draft(callback_url="http://93.184.216.34/")))
    assert isinstance(taken, TaskDTO)


async def test_a_flood_of_names_that_do_not_resolve_keeps_nobody_waiting_and_no_memory() -> None:
    guard = Guard()
    addresses = SubmittedAddresses(guard)
    slow = [asyncio.create_task(addresses.refusal(f"http://n{number}.example/")) for number in range(AT_ONCE)]
    await asyncio.sleep(0)
    assert await addresses.refusal("http://one-more.example/") == ""
    assert len(guard.asked) == AT_ONCE
    guard.open.set()
    assert await asyncio.gather(*slow) == [""] * AT_ONCE
    for number in range(2 * KEPT):
        await addresses.refusal(f"http://m{number}.example/")
    assert len(addresses._known) == KEPT


async def test_what_came_of_a_host_is_known_for_a_while() -> None:
    guard = Guard()
    guard.open.set()
    addresses = SubmittedAddresses(guard)
    for _ in range(3):
        await addresses.refusal("http://blog.example/")
    assert guard.asked == ["blog.example"]
