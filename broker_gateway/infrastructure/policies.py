"""The configuration in the words of those it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from broker_gateway.application.settings import RelaySettings, SubmissionSettings
from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.judging import CaseRules
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.quota import QuotaPolicy
from broker_gateway.domain.resource_limit import Allowed, LimitRules
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.directory import EtcdSettings
from broker_gateway.infrastructure.settings import ConfigurationError, Settings
from chassis.nats.connection import BusSettings
from schemas.names import INBOX_GATEWAY
from schemas.task import Limits
from schemas.topology import BusLimits


@dataclass(frozen=True, slots=True)
class Policies:
    bus: BusSettings
    streams: BusLimits
    etcd: EtcdSettings
    admission: AdmissionPolicy
    submission: SubmissionSettings
    quotas: QuotaPolicy
    relay: RelaySettings
    addresses: AddressGuard
    clients: Mapping[str, str]
    """Token to client name."""
    operators: frozenset[str]


def of(settings: Settings) -> Policies:
    """Raises ConfigurationError for settings that do not fit together."""
    return Policies(
        bus=_bus(settings),
        streams=_streams(settings),
        etcd=_etcd(settings),
        admission=AdmissionPolicy(
            source=SourceRules(max_bytes=settings.source_bytes, max_files=settings.source_files),
            inputs=InputRules(stdin_bytes=settings.stdin_bytes),
            limits=_limits(settings),
            cases=CaseRules(cases=settings.cases),
        ),
        submission=SubmissionSettings(queue_limit=settings.queue_limit),
        quotas=QuotaPolicy(
            rate_per_s=settings.quota_rate_per_s,
            burst=settings.quota_burst,
            concurrent=settings.quota_concurrent,
        ),
        relay=_relay(settings),
        addresses=_addresses(settings),
        clients=_clients(settings),
        operators=_operators(settings),
    )


def _bus(settings: Settings) -> BusSettings:
    return BusSettings(
        urls=settings.nats_urls,
        user=settings.nats_user,
        password=settings.nats_password.get_secret_value(),
        inbox_prefix=INBOX_GATEWAY,
        timeout_s=settings.nats_timeout_s,
        reconnect_base_s=settings.reconnect_base_s,
        reconnect_max_s=settings.reconnect_max_s,
        reconnect_tries=settings.reconnect_tries,
    )


def _streams(settings: Settings) -> BusLimits:
    return BusLimits(
        replicas=settings.stream_replicas,
        tasks_max_msgs=settings.bus_max_tasks,
        results_max_age_s=settings.result_age_s,
        events_max_age_s=settings.event_age_s,
        dead_max_age_s=settings.dead_age_s,
    )


def _etcd(settings: Settings) -> EtcdSettings:
    return EtcdSettings(
        endpoints=settings.etcd_endpoints,
        user=settings.etcd_user,
        password=settings.etcd_password.get_secret_value(),
        reconnect_base_s=settings.reconnect_base_s,
        reconnect_max_s=settings.reconnect_max_s,
        reconnect_tries=settings.reconnect_tries,
    )


def _limits(settings: Settings) -> LimitRules:
    rules = LimitRules()
    for name in (*settings.default_limits, *settings.max_limits):
        if name not in Limits.__struct_fields__:
            known = ", ".join(Limits.__struct_fields__)
            raise ConfigurationError(f"there is no limit named {name}; there are: {known}")
    allowed = {
        name: Allowed(least, settings.max_limits.get(name, most)) for name, (least, most) in rules.allowed.items()
    }
    try:
        return LimitRules(msgspec.structs.replace(rules.defaults, **settings.default_limits), allowed)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _relay(settings: Settings) -> RelaySettings:
    return RelaySettings(
        at_once=settings.relay_at_once,
        per_endpoint=settings.relay_per_endpoint,
        delivery_timeout_s=2 * settings.callback_timeout_s,  # the transports' own time-outs come first
        max_attempts=settings.relay_attempts,
        base_s=settings.relay_base_s,
        max_s=settings.relay_max_s,
    )


def _addresses(settings: Settings) -> AddressGuard:
    try:
        return AddressGuard(settings.callback_allowed_networks)
    except ValueError as error:
        raise ConfigurationError(f"callback_allowed_networks: {error}") from None


def _clients(settings: Settings) -> dict[str, str]:
    clients: dict[str, str] = {}
    for client, secret in settings.tokens.items():
        token = secret.get_secret_value()
        if not token or token in clients:
            raise ConfigurationError(f"the token of client {client} is empty or another client's")
        clients[token] = client
    return clients


def _operators(settings: Settings) -> frozenset[str]:
    for name in settings.operators:
        if name not in settings.tokens:
            raise ConfigurationError(f"operators: there is no client {name} in tokens")
    return frozenset(settings.operators)
