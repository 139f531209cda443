"""A request has a time in which to arrive: a call that never ends its own holds nothing for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from broker_gateway.interfaces.reception import Reception, ReceptionBounds
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.grpc_calls import Calls, Code, serving, task

SUBMIT, WATCH = "/coderunner.v1.ExecutionService/Submit", "/coderunner.v1.ExecutionService/Watch"
FOREVER_S, SOON_S = 3600.0, 0.01


class Refusals(Reception):
    """Counts them."""

    def __init__(self, bounds: ReceptionBounds) -> None:
        self.count = 0
        super().__init__(bounds, self._count)

    def _count(self) -> None:
        self.count += 1


async def never() -> AsyncIterator[bytes]:
    """A request that does not come."""
    await asyncio.Event().wait()
    yield b""


async def nothing() -> AsyncIterator[bytes]:
    """The end of a call that had no request."""
    for none in list[bytes]():
        yield none


def begin(calls: Calls, requests: AsyncIterator[bytes], method: str = SUBMIT, metadata: Any = None) -> Any:
    """A call that is under way: to the wire a request is a stream of one."""
    opened: Any = calls.channel  # its stubs ask for serializers, which it does without
    kind = opened.stream_stream if method == WATCH else opened.stream_unary
    return kind(method)(requests, metadata=metadata)


async def code_of(call: Any) -> grpc.StatusCode:
    async with asyncio.timeout(20):
        code: grpc.StatusCode = await call.code()
    return code


@pytest.mark.parametrize("method", [SUBMIT, WATCH])
async def test_a_request_that_does_not_arrive_ends_the_call(method: str) -> None:
    reception = Refusals(ReceptionBounds(at_once_s=SOON_S, within_s=SOON_S))
    async with serving(reception=reception) as calls:
        assert await code_of(begin(calls, never(), method)) is Code.DEADLINE_EXCEEDED
        assert reception.count == 1
        async with asyncio.timeout(20):
            while reception.slow:  # noqa: ASYNC110  # its caller is told first
                await asyncio.sleep(SOON_S)


async def test_more_slow_requests_than_may_be_are_refused_and_quick_ones_are_not() -> None:
    reception = Refusals(ReceptionBounds(at_once_s=SOON_S, within_s=FOREVER_S, slow=2))
    async with serving(reception=reception) as calls:
        slow = [begin(calls, never()) for _ in range(3)]
        async with asyncio.timeout(20):
            done, waiting = await asyncio.wait(
                [asyncio.create_task(call.code()) for call in slow], return_when=asyncio.FIRST_COMPLETED
            )
        assert [one.result() for one in done] == [Code.RESOURCE_EXHAUSTED]
        assert (len(waiting), reception.slow, reception.count) == (2, 2, 1)
        assert (await calls.execution.Submit(pb.SubmitRequest(task=task()))).id
        for call in slow:
            call.cancel()
        await asyncio.wait(waiting)


async def test_a_caller_that_goes_while_it_is_waited_for_holds_nothing() -> None:
    reception = Refusals(ReceptionBounds(at_once_s=SOON_S, within_s=FOREVER_S, slow=1))
    async with serving(reception=reception) as calls:
        call = begin(calls, never())
        async with asyncio.timeout(20):
            while not reception.slow:  # noqa: ASYNC110  # nobody tells it
                await asyncio.sleep(SOON_S)
            call.cancel()
            while reception.slow:  # noqa: ASYNC110  # nobody tells it
                await asyncio.sleep(SOON_S)
        assert reception.count == 0


async def test_a_call_without_a_request_is_invalid() -> None:
    async with serving() as calls:
        assert await code_of(begin(calls, nothing())) is Code.INVALID_ARGUMENT


async def test_the_request_of_a_caller_who_is_refused_is_not_waited_for() -> None:
    reception = Refusals(ReceptionBounds(at_once_s=FOREVER_S))
    async with serving(reception=reception, tokens={"t": "blog"}) as calls:
        assert await code_of(begin(calls, never())) is Code.UNAUTHENTICATED


async def test_only_one_request_is_read() -> None:
    async def two() -> AsyncIterator[bytes]:
        for source in "ab":
            yield pb.SubmitRequest(task=task(source)).SerializeToString()

    async with serving() as calls:
        assert await code_of(begin(calls, two())) is Code.OK
        assert len(calls.gateway.bus.tasks) == 1
