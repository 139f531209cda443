"""Runs the keeper of layers (``node/agent/layer_keeper.py``), each time in a container of its own: it alone can write
the volume of layers, and reads what an installer left."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.container_spec import AGENT_PATH
from node.infrastructure.docker.slot.mounts import Scratch, layers_mount, scratch_mount

_PATIENCE_S = 300
_MEMORY_BYTES = 512 << 20
_PROCESSES = 256
"""gVisor itself needs many; the keeper starts none."""
MAX_ANSWER_BYTES = 16 << 20


class LayerKeeper:
    """One order at a time, so that no two write the same layer."""

    def __init__(self, engine: Engine, settings: DockerSettings, seccomp: str) -> None:
        """``seccomp``: the profile, as JSON."""
        self._engine = engine
        self._settings = settings
        self._seccomp = seccomp
        self._turn = asyncio.Lock()

    @property
    def label(self) -> str:
        """On every container of a keeper; its value is the node."""
        return f"{self._settings.prefix}.layers"

    async def ask(self, image: str, verb: str, order: dict[str, Any], scratch: Scratch | None = None) -> dict[str, Any]:
        """Has the keeper do one thing, in a container of ``image``, which has the agent in it; its answer. ``scratch``:
        where the installer has left its work. Raises EngineError."""
        async with self._turn:
            name = f"{self._settings.prefix}-layers-{secrets.token_hex(4)}"
            container = await self._engine.create(name, self._payload(image, verb, order, scratch))
            try:
                await self._engine.start(container)
                code = await self._engine.wait(container, _PATIENCE_S)
                said = await self._engine.output(container, MAX_ANSWER_BYTES)
            finally:
                await asyncio.shield(self._engine.remove(container))
        try:
            answer = json.loads(said)
        except ValueError:
            answer = None
        if code != 0 or not isinstance(answer, dict):
            raise EngineError(f"the keeper of layers ended with {code}: {said[-300:]!r}")
        return answer

    @asynccontextmanager
    async def holding(self, image: str, scratch: Scratch) -> AsyncIterator[None]:
        """An installer's folder stays for as long as the block lasts, also without the installer. Raises
        EngineError."""
        name = f"{self._settings.prefix}-holding-{secrets.token_hex(4)}"
        container = await self._engine.create(name, self._payload(image, "hold", {}, scratch))
        try:
            await self._engine.start(container)
            yield
        finally:
            await asyncio.shield(self._engine.remove(container))

    async def clear_away(self) -> None:
        """Removes keepers that an earlier life of this node left. Raises EngineError."""
        for container in await self._engine.containers(f"{self.label}={self._settings.node_id}"):
            await self._engine.remove(container.id)

    def _payload(self, image: str, verb: str, order: dict[str, Any], scratch: Scratch | None) -> dict[str, Any]:
        mounts = [layers_mount(self._settings.layers_volume, read_only=False)]
        mounts += [scratch_mount(scratch, read_only=True)] if scratch else []
        return {
            "Image": image,
            "User": "0:0",
            "WorkingDir": "/",
            "Entrypoint": ["python3", "-I", "-S", "-B", f"{AGENT_PATH}/layer_keeper.py"],
            "Cmd": [verb, json.dumps(order)],
            "NetworkDisabled": True,
            "Healthcheck": {"Test": ["NONE"]},
            "Labels": {self.label: self._settings.node_id},
            "HostConfig": {
                "Runtime": self._settings.oci_runtime,
                "NetworkMode": "none",
                "IpcMode": "private",
                "ReadonlyRootfs": True,
                "Mounts": mounts,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges:true", f"seccomp={self._seccomp}"],
                "Memory": _MEMORY_BYTES,
                "MemorySwap": _MEMORY_BYTES,
                "PidsLimit": _PROCESSES,
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "32m"}},
                "RestartPolicy": {"Name": "no"},
            },
        }
