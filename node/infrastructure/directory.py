"""The node's entry in etcd, under a lease. Never in a task's path: what etcd does or does not do only shows here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aetcd
import msgspec
import stamina
import structlog

from schemas import names
from schemas.node import NodeRecord

CALL_S = 3
"""Time-out of one call to etcd."""
WITHDRAW_S = 2.0
_CHANNEL = {"grpc.use_local_subchannel_pool": 1}
"""A new client connects anew, instead of sitting out the back-off of the one before it."""
_LEASE_GONE = "requested lease not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdSettings:
    endpoints: Sequence[str] = ("127.0.0.1:2379",)
    user: str = ""
    password: str = ""
    lease_s: int = 15
    reconnect_base_s: float = 0.1
    reconnect_max_s: float = 5.0
    reconnect_tries: int = 0
    """In a row, before ``run`` raises; 0: for ever."""


class EtcdNodeDirectory:
    """``announce`` only leaves the record here; ``run`` takes it to etcd, and tries for as long as that takes."""

    def __init__(self, settings: EtcdSettings, node_id: str) -> None:
        self._settings = settings
        self._key = names.node_key(node_id).encode()
        self._record: NodeRecord | None = None
        self._news = asyncio.Event()
        self._client: aetcd.Client | None = None
        self._lease: int | None = None
        self._turn = 0
        self._log = structlog.get_logger("node.directory")
        self.reachable = False

    async def announce(self, record: NodeRecord) -> None:
        self._record = record
        self._news.set()

    async def run(self) -> None:
        """Writes what is new, keeps the lease alive, and declares everything again after a loss. Never returns; raises
        what the last try failed with where it may not try for ever."""
        settings = self._settings
        while True:
            async for attempt in stamina.retry_context(
                on=Exception,
                attempts=settings.reconnect_tries or None,
                timeout=None,
                wait_initial=settings.reconnect_base_s,
                wait_max=settings.reconnect_max_s,
                wait_jitter=settings.reconnect_base_s,
            ):
                with attempt:
                    await self._once()

    async def withdraw(self) -> None:
        """Takes the entry back at once; if etcd is away, the lease's end does it."""
        client, self._client = self._client, None
        self._record = None
        if client is None:
            return
        try:
            async with asyncio.timeout(WITHDRAW_S):
                if self._lease is not None:
                    await client.revoke_lease(self._lease)
                await client.close()
        except Exception as error:  # noqa: BLE001 - going down: the lease ends by itself
            self._log.warning("not withdrawn, the lease will end", error=str(error))

    async def _once(self) -> None:
        """Waits for news or for the lease's next turn, and carries it out."""
        try:
            async with asyncio.timeout(self._settings.lease_s / 3):
                await self._news.wait()
        except TimeoutError:
            pass
        record = self._record
        if record is None:
            return
        self._news.clear()
        try:
            await self._write(record)
        except Exception as error:
            self._news.set()
            await self._lost(error)
            raise
        self._told(reachable=True)

    async def _write(self, record: NodeRecord) -> None:
        client = await self._connected()
        if self._lease is not None:
            answer = await client.refresh_lease(self._lease)
            if not answer or answer.TTL <= 0:
                self._lease = None
        if self._lease is None:
            self._lease = (await client.lease(self._settings.lease_s)).id
        await client.put(self._key, msgspec.json.encode(record), lease=self._lease)

    async def _connected(self) -> aetcd.Client:
        if self._client is None:
            host, _, port = self._endpoint().rpartition(":")
            settings = self._settings
            user = settings.user or None
            password = settings.password if user else None
            self._client = aetcd.Client(
                host, int(port), username=user, password=password, timeout=CALL_S, options=_CHANNEL
            )
        return self._client

    def _endpoint(self) -> str:
        """The next one with each connection."""
        endpoint = self._settings.endpoints[self._turn % len(self._settings.endpoints)]
        self._turn += 1
        return endpoint.removeprefix("http://")

    async def _lost(self, error: Exception) -> None:
        """Another client next time; the lease may well be alive, and is asked for first."""
        if _LEASE_GONE in str(error):
            self._lease = None
            return
        client, self._client = self._client, None
        self._told(reachable=False, error=f"{type(error).__name__}: {error}")
        if client is not None:
            await client.close()

    def _told(self, *, reachable: bool, error: str = "") -> None:
        if reachable and not self.reachable:
            self._log.info("in the directory", lease=self._lease)
        elif not reachable and (self.reachable or self._turn <= 1):
            self._log.warning("the directory is away", error=error)
        self.reachable = reachable
