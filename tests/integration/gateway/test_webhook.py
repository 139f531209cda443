"""Delivery by HTTP to real endpoints on the loopback interface."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from standardwebhooks import Webhook

from broker_gateway.application.ports import DeliveryError
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.identification import Identification, Identifications
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from schemas.status import Status
from tests.builders import an_execution
from tests.servers.certificates import make_certificate

SECRET = "whsec_" + "c2VjcmV0" * 4
LOOPBACK = AddressGuard(["127.0.0.0/8"])


@dataclass
class Endpoint:
    """Answers as told; keeps what it was sent."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    port: int = 0
    requests: list[tuple[web.Request, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        return await self.answer(request)


async def accept(_: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


def answering(status: int, **headers: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return answer


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    served = Endpoint(accept)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.port = runner.addresses[0][1]
    yield served
    await runner.cleanup()


@pytest_asyncio.fixture
async def transport() -> AsyncIterator[WebhookTransport]:
    blog = Identification.of([], {"Authorization": "Bearer b", "X-Blog": "7"})
    known = Identifications(Identification.of([SECRET], {}), {"blog": blog})
    made = WebhookTransport(LOOPBACK, timeout_s=5, user_agent="coderunner/test", identifications=known)
    yield made
    await made.close()


async def refused(transport: WebhookTransport, url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as refusal:
        await transport.deliver(url, an_execution("a"), "a")
    return refusal.value


async def test_the_execution_is_posted_as_json_with_the_protos_names(
    transport: WebhookTransport, endpoint: Endpoint
) -> None:
    await transport.deliver(endpoint.url, an_execution("a", Status.FAILED, error="Größe"), "a")
    ((request, _),) = endpoint.requests
    assert (request.method, request.path) == ("POST", "/done")
    assert request.headers["Idempotency-Key"] == "a"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "coderunner/test"
    body = await request.json()
    assert body["status"] == "FAILED"
    assert body["error"] == "Größe"
    assert body["run"]["peak_memory_bytes"] == 8 << 20
    assert body["finished_at_ms"] == 1050
    assert body["run"]["stdout"] == "42\n"


async def test_the_signature_is_a_standard_webhook(transport: WebhookTransport, endpoint: Endpoint) -> None:
    await transport.deliver(endpoint.url, an_execution("a"), "a")
    ((request, body),) = endpoint.requests
    assert Webhook(SECRET).verify(body, dict(request.headers))["id"] == "a"
    assert request.headers["webhook-id"] == "a"


async def test_a_clients_own_headers_go_with_its_callbacks_and_no_others(
    transport: WebhookTransport, endpoint: Endpoint
) -> None:
    for client in ("blog", "shop"):
        await transport.deliver(endpoint.url, an_execution("a"), "a", client=client)
    (of_blog, _), (of_shop, _) = endpoint.requests
    assert (of_blog.headers["Authorization"], of_blog.headers["X-Blog"]) == ("Bearer b", "7")
    assert "webhook-signature" not in of_blog.headers
    assert "Authorization" not in of_shop.headers
    assert "webhook-signature" in of_shop.headers


async def test_the_header_values_that_a_task_named_go_with_its_callback(endpoint: Endpoint) -> None:
    known = Identifications(sets={"blog": {"shop-a": {"X-Shop": "of a"}}})
    transport = WebhookTransport(LOOPBACK, timeout_s=5, user_agent="coderunner/test", identifications=known)
    await transport.deliver(endpoint.url, an_execution("a"), "a", client="blog", headers="shop-a")
    with pytest.raises(DeliveryError, match="no header values named shop-b") as refusal:
        await transport.deliver(endpoint.url, an_execution("a"), "a", client="blog", headers="shop-b")
    assert not refusal.value.was_made
    assert [request.headers["X-Shop"] for request, _ in endpoint.requests] == ["of a"]
    await transport.close()


async def test_an_endpoint_whose_certificate_is_of_an_authority_that_is_trusted_is_called_and_no_other(
    tmp_path: Path,
) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    app = web.Application()
    app.router.add_post("/done", accept)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://localhost:{runner.addresses[0][1]}/done"
    trusting, usual = (
        WebhookTransport(LOOPBACK, timeout_s=5, user_agent="coderunner/test", ca_file=file)
        for file in (str(certificate.chain), "")
    )
    await trusting.deliver(url, an_execution("a"), "a")
    assert not (await refused(usual, url)).permanent
    assert not (await refused(trusting, url.replace("localhost", "127.0.0.1"))).permanent  # it is for the name
    for one in (trusting, usual):
        await one.close()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(status, True) for status in (301, 302, 304, 307, 400, 404, 410)]
    + [(status, False) for status in (408, 425, 429, 500, 503)],
)
async def test_only_2xx_is_delivered_and_redirects_and_client_errors_are_permanent(
    transport: WebhookTransport, endpoint: Endpoint, status: int, permanent: bool
) -> None:
    endpoint.answer = answering(status)
    error = await refused(transport, endpoint.url)
    assert error.permanent is permanent
    assert str(status) in str(error)


async def test_an_endpoint_says_how_long_it_wants_to_be_left_alone(
    transport: WebhookTransport, endpoint: Endpoint
) -> None:
    endpoint.answer = answering(503, **{"Retry-After": "17"})
    assert (await refused(transport, endpoint.url)).retry_after_s == 17


async def test_an_attempt_may_have_less_time_than_the_transport_grants(
    transport: WebhookTransport, endpoint: Endpoint
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    endpoint.answer = never
    with pytest.raises(DeliveryError, match=r"no answer within 0\.05 s"):
        await transport.deliver(endpoint.url, an_execution("a"), "a", timeout_s=0.05)


async def test_a_redirect_is_not_followed(transport: WebhookTransport, endpoint: Endpoint) -> None:
    endpoint.answer = answering(307, Location=f"http://127.0.0.1:{endpoint.port}/inside")
    await refused(transport, endpoint.url)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
async def test_no_spelling_of_the_loopback_address_is_called(endpoint: Endpoint, host: str) -> None:
    transport = WebhookTransport(AddressGuard(), timeout_s=5, user_agent="coderunner/test")
    error = await refused(transport, f"http://{host}:{endpoint.port}/")
    assert error.permanent
    assert endpoint.requests == []
    await transport.close()


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1/"]
)
async def test_metadata_and_private_addresses_are_not_called(url: str) -> None:
    transport = WebhookTransport(AddressGuard(), timeout_s=5, user_agent="coderunner/test")
    assert (await refused(transport, url)).permanent
    await transport.close()


async def test_a_name_that_changes_its_address_after_the_check_is_not_called(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket itself is guarded, whatever the resolver said."""
    guard = AddressGuard()
    transport = WebhookTransport(guard, timeout_s=5, user_agent="coderunner/test")

    async def rebound(_host: str, _port: int) -> list[tuple[socket.AddressFamily, str]]:
        return [(socket.AF_INET, "127.0.0.1")]

    monkeypatch.setattr(guard, "resolve", rebound)
    await refused(transport, f"http://example.org:{endpoint.port}/")
    assert endpoint.requests == []
    await transport.close()


@pytest.mark.parametrize("url", ["http:///?token=hush", "http://h:hush/", "http://[hush]/", "mailto:hush"])
async def test_what_is_wrong_with_a_url_is_told_without_it(transport: WebhookTransport, url: str) -> None:
    assert "hush" not in str(await refused(transport, url))


async def test_an_endpoint_that_does_not_answer_in_time_is_worth_another_try(endpoint: Endpoint) -> None:
    asked = asyncio.Event()

    async def never(_: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.sleep(60)
        return web.Response()

    endpoint.answer = never
    transport = WebhookTransport(LOOPBACK, timeout_s=0.2, user_agent="coderunner/test")
    error = await refused(transport, endpoint.url)
    assert not error.permanent
    assert asked.is_set()
    await transport.close()


async def test_an_endless_answer_is_not_read(transport: WebhookTransport, endpoint: Endpoint) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        finally:
            ended.set()

    endpoint.answer = endless
    await transport.deliver(endpoint.url, an_execution("a"), "a")
    async with asyncio.timeout(5):
        await ended.wait()


async def test_an_answer_with_a_header_without_end_is_worth_another_try(
    transport: WebhookTransport, endpoint: Endpoint
) -> None:
    endpoint.answer = answering(200, **{"X-Long": "x" * 100_000})
    assert not (await refused(transport, endpoint.url)).permanent


async def test_a_refused_connection_is_worth_another_try(transport: WebhookTransport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = await refused(transport, f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert not error.permanent


async def test_a_name_that_does_not_resolve_is_worth_another_try(transport: WebhookTransport) -> None:
    assert not (await refused(transport, "http://nobody.invalid/")).permanent


async def test_a_connection_is_used_again(transport: WebhookTransport, endpoint: Endpoint) -> None:
    for _ in range(3):
        await transport.deliver(endpoint.url, an_execution("a"), "a")
    peers = {request.transport and request.transport.get_extra_info("peername") for request, _ in endpoint.requests}
    assert len(peers) == 1
