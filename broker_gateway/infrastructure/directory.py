"""The directory of live nodes, as etcd last told them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aetcd
import aetcd.rpc
import grpc
import msgspec
import structlog
from aetcd.utils import prefix_range_end

from chassis.backoff import Failures
from chassis.etcd import CALL_TIMEOUT_S, CallCancelledError, EtcdEndpoints, EtcdSettings, calls, words
from schemas.names import NODES_PREFIX, node_key
from schemas.node import NodeRecord
from schemas.node_rules import MAX_NODES, MAX_RECORD_BYTES, fault_of
from schemas.reader import Reader

log = structlog.get_logger(__name__)

RESYNC_S = 200.0
"""The whole prefix is read again this often, whatever the watch said. Etcd forgets who we are after 300 s without a
question of ours, unless it is told otherwise."""
_PREFIX = NODES_PREFIX.encode()
_LEADER_NEEDED = ("hasleader", "true")
"""Ends the watch on a member that was cut off from its cluster, which would otherwise just stay silent."""
_DELETE = 1
_SHOWN_KEY_BYTES, _SHOWN_ERROR_CHARS = 128, 256
"""Of what a stranger may have written, in a log line."""

_decoder = Reader(NodeRecord)


class EtcdNodeDirectory:
    """Implements ``NodeDirectory``. While etcd is away the nodes last seen are kept: whether one of them is gone too
    cannot be known, and the bus does not need it to be. What nodes say of themselves meanwhile is added."""

    def __init__(self, settings: EtcdSettings, on_refused: Callable[[], object] = lambda: None) -> None:
        """``on_refused`` is called for each record that is left out."""
        self._endpoints = EtcdEndpoints(settings)
        self._on_refused = on_refused
        self._refused: dict[bytes, str] = {}
        """What was wrong with what stands under a key, so that it is logged once."""
        self._records: dict[bytes, NodeRecord] = {}
        self._nodes: tuple[NodeRecord, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._away = asyncio.Event()
        self._failures = Failures(settings.backoff, settings.reconnect_tries)
        self.synced = asyncio.Event()
        """Set once nodes are known: read for the first time, or told by themselves."""
        self.trouble = "not read yet"
        """Why etcd cannot be asked; empty where it can."""

    def nodes(self) -> Sequence[NodeRecord]:
        """Sorted by id. The same object until something changes."""
        return self._nodes

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow_for_ever(), name="node directory")

    async def given_up(self) -> None:
        """Never returns. Raises GaveUpError."""
        await self._failures.too_many("etcd")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def changed(self) -> None:
        """Returns after the next change."""
        self._changed.clear()
        await self._changed.wait()

    async def away(self) -> None:
        """Returns while etcd cannot be asked; at first, once that has been tried."""
        await self._away.wait()

    def take_in(self, records: Sequence[NodeRecord]) -> None:
        """Takes in what nodes say of themselves. Ignored where etcd is there, which knows better."""
        if not self._away.is_set() or not records:
            return
        for record in records:
            if fault := fault_of(record):
                self._refuse(b"roll call", fault)
            else:
                self._keep(node_key(record.id).encode(), record)
        self._publish()
        if not self.synced.is_set():
            log.info("nodes_told_by_themselves", nodes=len(self._nodes))
        self.synced.set()

    async def _follow_for_ever(self) -> None:
        while True:
            endpoint = ""
            try:
                client, endpoint = self._endpoints.next_client()  # refuses a user without a password
                with calls():
                    await self._session(client, endpoint)
            except (CallCancelledError, aetcd.ClientError, grpc.RpcError, OSError, TimeoutError) as error:
                self.trouble = words(error)
                log.warning("directory_away", endpoint=endpoint, error=self.trouble)
            except Exception as error:  # a message that we do not understand must not end this task
                self.trouble = words(error)
                log.exception("directory_failed", endpoint=endpoint)
            else:
                self.trouble = "the watch has ended"
            self._away.set()
            await asyncio.sleep(self._failures.next_s())

    async def _session(self, client: aetcd.Client, endpoint: str) -> None:
        """Reads and watches until the connection ends."""
        try:
            await client.connect()
            while True:
                listed = await client.get_prefix(_PREFIX)
                self._replace((pair.key, pair.value) for pair in listed)
                if not self.synced.is_set() or self._failures.count:
                    log.info("directory_connected", endpoint=endpoint, nodes=len(self._nodes))
                self.synced.set()
                self._away.clear()
                self.trouble = ""
                self._failures.reset()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RESYNC_S):
                        await self._watch(client, listed.header.revision + 1)
                        return
        finally:
            with contextlib.suppress(aetcd.ClientError, TimeoutError):
                await asyncio.wait_for(client.close(), CALL_TIMEOUT_S)

    async def _watch(self, client: Any, revision: int) -> None:
        """Until the stream ends. The stub is used directly: aetcd's own watcher does not notice a stream that ends
        without an error."""
        request = aetcd.rpc.WatchRequest(
            create_request=aetcd.rpc.WatchCreateRequest(
                key=_PREFIX,
                range_end=prefix_range_end(_PREFIX),
                start_revision=revision,
            )
        )
        call = aetcd.rpc.WatchStub(client.channel).Watch(metadata=(*(client.metadata or ()), _LEADER_NEEDED))
        await call.write(request)
        async for response in call:
            if response.canceled:
                log.warning("node_watch_ended", reason=response.cancel_reason)
                return
            for event in response.events:
                self._apply(event)

    def _apply(self, event: Any) -> None:
        if event.type == _DELETE:
            self._records.pop(event.kv.key, None)
            self._refused.pop(event.kv.key, None)
        else:
            self._put(event.kv.key, event.kv.value)
        self._publish()

    def _replace(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        listed = dict(pairs)
        for key in self._records.keys() - listed.keys():
            del self._records[key]
        for key in self._refused.keys() - listed.keys():
            del self._refused[key]
        for key, value in listed.items():
            self._put(key, value)
        self._publish()

    def _put(self, key: bytes, value: bytes) -> None:
        """A record that has not changed stays the same object; what is no proper record takes its place too."""
        record, fault = _read(key, value)
        if record is None:
            self._records.pop(key, None)
            self._refuse(key, fault)
        else:
            self._refused.pop(key, None)
            self._keep(key, record)

    def _keep(self, key: bytes, record: NodeRecord) -> None:
        if self._records.get(key) == record:
            return
        if key in self._records or len(self._records) < MAX_NODES:
            self._records[key] = record
        else:
            self._refuse(key, f"more than {MAX_NODES} nodes")

    def _refuse(self, key: bytes, fault: str) -> None:
        """Counts it, and logs it where it is news."""
        self._on_refused()
        if self._refused.get(key) == fault or len(self._refused) >= MAX_NODES:
            return
        self._refused[key] = fault
        log.warning("node_record_not_understood", key=key[:_SHOWN_KEY_BYTES].decode(errors="replace"), error=fault)

    def _publish(self) -> None:
        nodes = tuple(sorted(self._records.values(), key=lambda node: node.id))
        if nodes != self._nodes:
            self._nodes = nodes
            self._changed.set()


def _read(key: bytes, value: bytes) -> tuple[NodeRecord | None, str]:
    """The record in an entry; or None, and what is wrong with it."""
    if len(value) > MAX_RECORD_BYTES:
        return None, f"more than {MAX_RECORD_BYTES} bytes"
    try:
        record = _decoder.decode(value)
    except msgspec.DecodeError as error:
        return None, str(error)[:_SHOWN_ERROR_CHARS]
    if fault := fault_of(record):
        return None, fault
    return (record, "") if node_key(record.id).encode() == key else (None, "id: not that of its key")
