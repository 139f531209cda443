"""The gateway's callback transports, wired: each counted, and behind the circuit breakers of all."""

from __future__ import annotations

from collections.abc import Mapping

from broker_gateway.application.ports import CallbackTransport
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.breaker import with_breakers
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport, ToMessage
from broker_gateway.infrastructure.callbacks.identification import Identifications
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from broker_gateway.infrastructure.metrics import CountedCallbackTransport, Metrics
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.infrastructure.traced import TracedCallbackTransport
from chassis.process import version
from chassis.tracing import Tracer


class CallbackTransports:
    """All transports, which the relay and an operator's redrive share."""

    def __init__(
        self,
        settings: GatewaySettings,
        guard: AddressGuard,
        identifications: Identifications,
        metrics: Metrics,
        to_message: ToMessage,
        *,
        tracer: Tracer | None = None,
    ) -> None:
        timeout_s, agent, ca_file = settings.callback_timeout_s, f"coderunner/{version()}", settings.callback_ca_file
        self._webhooks = WebhookTransport(
            guard, timeout_s=timeout_s, user_agent=agent, identifications=identifications, ca_file=ca_file
        )
        self._grpc = GrpcCallbackTransport(
            guard,
            to_message,
            timeout_s=timeout_s,
            user_agent=agent,
            identifications=identifications,
            ca_file=ca_file,
        )
        webhooks, grpc = (
            _traced(CountedCallbackTransport(one, metrics), tracer) for one in (self._webhooks, self._grpc)
        )
        self.by_scheme: Mapping[str, CallbackTransport] = with_breakers(
            {"http": webhooks, "https": webhooks, "grpc": grpc, "grpcs": grpc},
            settings.callback_breaker_failures,
            settings.callback_breaker_s,
        )
        """By URL scheme."""

    async def close(self) -> None:
        """Closes all connections."""
        await self._webhooks.close()
        await self._grpc.close()


def _traced(transport: CallbackTransport, tracer: Tracer | None) -> CallbackTransport:
    return transport if tracer is None else TracedCallbackTransport(transport, tracer)
