"""Every method of the API, sent anything that its request's type can say and some that it cannot: a refusal is the
caller's fault in words, never a fault of ours."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_gateway.interfaces.server import SERVICES
from coderunner.v1 import blobs_pb2, catalog_pb2, execution_pb2, keys_pb2, nodes_pb2, operations_pb2
from tests.integration.abuse.hostile_messages import requests
from tests.integration.abuse.hunting import hunting
from tests.integration.abuse.target import LANGUAGE, Target

CALL_WITHIN_S = 8.0
"""A call that goes on until then, as a watched task does that nobody ends, is no fault."""
OUR_FAULT = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for proto in (blobs_pb2, execution_pb2, catalog_pb2, operations_pb2, keys_pb2, nodes_pb2)
    for service in proto.DESCRIPTOR.services_by_name.values()
    if service.full_name in SERVICES
    for method in service.methods
}
WORDS = [LANGUAGE, "main.py", "a" * 64, "127.0.0.1", "http://a.example/", "t1", "blog", "FINISHED", "0", "1.5"]


@pytest.mark.parametrize("path", METHODS)
async def test_no_request_is_a_fault_of_ours(target: Target, path: str) -> None:
    method = METHODS[path]

    @hunting(60)
    @given(st.data())
    def fuzzed(data: st.DataObject) -> None:
        body = data.draw(requests(method.input_type, WORDS))
        code, details = asyncio.run_coroutine_threadsafe(_sent(channel, path, body), loop).result()
        assert code not in OUR_FAULT, details

    loop = asyncio.get_running_loop()
    async with grpc.aio.insecure_channel(target.gateway.target) as channel:
        await asyncio.to_thread(fuzzed)
    await target.works()


async def _sent(channel: grpc.aio.Channel, path: str, body: bytes) -> tuple[grpc.StatusCode, str]:
    opened: Any = channel  # its stubs ask for serializers, which it does without
    try:
        if path.endswith(("Watch", "/GetBlob", "/Interact")):
            async for _ in opened.unary_stream(path)(body, timeout=CALL_WITHIN_S):
                pass
        else:
            await opened.unary_unary(path)(body, timeout=CALL_WITHIN_S)
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""
