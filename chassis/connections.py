"""The settings that every service has: how it reaches the bus and etcd, where it is asked for its health, what it
logs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from chassis.certificates import CertificateError, ServerTrust
from chassis.etcd import EtcdSettings
from chassis.nats.settings import BusSettings
from chassis.settings import (
    Address,
    Addresses,
    ConfigurationError,
    Count,
    LogFormat,
    LogLevel,
    Seconds,
    ServiceSettings,
    Strings,
)


class ConnectedSettings(ServiceSettings):
    """The base of the settings of a service on the bus."""

    nats_urls: Annotated[Strings, Field(min_length=1)] = Field(["nats://127.0.0.1:4222"], description="NATS servers")
    nats_user: str = Field("", description="user on NATS")
    nats_password: SecretStr = Field(SecretStr(""), description="password on NATS")
    nats_credentials: str = Field("", description="path of a NATS credentials file")
    nats_nkey: str = Field("", description="path of the file with the NKey seed of that user, in place of a password")
    nats_tls_authorities: str = Field(
        "", description="PEM file of the authorities of the NATS servers' certificates; empty: no TLS"
    )
    nats_tls_certificate: str = Field("", description="PEM file of the certificate that is shown to them; empty: none")
    nats_tls_key: str = Field("", description="PEM file of its key")
    nats_timeout_s: Seconds = Field(5.0, description="how long one call to the bus may take")
    etcd_endpoints: Addresses = Field(["127.0.0.1:2379"], description="etcd members, host:port")
    etcd_user: str = Field("", description="user on etcd")
    etcd_password: SecretStr = Field(SecretStr(""), description="password on etcd")
    etcd_tls_authorities: str = Field(
        "", description="PEM file of the authorities of etcd's certificates; empty: no TLS"
    )
    etcd_tls_certificate: str = Field("", description="PEM file of the certificate that is shown to it; empty: none")
    etcd_tls_key: str = Field("", description="PEM file of its key")
    reconnect_base_s: Seconds = Field(0.1, description="first wait before connecting again; doubles")
    reconnect_max_s: Seconds = Field(5.0, description="longest wait before connecting again")
    reconnect_tries: Count = Field(
        0, description="failures in a row after which the process ends with 1; 0: it goes on for ever"
    )
    http_address: Address = Field("127.0.0.1:8081", description="where health and metrics listen")
    tracing_endpoint: str = Field(
        "",
        description="URL of an OTLP collector (HTTP, such as http://collector:4318) that spans are sent to; "
        "empty: OTEL_EXPORTER_OTLP_ENDPOINT, or no tracing",
    )
    log_format: LogFormat = Field("json", description="how log lines look")
    log_level: LogLevel = Field("info", description="what is logged")

    def bus(self, *, name: str, inbox_prefix: str, post_after_s: float = 0.0, gather_s: float = 0.0) -> BusSettings:
        """The settings by which the service reaches the bus. ``name`` is shown in the server's list of connections."""
        return BusSettings(
            urls=self.nats_urls,
            user=self.nats_user,
            password=self.nats_password.get_secret_value(),
            credentials=self.nats_credentials,
            nkey=self.nats_nkey,
            trust=_trust("nats", self.nats_tls_authorities, self.nats_tls_certificate, self.nats_tls_key),
            name=name,
            inbox_prefix=inbox_prefix,
            timeout_s=self.nats_timeout_s,
            post_after_s=post_after_s,
            gather_s=gather_s,
            reconnect_base_s=self.reconnect_base_s,
            reconnect_max_s=self.reconnect_max_s,
            reconnect_tries=self.reconnect_tries,
        )

    def etcd(self) -> EtcdSettings:
        """The settings by which the service reaches etcd."""
        return EtcdSettings(
            endpoints=self.etcd_endpoints,
            user=self.etcd_user,
            password=self.etcd_password.get_secret_value(),
            trust=_trust("etcd", self.etcd_tls_authorities, self.etcd_tls_certificate, self.etcd_tls_key),
            reconnect_base_s=self.reconnect_base_s,
            reconnect_max_s=self.reconnect_max_s,
            reconnect_tries=self.reconnect_tries,
        )


def _trust(whose: str, authorities: str, certificate: str, key: str) -> ServerTrust | None:
    """Raises ConfigurationError for files that are of no use."""
    if bool(certificate) is not bool(key):
        raise ConfigurationError(f"{whose}_tls_certificate and {whose}_tls_key: one is of no use without the other")
    if not authorities:
        if certificate:
            raise ConfigurationError(f"{whose}_tls_certificate: is of no use without {whose}_tls_authorities")
        return None
    trust = ServerTrust(authorities, certificate, key)
    try:
        trust.context()
    except CertificateError as error:
        raise ConfigurationError(f"{whose}_tls_authorities: {error}") from None
    return trust
