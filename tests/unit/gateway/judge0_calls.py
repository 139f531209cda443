"""Calls of Judge0's API, as its clients make them."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from broker_gateway.interfaces.http.judge0.drafts import LANGUAGE_LABEL
from broker_gateway.interfaces.http.judge0.tokens import task_id_of
from tests.builders import a_language_record, a_node_record, a_result
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.http_calls import HttpCalls, serving_http

HELLO: dict[str, Any] = {"source_code": "print(42)", "language_id": 71}
UNKNOWN = "0193b9a0-0000-4000-8000-000000000000"
TOKENS = {"secret-of-the-judge": "judge", "secret-of-another": "another"}


def serving(gateway: GatewayOnFakes | None = None, **more: Any) -> Any:
    return serving_http(gateway, dialects=["judge0"], **more)


def with_cpp() -> GatewayOnFakes:
    gateway = GatewayOnFakes()
    gateway.directory.announce(a_node_record("n2", a_language_record("cpp", "14.2.0", "c++", compiled=True)))
    return gateway


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def send(calls: HttpCalls, path: str, body: bytes) -> tuple[int, Any]:
    return await calls.ask("POST", path, data=io.BytesIO(body), headers={"Content-Type": "application/json"})


async def post(calls: HttpCalls, query: str = "", **fields: Any) -> tuple[int, Any]:
    return await send(calls, f"/submissions{query}", json.dumps({**HELLO, **fields}).encode())


async def submitted(calls: HttpCalls, **fields: Any) -> str:
    status, body = await post(calls, **fields)
    assert status == 201, body
    return str(body["token"])


async def ended(calls: HttpCalls, query: str = "", **result: Any) -> Any:
    """A submission whose task a node ended so, as it is read with ``query``."""
    token = await submitted(calls)
    calls.gateway.bus.finish(a_result(task_id_of(token), **{"labels": {LANGUAGE_LABEL: "71"}, **result}))
    status, body = await calls.ask("GET", f"/submissions/{token}{query}")
    assert status == 200, body
    return body
