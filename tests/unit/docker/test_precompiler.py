"""How often, and for whom, precompiled headers are made."""

from __future__ import annotations

import asyncio
from typing import Any

from chassis.background import Background
from node.domain.language import PreambleRule
from node.domain.preamble import Preamble
from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.pool.precompiler import Precompiler, volume_of
from node.infrastructure.docker.settings import DockerSettings

RULE = PreambleRule(element="", headers=frozenset(), command=("make-it",))


class CountingEngine(Engine):
    """Makes nothing; each container runs until the test lets it end."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.running = 0
        self.most_running = 0
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self.removed = 0
        self.refuses = False

    async def create(self, name: str, payload: dict[str, Any]) -> str:
        if self.refuses:
            raise EngineError("no room")
        self.asked.append(tuple(payload["Cmd"][2:]))
        return name

    async def start(self, container_id: str) -> None:
        self.running += 1
        self.started.set()
        self.most_running = max(self.most_running, self.running)

    async def wait(self, container_id: str, patience_s: int) -> int:
        await self.go_on.wait()
        return 0

    async def remove(self, container_id: str) -> None:
        self.running -= 1
        self.removed += 1


class Makers:
    def __init__(self) -> None:
        self.engine = CountingEngine()
        self.background = Background()
        self.maker = Precompiler(self.engine, DockerSettings(node_id="n"), "{}", self.background)

    def ask(self, *headers: str, client: str = "blog") -> None:
        self.maker.ask("sha256:1", RULE, Preamble(("-O2",), headers), client)

    async def finish(self) -> list[tuple[str, ...]]:
        self.engine.go_on.set()
        await self.background.drain()
        assert self.engine.running == 0
        return [asked[1:] for asked in self.engine.asked]


async def test_what_many_ask_for_is_made_once_and_one_at_a_time() -> None:
    makers = Makers()
    for client in ("blog", "wiki", "shop"):
        makers.ask("iostream", client=client)
        makers.ask("map", client=client)
    assert await makers.finish() == [("iostream",), ("map",)]
    assert makers.engine.most_running == 1


async def test_a_client_with_something_new_each_time_leaves_room_for_the_others() -> None:
    makers = Makers()
    for number in range(100):
        makers.ask(f"header{number}", client="hostile")
    makers.ask("vector", client="blog")
    made = await makers.finish()
    assert made[:2] == [("header0",), ("vector",)]
    assert len(made) == 33


async def test_what_waits_is_bounded_whoever_asks() -> None:
    makers = Makers()
    for number in range(1000):
        makers.ask(f"header{number}", client=f"client{number}")
    assert len(await makers.finish()) == 64


async def test_an_engine_that_refuses_is_no_harm_to_the_next() -> None:
    makers = Makers()
    makers.engine.refuses = True
    makers.ask("iostream")
    assert await makers.finish() == []
    makers.engine.refuses = False
    makers.ask("map")
    assert await makers.finish() == [("map",)]


async def test_a_node_that_stops_leaves_no_maker_behind() -> None:
    makers = Makers()
    makers.ask("iostream")
    await makers.engine.started.wait()
    await makers.background.close()
    assert makers.engine.removed == 1


def test_each_image_has_a_volume_of_its_own() -> None:
    assert volume_of("sha256:" + "a" * 64) != volume_of("sha256:" + "b" * 64)
