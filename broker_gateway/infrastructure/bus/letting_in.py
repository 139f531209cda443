"""The gateway's answers to the bus, which asks who somebody is that its configuration does not know: nodes that joined
are let in, with a node's rights for their pools, and nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.application.join_ports import JoinedNodes
from broker_gateway.domain.quota import TokenBucket
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey, AuthRequest, JwtError, read_request
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas.joined import AUTH_REQUESTS, JoinedNode, joined_id, joined_user
from schemas.permissions import of_joined_node

ACCOUNT = "CODERUNNER"
"""The one in nats.conf."""
LIFETIME_S = 900.0
"""After this the bus ends a node's connection, and it comes again: who was forgotten is out by then."""
MAX_AT_ONCE = 64
"""More are not answered, and come again."""
LINES_PER_S, LINES_AT_ONCE = 1.0, 20
"""Lines about who was refused: strangers must not fill the disk."""
_GATEWAYS = "gateways"
log = structlog.get_logger(__name__)


class Entry(StrEnum):
    """What became of somebody who came to the bus."""

    LET_IN = "let_in"
    REFUSED = "refused"
    NOT_ANSWERED = "not_answered"
    """The bus was away, what it asked was not understood, or too many came at once."""


class LettingIn:
    """The subscription of this gateway; each question goes to one of them all."""

    def __init__(
        self,
        bus: BusConnection,
        nodes: JoinedNodes,
        account: AccountKey,
        *,
        count: Callable[[Entry], object] = lambda _entry: None,
        lifetime_s: float = LIFETIME_S,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """``count`` is told of each that came."""
        self._bus = bus
        self._nodes = nodes
        self._account = account
        self._count = count
        self._lifetime_s = lifetime_s
        self._now_s = now_s
        self._client: Client | None = None
        """Whose subscription it is."""
        self._answering: set[asyncio.Task[None]] = set()
        self._lines = TokenBucket(LINES_PER_S, LINES_AT_ONCE, float(LINES_AT_ONCE), self._now_ms())
        bus.on_connect(self._listen)

    async def close(self) -> None:
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def answer(self, question: bytes) -> bytes:
        """The answer to what the bus asked. Raises JwtError where that is nothing, BusUnavailableError."""
        request = read_request(question, self._now_s())
        node, reason = await self._node(request)
        if node is None:
            return self._refusal(request, reason)
        self._count(Entry.LET_IN)
        log.info("node_let_in", node_id=node.node_id, pools=node.pools, host=request.client.host)
        return self._account.lets_in(
            request,
            of_joined_node(node.node_id, node.pools),
            account=ACCOUNT,
            name=joined_user(node.node_id),
            now_s=self._now_s(),
            lifetime_s=self._lifetime_s,
        )

    def _refusal(self, request: AuthRequest, reason: str) -> bytes:
        """What he showed may be a secret of something else: of it only an id of ours is written down."""
        self._count(Entry.REFUSED)
        if not self._lines.take(self._now_ms()):
            node_id, host = joined_id(request.said.auth_token), request.client.host
            log.warning("node_refused", reason=reason, node_id=node_id, host=host)
        return self._account.refuses(request, reason, now_s=self._now_s())

    async def _node(self, request: AuthRequest) -> tuple[JoinedNode | None, str]:
        """The node that it is, or why it is none. What costs most comes last."""
        node_id = joined_id(request.said.auth_token)
        if not (request.said.nkey and node_id):
            return None, "no node that joined, and no user of the configuration"
        if not request.proves_its_key():
            return None, "its key did not sign"
        found = await self._nodes.find(node_id)
        if found is None or found.node.nats_public_key != request.said.nkey:
            return None, "no node of this id joined with this key"
        return found.node, ""

    async def _listen(self) -> None:
        """Once per client: a reconnected one subscribes again by itself."""
        client = self._bus.current
        if client is not self._client:
            self._client = client
            await client.subscribe(AUTH_REQUESTS, queue=_GATEWAYS, cb=self._asked)

    async def _asked(self, message: Msg) -> None:
        if not message.reply or len(self._answering) >= MAX_AT_ONCE:
            self._count(Entry.NOT_ANSWERED)
            return
        task = asyncio.create_task(self._answer(message))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, message: Msg) -> None:
        try:
            await self._bus.send(message.reply, await self.answer(message.data))
        except (JwtError, BusUnavailableError) as error:
            self._count(Entry.NOT_ANSWERED)
            if not self._lines.take(self._now_ms()):
                log.warning("node_not_let_in", error=str(error))

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)
