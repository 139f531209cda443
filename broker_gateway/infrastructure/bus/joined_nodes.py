"""The nodes that joined by a token: the stream NODES, one message for each."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from broker_gateway.application.join_ports import FoundNode, NoRoomError
from broker_gateway.infrastructure.bus import streams
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.joined import JOINED_WILDCARD, JoinedNode, joined_subject
from schemas.reader import Reader

_encoder = msgspec.json.Encoder()
_decoder = Reader(JoinedNode)


class BusJoinedNodes:
    """Implements ``JoinedNodes``. A revision is the sequence of the node's message."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def find(self, node_id: str) -> FoundNode | None:
        """As the stream's leader has it: a replica may still have what was taken away."""
        found = await jetstream.last_message(self._bus, names.STREAM_NODES, joined_subject(node_id))
        return None if found is None else FoundNode(_node(found.payload), found.sequence)

    async def put(self, node: JoinedNode, *, after: int) -> bool:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: str(after)}
        try:
            await jetstream.store(self._bus, joined_subject(node.node_id), _encoder.encode(node), headers)
        except jetstream.JetStreamError as error:
            if jetstream.is_taken(error):
                return False
            if jetstream.is_full(error):
                raise NoRoomError(str(error)) from error
            raise
        return True

    async def remove(self, found: FoundNode) -> bool:
        return await streams.delete(self._bus, names.STREAM_NODES, found.revision)

    async def page(self, above: int, size: int) -> Sequence[FoundNode]:
        body = {"next_by_subj": JOINED_WILDCARD, "seq": above + 1, "batch": size}
        batch = await streams.read_batch(self._bus, names.STREAM_NODES, body)
        return [FoundNode(_node(message.data), streams.sequence_of(message)) for message in batch]


def _node(payload: bytes) -> JoinedNode:
    """Gateways alone write there: what is not understood is a newer one's, and no reason to let anybody in."""
    try:
        return _decoder.decode(payload)
    except msgspec.DecodeError as error:
        raise BusUnavailableError(f"a node that joined is not understood: {error}") from error
