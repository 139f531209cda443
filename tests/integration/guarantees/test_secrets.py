"""Nothing that a gateway is told in confidence comes out again, in its log, its metrics or its answers: neither when
all goes well, nor when a receiver says back what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
import grpc.aio
import pytest
from aiohttp import web

from coderunner import Callback, Client, Operator, Unauthenticated
from coderunner.v1 import callback_pb2_grpc
from tests.fakes.callback_endpoint import serving
from tests.integration.guarantees.simulated_tasks import submit
from tests.servers.etcd import etcd_password
from tests.servers.fixtures import StartStack
from tests.servers.nats import PASSWORDS
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": 8}
KEYS = {name: "whsec_" + name.encode().hex() * 4 for name in ("usual-key", "blogs-key")}
SECRETS = {
    "a client's token": "token-of-the-blog",
    "an operator's token": "token-of-the-operator",
    "a token of nobody's": "token-of-nobody",
    "the usual key": KEYS["usual-key"].removeprefix("whsec_"),
    "the blog's key": KEYS["blogs-key"].removeprefix("whsec_"),
    "a header of the client's": "header-of-the-blog",
    "a header of a set": "header-of-shop-a",
    "a header of a set that nobody asks for": "header-of-shop-b",
    "the database's password": "password-of-the-database",
    "the bus's password": PASSWORDS["gateway"],
    "the directory's password": etcd_password("gateway"),
}
GATEWAY: dict[str, Any] = {
    "log_level": "debug",
    "callback_allowed_networks": ["127.0.0.0/8"],
    "tokens.blog": SECRETS["a client's token"],
    "tokens.ops": SECRETS["an operator's token"],
    "operators": ["ops"],
    "callback_secret": [KEYS["usual-key"]],
    "callback_secrets.blog": [KEYS["blogs-key"]],
    "callback_headers.blog": {"Authorization": "Bearer " + SECRETS["a header of the client's"]},
    "callback_header_sets.blog.shop-a": {"X-Shop": SECRETS["a header of a set"]},
    "callback_header_sets.blog.shop-b": {"X-Shop": SECRETS["a header of a set that nobody asks for"]},
    "history_url": "postgresql://coderunner:" + SECRETS["the database's password"] + "@127.0.0.1:1/nobody",
    "relay_attempts": 2,
    "relay_base_s": 0.05,
    "relay_max_s": 0.1,
    "callback_timeout_s": 1.0,
}


async def says_it_back(request: web.Request) -> web.Response:
    """In its reason, its headers and its body."""
    sent = " ".join(f"{name}={value}" for name, value in request.headers.items())
    headers = {"Retry-After": sent, "Location": sent, "X-Said": sent, "Set-Cookie": sent, "Content-Type": "text/plain"}
    return web.Response(status=503, reason=sent, headers=headers, text=sent)


@asynccontextmanager
async def no_http(answer: str) -> AsyncIterator[str]:
    """The URL of what says back, in the place of HTTP, what it was sent: ``{}`` stands for that."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.write(answer.replace("{}", head.replace("\r\n", " ")).encode())
        writer.close()
        with suppress(OSError):  # the gateway has heard enough
            await writer.wait_closed()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


class SaysItBack(callback_pb2_grpc.CallbackServiceServicer):
    async def Deliver(self, _request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNAVAILABLE, str(context.invocation_metadata()))


@asynccontextmanager
async def grpc_that_says_it_back() -> AsyncIterator[str]:
    server = grpc.aio.server()
    callback_pb2_grpc.add_CallbackServiceServicer_to_server(SaysItBack(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"grpc://127.0.0.1:{port}"
    await server.stop(None)


async def accept(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def test_no_secret_is_in_the_log_the_metrics_or_an_answer(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    (gateway,) = stack.gateways
    async with (
        serving(accept) as good,
        serving(says_it_back) as busy,
        no_http("{}\r\n\r\n") as nonsense,
        no_http("HTTP/1.1 200 OK\r\nX-Said: {}\r\n{}\r\n\r\n") as bad_header,
        no_http("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n") as bad_body,
        grpc_that_says_it_back() as no_grpc,
        Client(gateway.target, token=SECRETS["a client's token"]) as blog,
        Operator(gateway.target, token=SECRETS["an operator's token"]) as operator,
        Client(gateway.target, token=SECRETS["a token of nobody's"]) as nobody,
    ):
        await eventually(lambda: _serves(blog))
        with pytest.raises(Unauthenticated):
            await nobody.languages()
        bad = (busy, nonsense, bad_header, bad_body, no_grpc, "http://127.0.0.1:1/", "grpc://127.0.0.1:1")
        callbacks = [Callback(url, headers="shop-a") for url in (good, *bad)]
        tasks = [await submit(blog, LANGUAGE, callback=callback) for callback in callbacks]

        async def all_settled() -> bool:
            records = [await blog.callback_attempts(task_id) for task_id in tasks]
            return [record.state if record else "" for record in records] == ["DELIVERED"] + ["GIVEN_UP"] * len(bad)

        await eventually(all_settled, 30)
        answers = [str(await blog.callback_attempts(task_id)) for task_id in tasks]
        answers += [str(letter) async for letter in operator.dead()]
        answers += [str(await operator.dead_letter(task_id)) for task_id in tasks[1:]]
        answers += [str(record) async for record in operator.callbacks()]
        metrics = gateway.get("/metrics")[1] + gateway.get("/health")[1]
    gateway.stop()
    log = gateway.log.read_text()
    assert '"level":"debug"' in log
    assert {event for event in EVENTS if f'"event":"{event}"' in log} == EVENTS
    for what, secret in SECRETS.items():
        assert secret not in log, what
        assert secret not in metrics, what
        assert not [answer for answer in answers if secret in answer], what


EVENTS = {"callback_delivered", "callback_failed", "callback_given_up", "gateway_stopped"}


async def _serves(client: Client) -> bool:
    return LANGUAGE in {one.name for one in await client.languages()}
