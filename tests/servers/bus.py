"""A node's connection to a test's bus."""

from __future__ import annotations

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas.names import INBOX_NODE


async def node_connection(url: str, name: str = "test") -> BusConnection:
    """Connected when it returns; whoever asked for it closes it."""
    bus = BusConnection(BusSettings(urls=[url], name=name, inbox_prefix=INBOX_NODE, timeout_s=2.0))
    bus.start()
    await bus.wait_connected()
    return bus
