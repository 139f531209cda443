"""The use cases of nodes that join by a token: joining, listing, forgetting
(docs/adr/0028-nodes-join-by-a-token.md)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import IdTaken, Invalid, NotJoinable, UnknownNode
from broker_gateway.application.join_ports import DirectoryUsers, FoundNode, JoinedNodes, NoRoomError
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.paging import BAD_TOKEN, page_size
from broker_gateway.domain.joining import JoinDraft
from broker_gateway.domain.violation import Violation
from schemas.joined import JoinedNode, is_joinable_id, join_text

_TOKEN = re.compile(r"\d{1,19}", re.ASCII)
_TRIES = 3
"""Another gateway may change the same node meanwhile, but not for ever."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a node finds bus and directory, and how it knows them. Authorities are PEM text; empty: there is no TLS."""

    nats_urls: Sequence[str]
    nats_tls_authorities: str
    etcd_endpoints: Sequence[str]
    etcd_tls_authorities: str


@dataclass(frozen=True, slots=True)
class Admission:
    """A node that joined, and its user of the directory; empty where that asks nobody for a password."""

    node: JoinedNode
    directory_user: str
    directory_password: str = field(repr=False)
    whereabouts: Whereabouts


@dataclass(frozen=True, slots=True)
class JoinedPage:
    """One page of nodes that joined."""

    nodes: Sequence[JoinedNode]
    next_token: str
    """What asks for the next page; empty after the last."""


class JoinAppService:
    """The application service of nodes that join. Every method raises BusUnavailableError."""

    def __init__(
        self,
        *,
        nodes: JoinedNodes,
        users: DirectoryUsers,
        live: LiveNodes,
        pools: Collection[str],
        is_signed: Callable[[str, bytes, bytes], bool],
        whereabouts: Callable[[], Awaitable[Whereabouts]],
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        """``pools``: those that nodes may join. ``is_signed`` says of a public key, a text and a signature whether they
        belong together."""
        self._nodes = nodes
        self._users = users
        self._live = live
        self._pools = frozenset(pools)
        self._is_signed = is_signed
        self._whereabouts = whereabouts
        self._now_ms = now_ms
        self._one_at_a_time = asyncio.Lock()
        """The directory hashes passwords, slowly: nobody may keep it busy with that."""

    async def join(self, draft: JoinDraft, client: str) -> Admission | Invalid | IdTaken | NotJoinable:
        """Makes a machine a node, for a client who may. Again with the same key is no mistake. Raises
        DirectoryUnavailableError."""
        violations = list(draft.violations(self._pools))
        if not violations and not self._is_its_keys(draft):
            violations.append(Violation("signature", "must be the key's, of what it asks for"))
        if violations:
            return Invalid(violations)
        async with self._one_at_a_time:
            node = await self._kept(draft, client)
            if not isinstance(node, JoinedNode):
                return node
            user, password = await self._users.give(node)
        _log.info("node_joined", node_id=node.node_id, pools=node.pools, client=client)
        return Admission(node, user, password, await self._whereabouts())

    async def listed(self, size: int, token: str) -> JoinedPage | Invalid:
        """One page of nodes, in the order in which they joined; ``size`` 0 takes the default."""
        checked_size = page_size(size)
        if isinstance(checked_size, Invalid):
            return checked_size
        if token and not _TOKEN.fullmatch(token):
            return BAD_TOKEN
        found = await self._nodes.page(int(token or 0), checked_size + 1)
        more, found = len(found) > checked_size, found[:checked_size]
        return JoinedPage([one.node for one in found], str(found[-1].revision) if more else "")

    async def forget(self, node_id: str) -> JoinedNode | UnknownNode:
        """Has its key be let in no longer, and its user of the directory be gone. May be repeated where that was not
        reached. Raises DirectoryUnavailableError."""
        if not is_joinable_id(node_id):
            return UnknownNode(node_id)
        async with self._one_at_a_time:
            node = await self._removed(node_id)
            had_user = await self._users.take(node_id)
        if node is None and not had_user:
            return UnknownNode(node_id)
        _log.info("node_forgotten", node_id=node_id)
        return node or JoinedNode(node_id=node_id, pools=[], nats_public_key="", joined_at_ms=0, by="")

    def _is_its_keys(self, draft: JoinDraft) -> bool:
        return self._is_signed(draft.public_key, join_text(draft.node_id, draft.pools), draft.signature)

    async def _kept(self, draft: JoinDraft, client: str) -> JoinedNode | IdTaken | NotJoinable:
        """The node as it is kept from now on."""
        for _ in range(_TRIES):
            found = await self._nodes.find(draft.node_id)
            if (found is None and self._is_at_work(draft.node_id)) or _is_anothers(found, draft):
                break
            if found is not None and found.node.pools == list(draft.pools):
                return found.node
            node = self._node(draft, client)
            try:
                if await self._nodes.put(node, after=found.revision if found is not None else 0):
                    return node
            except NoRoomError:
                return NotJoinable("as many nodes have joined as may: forget those that are gone")
        return IdTaken(draft.node_id)

    def _node(self, draft: JoinDraft, client: str) -> JoinedNode:
        return JoinedNode(
            node_id=draft.node_id,
            pools=list(draft.pools),
            nats_public_key=draft.public_key,
            joined_at_ms=self._now_ms(),
            by=client,
        )

    def _is_at_work(self, node_id: str) -> bool:
        """A node of the configuration has the id: one that joined would hear its orders, and write its entry."""
        return any(node.id == node_id for node in self._live.live())

    async def _removed(self, node_id: str) -> JoinedNode | None:
        while (found := await self._nodes.find(node_id)) is not None:
            if await self._nodes.remove(found):
                return found.node
        return None


def _is_anothers(found: FoundNode | None, draft: JoinDraft) -> bool:
    return found is not None and found.node.nats_public_key != draft.public_key
