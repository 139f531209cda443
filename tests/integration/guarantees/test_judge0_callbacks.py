"""A submission's callback comes as Judge0 sends it, and as surely as any other: tried again, signed, at least once."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks import Webhook

from coderunner import Client
from tests.fakes.callback_endpoint import serving
from tests.servers.fixtures import StartStack
from tests.servers.waiting import eventually

NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": ["python"], "concurrency": 4}
SECRET = "whsec_" + "c2VjcmV0" * 4
GATEWAY: dict[str, Any] = {
    "http_dialects": ["judge0"],
    "callback_allowed_networks": ["127.0.0.0/8"],
    "callback_secret": [SECRET],
    "seal_secrets": ["a secret of the gateways, of 32 characters"],
    "tokens.judge": "j",
    "relay_base_s": 0.05,
}
PATIENCE_S = 30.0


async def test_a_submission_is_put_signed_and_again_until_it_is_taken(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    gateway, asked, taken = stack.gateways[0], [], asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, dict(request.headers), await request.read()))
        if len(asked) < 3:
            return web.Response(status=503)
        taken.set()
        return web.Response()

    async with serving(answer) as url, Client(gateway.target, token="j") as client, aiohttp.ClientSession() as session:

        async def serves() -> bool:
            return bool(await client.languages())

        await eventually(serves)
        sent = {"source_code": "x", "stdin": "h\xe9llo\n", "language_id": 71, "callback_url": url}
        headers = {"X-Auth-Token": "j"}
        async with session.post(f"http://{gateway.http_target}/submissions", json=sent, headers=headers) as response:
            body = await response.json()
            assert response.status == 201, body
        await asyncio.wait_for(taken.wait(), PATIENCE_S)
        async with session.get(
            f"http://{gateway.http_target}/submissions/{body['token']}?base64_encoded=true", headers=headers
        ) as response:
            read = await response.json()
    assert [method for method, _, _ in asked] == ["PUT"] * 3
    assert len({headers["Idempotency-Key"] for _, headers, _ in asked}) == 1
    for _, headers, told in asked:
        assert Webhook(SECRET).verify(told, headers) == read
    assert base64.b64decode(read["stdout"]).decode() == "h\xe9llo\n"
    assert read["status"] == {"id": 3, "description": "Accepted"}
