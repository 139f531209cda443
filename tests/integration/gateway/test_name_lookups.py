"""Callbacks to names whose servers say nothing: each holds a thread of the resolver, and nobody else may feel it."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from broker_gateway.application.ports import CallbackTransport, DeliveryError
from broker_gateway.infrastructure.callbacks import submitted
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport
from broker_gateway.infrastructure.callbacks.name_lookups import AT_ONCE, CALLED_FOR, NameLookups
from broker_gateway.infrastructure.callbacks.submitted import SubmittedAddresses
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from broker_gateway.interfaces.progress_mapping import told_message
from tests.builders import an_execution
from tests.fakes.callback_endpoint import CallbackEndpoint

SILENT = ".silent.example"
PATIENCE_S = 5.0


@pytest.fixture(autouse=True)
def released(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The names under ``SILENT`` have no answer until it is set."""
    release, ask = threading.Event(), socket.getaddrinfo

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        if not host.endswith(SILENT):
            return ask(host, *rest, **more)
        release.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield release
    release.set()


@pytest.fixture
def guard() -> AddressGuard:
    return AddressGuard(["127.0.0.0/8"])


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[CallbackEndpoint]:
    async with CallbackEndpoint() as served:
        yield served


@pytest.fixture(params=["http", "grpc"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def transport(guard: AddressGuard, scheme: str) -> AsyncIterator[CallbackTransport]:
    kinds = {
        "http": lambda: WebhookTransport(guard, timeout_s=PATIENCE_S, user_agent="coderunner/test"),
        "grpc": lambda: GrpcCallbackTransport(guard, told_message, timeout_s=PATIENCE_S, user_agent="coderunner/test"),
    }
    made: Any = kinds[scheme]()
    yield made
    await made.close()


async def in_vain(transport: CallbackTransport, url: str) -> None:
    with pytest.raises((DeliveryError, TimeoutError)):
        async with asyncio.timeout(0.2):
            await transport.deliver(url, an_execution("a"), "a", client="theirs")


async def test_names_that_hang_delay_no_other_clients_callbacks_and_no_other_work(
    transport: CallbackTransport, scheme: str, endpoint: CallbackEndpoint
) -> None:
    urls = [f"{scheme}://n{number}{SILENT}:8080" for number in range(2 * AT_ONCE)]
    await asyncio.gather(*(in_vain(transport, url) for url in urls))
    url = (endpoint.url if scheme == "http" else endpoint.grpc_url).replace("127.0.0.1", "localhost")
    async with asyncio.timeout(PATIENCE_S):
        await transport.deliver(url, an_execution("b"), "b", client="ours")
        await asyncio.to_thread(int)
    assert set(endpoint.deliveries) == {"b"}


async def test_names_that_hang_when_they_are_submitted_take_nothing_from_the_calls(
    guard: AddressGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitted, "PATIENCE_S", 0.02)
    addresses = SubmittedAddresses(guard)
    for number in range(2 * AT_ONCE // submitted.AT_ONCE):
        hosts = (f"n{number}-{one}{SILENT}" for one in range(submitted.AT_ONCE))
        assert set(await asyncio.gather(*(addresses.refusal(f"http://{host}/") for host in hosts))) == {""}
    CALLED_FOR.set("blog")
    async with asyncio.timeout(PATIENCE_S):
        assert await guard.resolve("127.0.0.1", 80)


async def test_a_look_up_that_was_called_off_keeps_its_turn_until_its_thread_is_free(
    released: threading.Event,
) -> None:
    names, faults = NameLookups(2), list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
    CALLED_FOR.set("theirs")
    for number in range(4):  # the first has a thread, the others leave their places in the queue
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await names.addresses(f"n{number}{SILENT}", 80)
    assert names._shares.held("theirs") == 1
    released.set()
    await asyncio.wait(list(names._under_way))
    gc.collect()
    assert not faults, "what it came to was looked at"
    assert names._shares.held("theirs") == 0
    assert await names.addresses("127.0.0.1", 80) == [(socket.AF_INET, "127.0.0.1")]
