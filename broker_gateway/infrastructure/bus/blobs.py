"""Blobs and files that programs left, on the streams BLOBS and FILES (docs/adr/0032)."""

from __future__ import annotations

import msgspec

from broker_gateway.application.blob_ports import BlobStoreFullError
from broker_gateway.infrastructure.bus import streams
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import blob_names, names
from schemas.blob import CHUNK_BYTES, HeldBlob
from schemas.reader import Reader

_encoder = msgspec.json.Encoder()
_decoder = Reader(HeldBlob)


class BusBlobStore:
    """Implements ``BlobStore``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def find(self, client: str, digest: str) -> HeldBlob | None:
        payload = await _last(self._bus, blob_names.STREAM_BLOBS, blob_names.blob_subject(client, digest))
        return None if payload is None else _decoder.decode(payload)

    async def held_bytes(self, client: str) -> int:
        body = {"subjects_filter": blob_names.chunks_of_client(client)}
        answer = await jetstream.call(self._bus, f"STREAM.INFO.{blob_names.STREAM_BLOBS}", body)
        return len(answer["state"].get("subjects") or ()) * CHUNK_BYTES

    async def put(self, place: str, index: int, data: bytes) -> None:
        await self._store(blob_names.chunk_subject(place, index), data)

    async def keep(self, client: str, blob: HeldBlob) -> None:
        await self._store(blob_names.blob_subject(client, blob.digest), _encoder.encode(blob))

    async def forget(self, place: str) -> None:
        await streams.purge(self._bus, blob_names.STREAM_BLOBS, blob_names.chunks_at(place))

    async def chunk(self, place: str, index: int) -> bytes | None:
        return await _last(self._bus, blob_names.STREAM_BLOBS, blob_names.chunk_subject(place, index))

    async def _store(self, subject: str, payload: bytes) -> None:
        try:
            await jetstream.store(self._bus, subject, payload)
        except jetstream.JetStreamError as error:
            if jetstream.is_full(error):
                raise BlobStoreFullError from error
            raise


class BusLeftFileStore:
    """Implements ``LeftFileStore``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def chunk(self, place: str, index: int) -> bytes | None:
        if not names.is_token(place):  # a node's word
            return None
        return await _last(self._bus, blob_names.STREAM_FILES, blob_names.file_subject(place, index))


async def _last(bus: BusConnection, stream: str, subject: str) -> bytes | None:
    """The payload on the subject; the leader is asked where a replica does not have it, which may be late."""
    payload = await streams.last_payload_of_any_replica(bus, stream, subject)
    if payload is not None:
        return payload
    stored = await jetstream.last_message(bus, stream, subject)
    return None if stored is None else stored.payload
