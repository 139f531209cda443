"""A runner whose Python takes packages, between ports that a test scripts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from node.application.layer_book import LayerBook
from node.application.packages import Packages
from node.domain.language import PackageRule
from schemas.execution import Execution
from tests.builders import CPP, PYTHON, a_task
from tests.fakes.layers import ScriptedLayers
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes

RULE = PackageRule(
    kind="pypi", image="installer", command=("install", "{layer}", "{packages}"), env={"PYTHONPATH": "{layer}"}
)
INDEXED = replace(PYTHON, packages=RULE)


class Node:
    """A runner whose Python takes packages."""

    def __init__(self, *, max_bytes: int = 1_000, installations: int = 1, waiting: int = 2) -> None:
        self.pool = ScriptedPool(languages=[INDEXED, CPP])
        self.layers = ScriptedLayers()
        self.now_s = 1_000.0
        self.on = RunnerOnFakes(self.pool)
        self.packages = Packages(
            self.layers,
            self.on.announcer,
            LayerBook(max_bytes),
            installations=installations,
            waiting=waiting,
            refresh_s=100.0,
            clock=lambda: self.now_s,
        )
        self.on.packages = self.packages

    async def run(self, task_id: str = "t1", *packages: str, **changes: object) -> Execution:
        task = a_task(task_id, packages=list(packages or ["six"]), **changes)
        return await self.on.handle(FakeDelivery(task))

    def begin(self, task_id: str, *packages: str, client: str = "blog") -> tuple[FakeDelivery, asyncio.Task[None]]:
        delivery = FakeDelivery(a_task(task_id, packages=list(packages or ["six"]), client=client))
        return delivery, asyncio.create_task(self.on.runner.handle(delivery))

    def envs(self) -> list[str]:
        return [launch.env.get("PYTHONPATH", "") for _, launch in self.pool.launches]
