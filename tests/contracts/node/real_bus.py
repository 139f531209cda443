"""A server with the node's and the gateway's permissions, and one connection of each."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.nats.connection import BusConnection
from node.infrastructure.bus.publisher import Publisher
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.servers import NatsServer


@dataclass(frozen=True, slots=True)
class RealBus:
    """This test's own bus: it may stop the server."""

    server: NatsServer
    gateway: GatewayStandIn
    node: BusConnection
    publisher: Publisher
