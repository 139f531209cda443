"""The node's entry in etcd, under a lease. Never in a task's path: what etcd does or does not do only shows here."""

from __future__ import annotations

import asyncio

import aetcd
import msgspec
import structlog

from chassis.etcd import EtcdEndpoints, EtcdSettings, calls, words
from schemas import names
from schemas.node import NodeRecord
from schemas.node_rules import fault_of

log = structlog.get_logger(__name__)

WITHDRAW_S = 2.0
_LEASE_GONE = "requested lease not found"


class EtcdNodeDirectory:
    """Implements ``NodeDirectory``. ``announce`` only leaves the record here; ``run`` takes it to etcd, and tries for
    as long as that takes."""

    def __init__(self, settings: EtcdSettings, node_id: str, lease_s: int = 15) -> None:
        """``lease_s``: a node that is silent for so long leaves the directory."""
        self._settings = settings
        self._endpoints = EtcdEndpoints(settings)
        self._key = names.node_key(node_id).encode()
        self._lease_s = lease_s
        self._record: NodeRecord | None = None
        self._news = asyncio.Event()
        self._client: aetcd.Client | None = None
        self._lease: int | None = None
        self._told_away = False
        self._told_fault = ""
        self.reachable = False
        self.trouble = "not told yet"
        """Why etcd does not have the newest record; empty where it does."""

    async def announce(self, record: NodeRecord) -> None:
        """Leaves the node's newest record to be written; one that no gateway will take is warned of."""
        fault = fault_of(record)
        if fault and fault != self._told_fault:
            log.warning("node_record_not_acceptable", error=fault)
        self._told_fault = fault
        self._record = record
        self._news.set()

    async def run(self) -> None:
        """Writes what is new, keeps the lease alive, and declares everything again after a loss. Never returns; raises
        what the last try failed with where it may not try for ever."""
        settings = self._settings
        while True:
            async for attempt in settings.backoff.retrying(on=Exception, tries=settings.reconnect_tries):
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
                with calls():
                    if self._lease is not None:
                        await client.revoke_lease(self._lease)
                    await client.close()
        except Exception as error:  # noqa: BLE001 - going down: the lease ends by itself
            log.warning("node_not_withdrawn", error=words(error))

    async def _once(self) -> None:
        """Waits for news or until the lease is to be renewed, and carries it out."""
        try:
            async with asyncio.timeout(self._lease_s / 3):
                await self._news.wait()
        except TimeoutError:
            pass
        record = self._record
        self._news.clear()
        if record is None:
            return
        try:
            with calls():
                await self._write(record)
        except Exception as error:
            self._news.set()
            await self._lost(error)
            raise
        self._tell_reachable()

    async def _write(self, record: NodeRecord) -> None:
        if self._client is None:
            self._client, _ = self._endpoints.next_client()
        client = self._client
        if self._lease is not None:
            answer = await client.refresh_lease(self._lease)
            if not answer or answer.TTL <= 0:
                self._lease = None
        if self._lease is None:
            self._lease = (await client.lease(self._lease_s)).id
        await client.put(self._key, msgspec.json.encode(record), lease=self._lease)

    async def _lost(self, error: Exception) -> None:
        """Another client next time; the lease may well be alive, and is asked for first."""
        if _LEASE_GONE in str(error):
            self._lease = None
            return
        client, self._client = self._client, None
        self._tell_away(error)
        if client is not None:
            with calls():
                await client.close()

    def _tell_reachable(self) -> None:
        if not self.reachable:
            log.info("directory_connected", lease=self._lease)
        self.reachable, self._told_away, self.trouble = True, False, ""

    def _tell_away(self, error: Exception) -> None:
        """Once for each time that it goes away."""
        self.trouble = words(error)
        if not self._told_away:
            log.warning("directory_away", error=self.trouble)
        self.reachable, self._told_away = False, True
