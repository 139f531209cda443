"""Sandbox pools on the real engine that share one prefix, and what the engine knows of them."""

from __future__ import annotations

import http
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import docker
from docker.models.containers import Container

from node.domain.language import Language
from node.infrastructure.docker import DockerSandboxPool, DockerSettings

PATIENCE_S = 240.0
"""For what must come about, on a machine of any speed."""


def remove(container: Container) -> None:
    """Returns once it is gone, also where a pool is removing it in the background."""
    with suppress(docker.errors.NotFound):
        try:
            container.remove(force=True)
        except docker.errors.APIError as error:
            if error.status_code != http.HTTPStatus.CONFLICT:
                raise
            container.wait(condition="removed", timeout=PATIENCE_S)


class PrefixedEngine:
    """The engine as the test sees it, and pools that share one prefix."""

    def __init__(self, client: docker.DockerClient, prefix: str) -> None:
        self.client = client
        self.prefix = prefix
        self._uid_base = random.randrange(400_000, 900_000, 1_000)
        self.pools: list[DockerSandboxPool] = []

    def settings(self, **changes: Any) -> DockerSettings:
        usual = {
            "node_id": "node-1",
            "prefix": self.prefix,
            "uid_base": self._uid_base,
            "patience_s": PATIENCE_S / 4,
            "start_patience_s": PATIENCE_S,
        }
        return DockerSettings(**{**usual, **changes})

    async def pool(
        self, *languages: Language, agent: dict[str, bytes] | None = None, **changes: Any
    ) -> DockerSandboxPool:
        """A started pool."""
        pool = DockerSandboxPool(languages=languages, settings=self.settings(**changes), agent=agent)
        self.pools.append(pool)
        await pool.start()
        return pool

    def containers(self, **labels: str) -> list[Container]:
        wanted = [f"{self.prefix}.uid", *(f"{self.prefix}.{key}={value}" for key, value in labels.items())]
        return self.client.containers.list(all=True, filters={"label": wanted}, ignore_removed=True)

    def clean_up(self) -> None:
        for container in self.containers():
            remove(container)


def crash(pool: DockerSandboxPool) -> None:
    """The node's end as its slots see it: its lines to the agents break, and nothing else happens. Who has crashed
    replaces no slot, though a check that was under way would find it lost."""
    for group in pool._groups.values():
        group._drop = lambda *_: None  # type: ignore[method-assign]  # it is dead
        for slot in group.members:
            slot._line.close()


Eventually = Callable[..., Any]
