"""Delivery by gRPC to a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from broker_gateway.application.ports import DeliveryError, Told
from broker_gateway.infrastructure.callbacks import grpc_callback
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport
from broker_gateway.infrastructure.callbacks.identification import Identification, Identifications
from coderunner.v1 import callback_pb2, callback_pb2_grpc, execution_pb2
from schemas.progress import Progress
from tests.builders import an_execution, some_progress
from tests.servers.certificates import Certificate, make_certificate

SECRET = "whsec_" + "c2VjcmV0" * 4


class Backend(callback_pb2_grpc.CallbackServiceServicer):
    """A blog's backend."""

    def __init__(self) -> None:
        self.port = 0
        self.code: grpc.StatusCode | None = None
        self.heard: list[tuple[str, str]] = []
        self.metadata: dict[str, str] = {}
        self.certificate: Certificate | None = None
        self.tls_port = 0

    async def Deliver(self, request: Any, context: Any) -> callback_pb2.DeliverResponse:
        metadata = dict(context.invocation_metadata())
        self.metadata = metadata
        self.heard.append((request.execution.id, metadata["idempotency-key"]))
        if self.code is not None:
            await context.abort(self.code, "no")
        return callback_pb2.DeliverResponse()

    async def Progress(self, request: Any, context: Any) -> callback_pb2.ProgressResponse:
        metadata = dict(context.invocation_metadata())
        self.heard.append((str(request.progress.sequence), metadata["idempotency-key"]))
        if self.code is not None:
            await context.abort(self.code, "no")
        return callback_pb2.ProgressResponse()


@pytest_asyncio.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    served = Backend()
    served.certificate = make_certificate(tmp_path)
    pair = served.certificate.key.read_bytes(), served.certificate.chain.read_bytes()
    server = grpc.aio.server()
    add: Any = callback_pb2_grpc.add_CallbackServiceServicer_to_server
    add(served, server)
    served.port = server.add_insecure_port("127.0.0.1:0")
    served.tls_port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    await server.start()
    yield served
    await server.stop(None)


def message(told: Told) -> execution_pb2.Execution | callback_pb2.Progress:
    if isinstance(told, Progress):
        return callback_pb2.Progress(sequence=told.sequence)
    return execution_pb2.Execution(id=told.id)


def transport(*allowed: str, timeout_s: float = 5, **more: Any) -> GrpcCallbackTransport:
    guard = AddressGuard(allowed)
    return GrpcCallbackTransport(guard, message, timeout_s=timeout_s, user_agent="coderunner/test", **more)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_backend_is_told_with_the_idempotency_key(backend: Backend, host: str) -> None:
    callbacks = transport("127.0.0.0/8")
    await callbacks.deliver(f"grpc://{host}:{backend.port}", an_execution("a"), "a")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


async def test_anything_but_ok_is_worth_another_try(backend: Backend) -> None:
    backend.code = grpc.StatusCode.INTERNAL
    callbacks = transport("127.0.0.0/8")
    with pytest.raises(DeliveryError, match="INTERNAL") as refusal:
        await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", an_execution("a"), "a")
    assert not refusal.value.permanent
    await callbacks.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "0.0.0.0"])
async def test_no_spelling_of_the_loopback_address_is_called(backend: Backend, host: str) -> None:
    callbacks = transport()
    with pytest.raises(DeliveryError) as refusal:
        await callbacks.deliver(f"grpc://{host}:{backend.port}", an_execution("a"), "a")
    assert refusal.value.permanent
    assert backend.heard == []
    await callbacks.close()


async def test_a_proxy_in_the_environment_is_not_used(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    callbacks = transport("127.0.0.0/8")
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", an_execution("a"), "a")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


async def test_a_backend_with_a_certificate_that_is_trusted_is_told_over_tls(backend: Backend) -> None:
    assert backend.certificate is not None
    callbacks = transport("127.0.0.0/8", ca_file=str(backend.certificate.chain))
    await callbacks.deliver(f"grpcs://localhost:{backend.tls_port}", an_execution("a"), "a")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


@pytest.mark.parametrize(("host", "is_trusted"), [("localhost", False), ("127.0.0.1", True)])
async def test_a_certificate_of_a_stranger_or_for_another_name_is_worth_another_try_and_told_nothing(
    backend: Backend, host: str, is_trusted: bool
) -> None:
    assert backend.certificate is not None
    callbacks = transport("127.0.0.0/8", ca_file=str(backend.certificate.chain) if is_trusted else "")
    with pytest.raises(DeliveryError, match="UNAVAILABLE") as refusal:
        await callbacks.deliver(f"grpcs://{host}:{backend.tls_port}", an_execution("a"), "a")
    assert not refusal.value.permanent
    assert backend.heard == []
    await callbacks.close()


async def test_tls_is_never_left_out_where_it_was_asked_for(backend: Backend) -> None:
    callbacks = transport("127.0.0.0/8", timeout_s=1)
    await callbacks.deliver(f"grpc://localhost:{backend.port}", an_execution("a"), "a")
    with pytest.raises(DeliveryError):
        await callbacks.deliver(f"grpcs://localhost:{backend.port}", an_execution("b"), "b")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


async def test_the_request_is_signed_and_carries_the_clients_headers(backend: Backend) -> None:
    blog = Identification.of([SECRET], {"Authorization": "Bearer b"})
    callbacks = transport("127.0.0.0/8", identifications=Identifications(None, {"blog": blog}))
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", an_execution("a"), "a-7", client="blog")
    sent = backend.metadata
    assert sent["authorization"] == "Bearer b"
    assert sent["webhook-id"] == "a-7"
    body = callback_pb2.DeliverRequest(execution=execution_pb2.Execution(id="a")).SerializeToString()
    Webhook(SECRET).verify(body, sent, json_parse=False)
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", an_execution("a"), "a", client="shop")
    assert not {"authorization", "webhook-signature"} & set(backend.metadata)
    await callbacks.close()


async def test_the_header_values_that_a_task_named_are_metadata(backend: Backend) -> None:
    known = Identifications(sets={"blog": {"shop-a": {"X-Shop": "of a"}}})
    callbacks = transport("127.0.0.0/8", identifications=known)
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", an_execution("a"), "a", client="blog", headers="shop-a")
    assert backend.metadata["x-shop"] == "of a"
    await callbacks.close()


async def test_channels_are_kept_and_bounded(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_callback, "MAX_CHANNELS", 2)
    callbacks = transport("127.0.0.0/8")
    hosts = ["127.0.0.1", "localhost", "127.0.0.1", "LOCALHOST", "127.1"]
    for host in hosts:
        await callbacks.deliver(f"grpc://{host}:{backend.port}", an_execution("a"), "a")
        assert len(callbacks._channels) <= 2
    assert len(backend.heard) == len(hosts)
    await callbacks.close()


async def test_an_answer_that_is_too_long_is_not_taken() -> None:
    class Long(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
        def service(self, _: Any) -> Any:
            async def answer(_request: bytes, _context: Any) -> bytes:
                return b"\x0a\xff\xff\x3f" + b"x" * 0xFFFFF  # a field that nobody knows

            return grpc.unary_unary_rpc_method_handler(answer)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Long(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    callbacks = transport("127.0.0.0/8")
    with pytest.raises(DeliveryError, match="RESOURCE_EXHAUSTED"):
        await callbacks.deliver(f"grpc://127.0.0.1:{port}", an_execution("a"), "a")
    await callbacks.close()
    await server.stop(None)


async def test_progress_is_a_call_of_its_own(backend: Backend) -> None:
    callbacks = transport("127.0.0.0/8")
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", some_progress(case=4).progress, "a.5")
    assert backend.heard == [("5", "a.5")]
    await callbacks.close()


@pytest.mark.parametrize(
    ("code", "permanent"), [(grpc.StatusCode.UNIMPLEMENTED, True), (grpc.StatusCode.UNAVAILABLE, False)]
)
async def test_a_backend_that_knows_no_progress_is_not_asked_again_and_its_results_are(
    backend: Backend, code: grpc.StatusCode, permanent: bool
) -> None:
    callbacks = transport("127.0.0.0/8")
    backend.code = code
    for told, is_final in ((some_progress().progress, permanent), (an_execution("a"), False)):
        with pytest.raises(DeliveryError) as refusal:
            await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", told, "a")
        assert refusal.value.permanent is is_final
    await callbacks.close()
