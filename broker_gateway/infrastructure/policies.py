"""The mapping of the gateway's settings to what each of its parts is told."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from pydantic import SecretStr

from broker_gateway.application.answering import CacheModes
from broker_gateway.application.history_ports import Retention
from broker_gateway.application.settings import PlacingSettings, RelaySettings, SubmissionSettings
from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.blobs import BlobPolicy
from broker_gateway.domain.callback_attempts import AttemptPolicy
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.judging import CaseRules
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.quota import CallPolicy, QuotaPolicy
from broker_gateway.domain.reader_address import TrustedProxies
from broker_gateway.domain.resource_limit import Allowed, LimitRules
from broker_gateway.domain.seals import Seals
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.identification import (
    MAX_SETS,
    Identification,
    IdentificationError,
    Identifications,
    header_set,
)
from broker_gateway.infrastructure.client_settings import ConfiguredClients, configured_clients, must_be_known
from broker_gateway.infrastructure.join_settings import JoinSettings, join_settings
from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.certificates import CertificateError, CertificateFiles
from chassis.etcd import EtcdSettings
from chassis.nats.settings import BusSettings
from chassis.settings import ConfigurationError
from schemas.answers import CacheMode
from schemas.names import INBOX_GATEWAY, is_token
from schemas.task import Limits
from schemas.topology import RESULTS_SHARE, BusLimits

POST_AFTER_S = 0.005
"""Events and acknowledgements that nobody waits for leave together with those of so long."""
GATHER_S = 0.005
"""Under load, what is stored and looked up on the bus leaves together with what comes within so long."""
_AGE_SHARE = 0.9
"""A callback is given up, and is a dead letter then, before its result is too old to be kept."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies and settings of the gateway's parts, made from the configuration."""

    bus: BusSettings
    streams: BusLimits
    etcd: EtcdSettings
    admission: AdmissionPolicy
    submission: SubmissionSettings
    placing: PlacingSettings
    quotas: QuotaPolicy
    reader_quotas: QuotaPolicy
    calls: CallPolicy
    relay: RelaySettings
    retention: Retention
    addresses: AddressGuard
    identifications: Identifications
    clients: ConfiguredClients
    cache_modes: CacheModes
    blobs: BlobPolicy
    seals: Seals
    joins: JoinSettings | None
    """None: no nodes may join."""
    proxies: TrustedProxies
    certificate: CertificateFiles | None
    """What the API shows to its callers; None: no TLS."""


def of(settings: GatewaySettings) -> Policies:
    """The policies of these settings. Raises ConfigurationError for settings that do not fit together."""
    return Policies(
        bus=settings.bus(
            name="coderunner-gateway", inbox_prefix=INBOX_GATEWAY, post_after_s=POST_AFTER_S, gather_s=GATHER_S
        ),
        streams=_streams(settings),
        etcd=settings.etcd(),
        admission=AdmissionPolicy(
            source=SourceRules(max_bytes=settings.source_bytes, max_files=settings.source_files),
            inputs=InputRules(stdin_bytes=settings.stdin_bytes),
            limits=_limits(settings),
            cases=CaseRules(cases=settings.cases),
        ),
        submission=SubmissionSettings(
            queue_limit=settings.queue_limit,
            keeps_source=settings.history == "full" and bool(settings.history_url.get_secret_value()),
        ),
        placing=PlacingSettings(untaken_ms=int(settings.untaken_s * 1000), queue_limit=settings.queue_limit),
        quotas=QuotaPolicy(
            rate_per_s=settings.quota_rate_per_s,
            burst=settings.quota_burst,
            concurrent=settings.quota_concurrent,
            stored_bytes=_stored_bytes(settings),
            stored_for_ms=int(settings.result_age_s * 1000),
        ),
        reader_quotas=QuotaPolicy(
            rate_per_s=settings.quota_reader_rate_per_s,
            burst=settings.quota_reader_burst,
            concurrent=settings.quota_reader_concurrent,
        ),
        calls=CallPolicy(
            reads_per_s=settings.read_rate_per_s, read_burst=settings.read_burst, open_calls=settings.open_calls
        ),
        relay=_relay(settings),
        retention=_retention(settings),
        addresses=_addresses(settings),
        identifications=_identifications(settings),
        clients=configured_clients(settings),
        cache_modes=_cache_modes(settings),
        blobs=BlobPolicy(settings.blob_bytes, settings.quota_blob_bytes, int(settings.blob_age_s * 1000)),
        seals=_seals(settings),
        joins=join_settings(settings),
        proxies=_proxies(settings),
        certificate=_certificate(settings),
    )


def _stored_bytes(settings: GatewaySettings) -> int:
    """Where nobody has a name, all are one client: the oldest results make room then."""
    if not settings.asks_who:
        return 0
    return int(settings.quota_stored_share * RESULTS_SHARE * settings.bus_bytes)


def _streams(settings: GatewaySettings) -> BusLimits:
    return BusLimits(
        replicas=settings.stream_replicas,
        tasks_max_msgs=settings.bus_max_tasks,
        max_bytes=settings.bus_bytes,
        joins=bool(settings.nats_account_nkey),
        swept=bool(settings.history_url.get_secret_value()),
        results_max_age_s=settings.result_age_s,
        callbacks_max_age_s=max(settings.result_age_s, settings.relay_give_up_s),
        events_max_age_s=settings.event_age_s,
        dead_max_age_s=settings.dead_age_s,
        audit_max_age_s=settings.audit_age_s,
        answers_max_age_s=settings.cache_age_s,
        blobs_max_age_s=settings.blob_age_s,
    )


def _limits(settings: GatewaySettings) -> LimitRules:
    rules = LimitRules()
    for name in (*settings.default_limits, *settings.max_limits):
        if name not in Limits.__struct_fields__:
            known = ", ".join(Limits.__struct_fields__)
            raise ConfigurationError(f"there is no limit named {name}; there are: {known}")
    allowed = {
        name: Allowed(minimum, settings.max_limits.get(name, maximum))
        for name, (minimum, maximum) in rules.allowed.items()
    }
    try:
        return LimitRules(msgspec.structs.replace(rules.defaults, **settings.default_limits), allowed)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _give_up_s(settings: GatewaySettings) -> float:
    """Before a result is gone; where there is a history, it stays for as long as its callback is tried."""
    if settings.history_url.get_secret_value():
        return settings.relay_give_up_s
    return min(settings.relay_give_up_s, _AGE_SHARE * settings.result_age_s)


def _relay(settings: GatewaySettings) -> RelaySettings:
    return RelaySettings(
        at_once=settings.relay_at_once,
        per_endpoint=settings.relay_per_endpoint,
        attempts=AttemptPolicy(
            max_attempts=settings.relay_attempts,
            first_timeout_s=settings.callback_first_timeout_s,
            timeout_s=settings.callback_timeout_s,
            max_pause_s=settings.relay_max_s,
            give_up_ms=int(_give_up_s(settings) * 1000),
        ),
        base_s=settings.relay_base_s,
        max_s=settings.relay_max_s,
    )


def _retention(settings: GatewaySettings) -> Retention:
    return Retention(
        age_s=settings.history_age_s or None,
        failures_age_s=settings.history_failures_age_s or None,
        max_tasks=settings.history_tasks or None,
        max_tasks_per_client=settings.history_tasks_per_client or None,
        by_month=settings.history_by_month,
    )


def _proxies(settings: GatewaySettings) -> TrustedProxies:
    try:
        return TrustedProxies.of(settings.http_trusted_proxies, settings.http_forwarded_header)
    except ValueError as error:
        raise ConfigurationError(f"http_trusted_proxies: {error}") from None


def _addresses(settings: GatewaySettings) -> AddressGuard:
    try:
        return AddressGuard(settings.callback_allowed_networks)
    except ValueError as error:
        raise ConfigurationError(f"callback_allowed_networks: {error}") from None


def _identifications(settings: GatewaySettings) -> Identifications:
    _authorities(settings.callback_ca_file)
    named = (*settings.callback_secrets, *settings.callback_headers, *settings.callback_header_sets)
    must_be_known(settings, named, "callback_secrets, callback_headers and callback_header_sets")
    usual = _identification(settings, "")
    of_their_own = {*settings.callback_secrets, *settings.callback_headers}
    by_client = {name: _identification(settings, name) for name in of_their_own}
    return Identifications(usual, by_client, sets=_header_sets(settings))


def _header_sets(settings: GatewaySettings) -> dict[str, dict[str, Mapping[str, str]]]:
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for client, sets in settings.callback_header_sets.items():
        if len(sets) > MAX_SETS:
            raise ConfigurationError(f"callback_header_sets of client {client}: at most {MAX_SETS}")
        found[client] = {name: _header_set(client, name, values) for name, values in sets.items()}
    return found


def _header_set(client: str, name: str, values: Mapping[str, SecretStr]) -> Mapping[str, str]:
    where = f"callback_header_sets of client {client}"
    if not is_token(name):
        raise ConfigurationError(f"{where}: a name must have 1 to 64 letters, digits, - and _")
    try:
        return header_set({header: value.get_secret_value() for header, value in values.items()})
    except IdentificationError as error:
        raise ConfigurationError(f"{where}, {name}: {error}") from None


def _authorities(path: str) -> None:
    if path:
        try:
            ssl.create_default_context(cafile=path)
        except OSError as error:
            raise ConfigurationError(f"callback_ca_file: {path} is no PEM file that can be read: {error}") from None


def _identification(settings: GatewaySettings, client: str) -> Identification:
    secrets = settings.callback_secrets.get(client, settings.callback_secret)
    headers = settings.callback_headers.get(client, {})
    try:
        return Identification.of(
            [secret.get_secret_value() for secret in secrets],
            {name: value.get_secret_value() for name, value in headers.items()},
        )
    except IdentificationError as error:
        whose = f"callback_secrets or callback_headers of client {client}" if client else "callback_secret"
        raise ConfigurationError(f"{whose}: {error}") from None


def _certificate(settings: GatewaySettings) -> CertificateFiles | None:
    if bool(settings.tls_certificate) is not bool(settings.tls_key):
        raise ConfigurationError("tls_certificate and tls_key: one is of no use without the other")
    if not settings.tls_certificate:
        if settings.tls_client_authorities:
            raise ConfigurationError("tls_client_authorities: is of no use without tls_certificate and tls_key")
        return None
    files = CertificateFiles(settings.tls_certificate, settings.tls_key, settings.tls_client_authorities)
    try:
        files.context()
    except CertificateError as error:
        raise ConfigurationError(f"tls_certificate: {error}") from None
    return files


def _seals(settings: GatewaySettings) -> Seals:
    try:
        return Seals([key.get_secret_value() for key in settings.seal_secrets], takes_unsealed=settings.seal_optional)
    except ValueError as error:
        raise ConfigurationError(f"seal_secrets: {error}") from None


def _cache_modes(settings: GatewaySettings) -> CacheModes:
    must_be_known(settings, settings.cache_clients, "cache_clients")
    return CacheModes(
        _CACHE_MODES[settings.cache], {client: _CACHE_MODES[mode] for client, mode in settings.cache_clients.items()}
    )


_CACHE_MODES = {"off": CacheMode.OFF, "read": CacheMode.READ, "read-write": CacheMode.READ_WRITE}
