"""What the relay relies on, of the fake as of all real transports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from broker_gateway.application.ports import CallbackTransport, DeliveryError
from broker_gateway.domain.callback_url import JUDGE0
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport
from broker_gateway.infrastructure.callbacks.webhook import WebhookForm, WebhookTransport
from broker_gateway.interfaces.http.judge0.telling import told_submission
from broker_gateway.interfaces.progress_mapping import told_message
from schemas.execution import Execution
from tests.builders import an_execution
from tests.contracts.implementations import MEMORY, picked
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.fakes.callbacks import MemoryTransport, refused

GUARD = AddressGuard(["127.0.0.0/8"])


@dataclass
class Parts:
    """A transport, and an endpoint that it can reach."""

    transport: CallbackTransport
    url: str
    forbidden_url: str
    """Of an address that callbacks may not reach."""
    set_busy: Callable[[bool], None]
    """The endpoint takes nothing, or it takes what comes."""
    taken: Callable[[], list[tuple[str, str]]]
    """Idempotency key and task id of each execution that the endpoint took."""


@pytest.fixture
def memory_parts() -> Parts:
    transport = MemoryTransport()
    url, forbidden = "http://blog.example/done", "http://10.0.0.1/done"
    transport.answers[forbidden] = [refused("forbidden", permanent=True)]

    def set_busy(is_busy: bool) -> None:
        transport.answers[url] = [refused() for _ in range(9)] if is_busy else []

    def taken() -> list[tuple[str, str]]:
        return [(key, told.id) for _, told, key in transport.delivered if isinstance(told, Execution)]

    return Parts(transport, url, forbidden, set_busy, taken)


@pytest_asyncio.fixture
async def http_parts() -> AsyncIterator[Parts]:
    transport = WebhookTransport(GUARD, timeout_s=5, user_agent="coderunner/test")
    async with CallbackEndpoint() as endpoint:
        yield of_endpoint(transport, endpoint, endpoint.url, "http://10.0.0.1/done")
        await transport.close()


@pytest_asyncio.fixture
async def judge0_parts() -> AsyncIterator[Parts]:
    form = WebhookForm("PUT", told_submission, JUDGE0)
    transport = WebhookTransport(GUARD, timeout_s=5, user_agent="coderunner/test", form=form)
    async with CallbackEndpoint() as endpoint:
        yield of_endpoint(transport, endpoint, JUDGE0 + endpoint.url, f"{JUDGE0}http://10.0.0.1/done")
        await transport.close()


@pytest_asyncio.fixture
async def grpc_parts() -> AsyncIterator[Parts]:
    transport = GrpcCallbackTransport(GUARD, told_message, timeout_s=5, user_agent="coderunner/test")
    async with CallbackEndpoint() as endpoint:
        yield of_endpoint(transport, endpoint, endpoint.grpc_url, "grpc://10.0.0.1:50051")
        await transport.close()


def of_endpoint(transport: CallbackTransport, endpoint: CallbackEndpoint, url: str, forbidden_url: str) -> Parts:
    def set_busy(is_busy: bool) -> None:
        endpoint.is_busy = is_busy

    def taken() -> list[tuple[str, str]]:
        return [(key, task_id) for key, took in endpoint.deliveries.items() for task_id, _ in took]

    return Parts(transport, url, forbidden_url, set_busy, taken)


@pytest.fixture(params=[MEMORY, "http", "judge0", "grpc"])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_an_endpoint_has_the_execution_and_its_key_when_the_delivery_returns(parts: Parts) -> None:
    await parts.transport.deliver(parts.url, an_execution("a"), "key-1")
    assert parts.taken() == [("key-1", "a")]


async def test_what_a_busy_endpoint_does_not_take_is_worth_another_try(parts: Parts) -> None:
    parts.set_busy(True)
    with pytest.raises(DeliveryError) as refusal:
        await parts.transport.deliver(parts.url, an_execution("a"), "key-1")
    assert not refusal.value.permanent
    parts.set_busy(False)
    await parts.transport.deliver(parts.url, an_execution("a"), "key-1")
    assert parts.taken() == [("key-1", "a")]


async def test_where_an_endpoint_may_not_be_reached_another_try_cannot_help(parts: Parts) -> None:
    with pytest.raises(DeliveryError) as refusal:
        await parts.transport.deliver(parts.forbidden_url, an_execution("a"), "key-1")
    assert refusal.value.permanent
    assert parts.taken() == []


async def test_deliveries_to_one_endpoint_may_be_under_way_together(parts: Parts) -> None:
    ids = [f"t{number}" for number in range(8)]
    await asyncio.gather(*(parts.transport.deliver(parts.url, an_execution(one), one) for one in ids))
    assert sorted(parts.taken()) == [(one, one) for one in ids]
