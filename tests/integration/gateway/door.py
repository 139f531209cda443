"""A bus with roles at whose door nodes that joined are let in by gateways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from broker_gateway import nats_joins
from broker_gateway.infrastructure.bus.joined_nodes import BusJoinedNodes
from broker_gateway.infrastructure.bus.letting_in import Entry, LettingIn
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names
from schemas.topology import BusLimits
from tests.fakes.nats_keys import Key
from tests.integration.gateway.declared_bus import declared
from tests.servers import NatsServer
from tests.servers.nats import PASSWORDS


class Door:
    """A bus with roles whose gateways let in nodes that joined, and those gateways."""

    def __init__(self, directory: Path, server: NatsServer, replicas: int = 1) -> None:
        self.server = server
        self.directory = directory
        self._limits = BusLimits(joins=True, replicas=replicas)
        self.counted: list[Entry] = []

    @asynccontextmanager
    async def gateway(self, lifetime_s: float = 900.0) -> AsyncIterator[BusJoinedNodes]:
        """One that answers, and has declared all; what it keeps of nodes."""
        settings = BusSettings(
            urls=[self.server.url],
            user="gateway",
            password=PASSWORDS["gateway"],
            inbox_prefix=names.INBOX_GATEWAY,
            reconnect_max_s=0.2,
        )
        async with AsyncExitStack() as stack:
            bus = await stack.enter_async_context(declared(settings, self._limits, within_s=30))
            nodes = BusJoinedNodes(bus)
            account = AccountKey.read(str(nats_joins.account_file(self.directory)))
            letting_in = LettingIn(bus, nodes, account, count=self.counted.append, lifetime_s=lifetime_s)
            await letting_in._listen()  # it was connected before there was a hook
            stack.push_async_callback(letting_in.close)
            await bus.settle(bus.current)
            yield nodes

    @asynccontextmanager
    async def node(
        self, key: Key, user: str = "joined-n1", *, to: NatsServer | None = None
    ) -> AsyncIterator[BusConnection]:
        """Somebody who comes as that node does, again and again."""
        seed = self.directory / f"{key.public}.nk"
        seed.write_bytes(key.seed)
        connection = BusConnection(
            BusSettings(
                urls=[(to or self.server).url],
                user=user,
                nkey=str(seed),
                inbox_prefix=names.inbox_of(user),
                reconnect_base_s=0.05,
                reconnect_max_s=0.2,
            )
        )
        connection.start()
        try:
            yield connection
        finally:
            await connection.close()
