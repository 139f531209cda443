"""The gateway's callback transports, wired: each counted, and behind the circuit breakers of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from broker_gateway.application.ports import CallbackTransport
from broker_gateway.domain.callback_url import JUDGE0
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.breaker import with_breakers
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport, ToMessage
from broker_gateway.infrastructure.callbacks.identification import Identifications
from broker_gateway.infrastructure.callbacks.webhook import ToBody, WebhookForm, WebhookTransport
from broker_gateway.infrastructure.metrics import CountedCallbackTransport, Metrics
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.infrastructure.traced import TracedCallbackTransport
from chassis.process import version
from chassis.tracing import Tracer


class Telling(NamedTuple):
    """What endpoints are told, where that is not the execution as JSON."""

    to_message: ToMessage
    """By gRPC."""
    to_submission: ToBody
    """As Judge0 tells it."""


class CallbackTransports:
    """All transports, which the relay and an operator's redrive share."""

    def __init__(
        self,
        settings: GatewaySettings,
        guard: AddressGuard,
        identifications: Identifications,
        metrics: Metrics,
        telling: Telling,
        *,
        tracer: Tracer | None = None,
    ) -> None:
        timeout_s, agent, ca_file = settings.callback_timeout_s, f"coderunner/{version()}", settings.callback_ca_file
        webhook = partial(
            WebhookTransport,
            guard,
            timeout_s=timeout_s,
            user_agent=agent,
            identifications=identifications,
            ca_file=ca_file,
        )
        self._webhooks, self._judge0 = webhook(), webhook(form=WebhookForm("PUT", telling.to_submission, JUDGE0))
        self._grpc = GrpcCallbackTransport(
            guard,
            telling.to_message,
            timeout_s=timeout_s,
            user_agent=agent,
            identifications=identifications,
            ca_file=ca_file,
        )
        webhooks, as_judge0, grpc = (
            _traced(CountedCallbackTransport(one, metrics), tracer)
            for one in (self._webhooks, self._judge0, self._grpc)
        )
        self.by_scheme: Mapping[str, CallbackTransport] = with_breakers(
            {
                **{"http": webhooks, "https": webhooks, "grpc": grpc, "grpcs": grpc},
                **{f"{JUDGE0}http": as_judge0, f"{JUDGE0}https": as_judge0},
            },
            settings.callback_breaker_failures,
            settings.callback_breaker_s,
        )
        """By URL scheme."""

    async def close(self) -> None:
        """Closes all connections."""
        await self._webhooks.close()
        await self._judge0.close()
        await self._grpc.close()


def _traced(transport: CallbackTransport, tracer: Tracer | None) -> CallbackTransport:
    return transport if tracer is None else TracedCallbackTransport(transport, tracer)
