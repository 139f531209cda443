"""One dead receiver and a slow one make no other wait, also where all of them are one client's."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
from aiohttp import web

from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.settings import RelaySettings
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.breaker import with_breakers
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from broker_gateway.infrastructure.metrics import Metrics
from chassis.nats.connection import BusConnection
from schemas.execution import ResultMessage
from tests.builders import a_result

HEALTHY = 50
BATCHES = 12
TURNS = 3
BAD_EACH = 8
"""Results for the dead receiver, and as many for the slow one, beside every batch of one for each healthy one."""
SLOW_S = 2.0
PATIENCE_S = 60.0


class Receivers:
    """Receivers on ports of their own: healthy ones, one that takes its time, one that never answers."""

    def __init__(self) -> None:
        self.healthy: list[str] = []
        self.slow = ""
        self.dead = ""
        self.dead_calls = 0
        self._stored_at_s: dict[str, float] = {}
        self._waited_for: dict[str, asyncio.Future[float]] = {}

    def expect(self, task_id: str) -> asyncio.Future[float]:
        """How long the healthy receiver's result takes from now on."""
        self._stored_at_s[task_id] = time.perf_counter()
        self._waited_for[task_id] = asyncio.get_running_loop().create_future()
        return self._waited_for[task_id]

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/dead":
            self.dead_calls += 1
            await asyncio.Event().wait()
        if request.path == "/slow":
            await asyncio.sleep(SLOW_S)
        task_id = request.headers["Idempotency-Key"]
        waiting = self._waited_for.get(task_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter() - self._stored_at_s[task_id])
        return web.Response(status=204)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receivers]:
    receivers = Receivers()
    app = web.Application()
    app.router.add_post("/{path:.*}", receivers.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    for _ in range(HEALTHY + 2):
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    ports = [address[1] for address in runner.addresses]
    receivers.healthy = [f"http://127.0.0.1:{port}/healthy" for port in ports[2:]]
    receivers.slow, receivers.dead = f"http://127.0.0.1:{ports[0]}/slow", f"http://127.0.0.1:{ports[1]}/dead"
    try:
        yield receivers
    finally:
        await runner.cleanup()


@asynccontextmanager
async def relaying(bus: BusConnection, settings: RelaySettings) -> AsyncIterator[None]:
    webhooks = WebhookTransport(AddressGuard(["127.0.0.0/8"]), timeout_s=10, user_agent="coderunner/test")
    relay = CallbackRelay(
        source=BusResultSource(bus),
        transports=with_breakers({"http": webhooks}, failures=10, rest_s=15),
        ledger=BusAttemptLedger(bus),
        settings=settings,
        count=Metrics().count_callback,
    )
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await webhooks.close()


def ended_now(task_id: str, url: str) -> ResultMessage:
    result = a_result(task_id, url)
    execution = msgspec.structs.replace(result.execution, finished_at_ms=int(time.time() * 1000))
    return msgspec.structs.replace(result, execution=execution, client="blog")


def bad_ones(receivers: Receivers, batch: str) -> Iterator[ResultMessage]:
    for number in range(BAD_EACH):
        yield ended_now(f"{batch}-dead{number}", receivers.dead)
        yield ended_now(f"{batch}-slow{number}", receivers.slow)


async def latencies_s(bus: BusConnection, receivers: Receivers, name: str, *, with_bad: bool) -> list[float]:
    """Of all results for healthy receivers, from the moment they are stored: batch after batch, the next once each of
    the last has arrived."""
    store, found = BusResultStore(bus), []
    for number in range(BATCHES):
        batch = f"{name}{number}"
        if with_bad:
            await asyncio.gather(*(store.store(one) for one in bad_ones(receivers, batch)))
        waits = [receivers.expect(f"{batch}-{index}") for index in range(HEALTHY)]
        stores = (store.store(ended_now(f"{batch}-{index}", url)) for index, url in enumerate(receivers.healthy))
        await asyncio.gather(*stores)
        found += await asyncio.wait_for(asyncio.gather(*waits), PATIENCE_S)
    return found


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def test_fifty_healthy_receivers_wait_for_neither_a_dead_nor_a_slow_one(bus: BusConnection) -> None:
    async with receiving() as receivers, relaying(bus, replace(RelaySettings(), base_s=0.1, max_s=1.0)):
        await latencies_s(bus, receivers, "warm", with_bad=False)
        alone = [p95(await latencies_s(bus, receivers, f"alone{turn}-", with_bad=False)) for turn in range(TURNS)]
        beside = [p95(await latencies_s(bus, receivers, f"beside{turn}-", with_bad=True)) for turn in range(TURNS)]
        assert receivers.dead_calls >= 2
        print("p95 in ms, alone and beside:", *(round(one * 1000) for one in (*alone, *beside)))
        assert min(beside) < 2 * max(alone) + 0.25  # where one waits for another it is more than a second
