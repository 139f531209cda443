"""Makes precompiled headers in containers that see no submission, for the compile slots to read (ADR 0020).

They are kept in a volume of the engine, one for each image: its maker can write it, every slot can only read it. What
is there and what goes is the maker's business; what this node asks for comes here, once in a while for each preamble.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from chassis.background import Background
from node.domain.language import PreambleRule
from node.domain.preamble import Preamble
from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.mounts import PRECOMPILED_LABEL, PRECOMPILED_PATH, precompiled_mount

_log = structlog.get_logger(__name__)
_ASK_AGAIN_S = 600.0
"""A preamble in use is named to the maker this often: it sees what is in use, and makes again what went."""
_REMEMBERED = 1024
_MAX_PENDING = 64
_MAX_PENDING_OF_CLIENT = 32
_PATIENCE_S = 600
"""A making has what processor time nobody else wants."""
_MEMORY_BYTES = 1 << 30
_PROCESSES = 64
_CPU_SHARES = 256
"""A slot has 1024. With the least that the kernel knows, a node that is always busy would never make any, and pay for
that with every compilation."""
_SCRATCH = "rw,noexec,nosuid,nodev,size=64m"


@dataclass(frozen=True, slots=True)
class _Order:
    image: str
    rule: PreambleRule
    preamble: Preamble
    client: str


def volume_of(image: str) -> str:
    """The name of the volume with the precompiled headers of an image, by its id."""
    return f"coderunner-precompiled-{image.removeprefix('sha256:')[:16]}"


class Precompiler:
    """One making at a time; clients take turns, and each has a share of what may wait."""

    def __init__(self, engine: Engine, settings: DockerSettings, seccomp: str, background: Background) -> None:
        self._engine = engine
        self._settings = settings
        self._seccomp = seccomp
        self._background = background
        self._asked: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._pending: list[_Order] = []
        self._turns = itertools.count(1)
        self._last_turn: dict[str, int] = {}
        self._working = False

    def ask(self, image: str, rule: PreambleRule, preamble: Preamble, client: str) -> None:
        """Has it made, or marked as used, unless that was asked for lately. Does not wait."""
        key = (image, preamble.key)
        if time.monotonic() - self._asked.get(key, float("-inf")) < _ASK_AGAIN_S:
            return
        of_client = Counter(order.client for order in self._pending)[client]
        if len(self._pending) >= _MAX_PENDING or of_client >= _MAX_PENDING_OF_CLIENT:
            return
        self._asked[key] = time.monotonic()
        self._asked.move_to_end(key)
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        self._pending.append(_Order(image, rule, preamble, client))
        if not self._working:
            self._working = True
            self._background.spawn(self._work())

    async def clear_away(self, in_use: Set[str]) -> None:
        """Removes what an earlier life of this node left: makers that still run, and volumes of images but those
        ``in_use``. One that a slot of anybody's has is kept by the engine."""
        with suppress(EngineError):
            for container in await self._engine.containers(f"{self._label}={self._settings.node_id}"):
                await self._engine.remove(container.id)
        keep = {volume_of(image) for image in in_use}
        with suppress(EngineError):
            for volume in await self._engine.volumes(PRECOMPILED_LABEL):
                if volume not in keep:
                    with suppress(EngineError):  # in use
                        await self._engine.remove_volume(volume)

    @property
    def _label(self) -> str:
        return f"{self._settings.prefix}.precompiling"

    async def _work(self) -> None:
        try:
            while self._pending:
                order = self._next()
                try:
                    await self._make(order)
                except EngineError as error:
                    _log.warning("not_precompiled", headers=order.preamble.headers, reason=str(error))
                self._pending.remove(order)
        finally:
            self._working = False

    def _next(self) -> _Order:
        """The first of the client whose last turn is longest ago."""
        waiting = {order.client for order in self._pending}
        self._last_turn = {client: turn for client, turn in self._last_turn.items() if client in waiting}
        order = min(self._pending, key=lambda order: self._last_turn.get(order.client, 0))
        self._last_turn[order.client] = next(self._turns)
        return order

    async def _make(self, order: _Order) -> None:
        started = time.monotonic()
        name = f"{self._settings.prefix}-precompiling-{secrets.token_hex(4)}"
        container = await self._engine.create(name, self._payload(order))
        try:
            await self._engine.start(container)
            code = await self._engine.wait(container, _PATIENCE_S)
        finally:
            await asyncio.shield(self._engine.remove(container))
        if code != 0:
            raise EngineError(f"the compiler ended with {code}")
        taken_ms = round((time.monotonic() - started) * 1000)
        _log.info("precompiled", options=order.preamble.options, headers=order.preamble.headers, ms=taken_ms)

    def _payload(self, order: _Order) -> dict[str, Any]:
        arguments = [PRECOMPILED_PATH, str(self._settings.precompiled_bytes), *order.preamble.arguments]
        return {
            "Image": order.image,
            "User": "0:0",
            "WorkingDir": "/",
            "Entrypoint": list(order.rule.command),
            "Cmd": arguments,
            "Env": [f"{name}={value}" for name, value in sorted(self._settings.environment.items())],
            "NetworkDisabled": True,
            "Healthcheck": {"Test": ["NONE"]},
            "Labels": {self._label: self._settings.node_id},
            "HostConfig": {
                "Runtime": self._settings.oci_runtime,
                "NetworkMode": "none",
                "IpcMode": "private",
                "ReadonlyRootfs": True,
                "Tmpfs": {"/tmp": _SCRATCH},  # noqa: S108 - inside the container
                "Mounts": [precompiled_mount(volume_of(order.image), read_only=False)],
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges:true", f"seccomp={self._seccomp}"],
                "Memory": _MEMORY_BYTES,
                "MemorySwap": _MEMORY_BYTES,
                "PidsLimit": _PROCESSES,
                "CpuShares": _CPU_SHARES,
                "OomScoreAdj": 1000,
                "LogConfig": {"Type": "none"},
                "RestartPolicy": {"Name": "no"},
            },
        }
