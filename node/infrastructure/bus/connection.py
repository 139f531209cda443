"""The node's one connection to the bus: it may be away at the start and at any time later."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import nats
import structlog
from nats.aio.client import Client, Server

CONNECT_TIMEOUT_S = 2
PING_INTERVAL_S = 5
"""A peer that vanished without a word is noticed after two of these."""
INBOX_PREFIX = b"_INBOX_node"
"""The only inboxes that nats.conf lets a node listen on."""
BUFFER_BYTES = 8 << 20
"""Held for publishing while the bus is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    servers: Sequence[str] = ("nats://127.0.0.1:4222",)
    user: str = ""
    password: str = ""
    credentials: str = ""
    """Path of a credentials file."""
    reconnect_base_s: float = 0.1
    reconnect_max_s: float = 5.0
    reconnect_tries: int = 0
    """Failures in a row before it is given up; 0: never."""


OnReconnect = Callable[[], None]


class BusClosedError(Exception):
    """The client will not connect again."""


class Bus:
    """Wraps the client: connects in the background for as long as it takes, reconnects with back-off and jitter."""

    def __init__(self, settings: BusSettings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._log = structlog.get_logger("node.bus")
        self._failures = 0
        self._closing = False
        self._ready = asyncio.Event()
        self._gave_up = asyncio.Event()
        self._on_reconnect: list[OnReconnect] = []
        self.client = Client()

    @property
    def connected(self) -> bool:
        return self.client.is_connected

    def on_reconnect(self, call: OnReconnect) -> None:
        """``call`` is called after each reconnection; the server has forgotten our pull requests by then."""
        self._on_reconnect.append(call)

    async def connect(self) -> None:
        """Returns once connected, however long that takes."""
        connecting = asyncio.create_task(self._connect(), name="bus connection")
        try:
            await asyncio.shield(connecting)
        finally:
            while not connecting.done():
                connecting.cancel()  # again and again: now and then the library swallows one
                await asyncio.wait({connecting}, timeout=0.1)
        self._failures = 0
        self._ready.set()

    async def _connect(self) -> None:
        settings = self._settings
        await self.client.connect(
            servers=list(settings.servers),
            name=self._name,
            connect_timeout=CONNECT_TIMEOUT_S,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0,  # the pauses are ours: see _error and _next_server
            reconnect_to_server_handler=self._next_server,
            ping_interval=PING_INTERVAL_S,
            pending_size=BUFFER_BYTES,
            inbox_prefix=INBOX_PREFIX,
            skip_subject_validation=True,
            error_cb=self._error,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
            closed_cb=self._closed,
            user=settings.user or None,
            password=settings.password or None,
            user_credentials=settings.credentials or None,
        )

    async def wait_connected(self) -> None:
        """Returns once there has been a connection."""
        await self._ready.wait()

    async def closed_for_good(self) -> None:
        """Never returns while there is hope. Raises BusClosedError when the client has given up (a server may refuse a
        user for good, and the settings may bound its tries); nothing but a new process helps then."""
        await self._gave_up.wait()
        raise BusClosedError("the connection to the bus was closed for good; see the log for why")

    async def close(self) -> None:
        """Flushes what is still to be sent, if the bus is there, and closes."""
        self._closing = True
        if self.client.is_connected:
            try:
                await self.client.flush(timeout=2)
            except (nats.errors.Error, OSError) as error:
                self._log.warning("the bus did not take the last messages", error=str(error))
        try:
            await self.client.close()
        except OSError as error:  # the library writes what is left to a connection that is gone already
            self._log.warning("the bus was away at the end", error=str(error))

    def _next_server(self, servers: list[Server], _info: dict[str, object]) -> tuple[Server, float]:
        """Round robin."""
        return servers[self._failures % len(servers)], self._pause_s()

    def _pause_s(self) -> float:
        """After one more failure: doubles from base to most with each round of all servers, and is shortened by up to
        one half at random."""
        settings = self._settings
        rounds = self._failures // max(1, len(settings.servers))
        pause = min(settings.reconnect_max_s, settings.reconnect_base_s * 2.0 ** min(rounds, 16))
        self._failures += 1
        if settings.reconnect_tries and self._failures >= settings.reconnect_tries:
            self._gave_up.set()
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret

    async def _error(self, error: Exception) -> None:
        self._log.warning("bus trouble", error=f"{type(error).__name__}: {error}")
        if not self._ready.is_set():
            await asyncio.sleep(self._pause_s())  # the library's first connection loop waits for this

    async def _disconnected(self) -> None:
        if not self._closing:
            self._log.warning("the bus is away")

    async def _closed(self) -> None:
        if not self._closing:
            self._gave_up.set()

    async def _reconnected(self) -> None:
        self._failures = 0
        self._log.info("the bus is back")
        for call in self._on_reconnect:
            call()
