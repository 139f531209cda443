"""The gateway's configuration. Where it comes from, and what is refused: ``chassis.settings``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from chassis.connections import ConnectedSettings
from chassis.settings import (
    Address,
    Count,
    OptionalAddress,
    Positive,
    Seconds,
    Secrets,
    Strings,
    split_list,
)

Role = Literal["api", "relay", "history"]
CacheDefault = Literal["off", "read", "read-write"]
Dialect = Literal["codapi", "piston", "judge0"]
Kept = Literal["full", "no-source", "status-only"]
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _number(value: object) -> object:
    """A choice of numbers may be text in the environment and in flags."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class GatewaySettings(ConnectedSettings):
    """The gateway's settings. Sizes are bytes and times what the name ends in."""

    model_config = SettingsConfigDict(env_prefix="CODERUNNER_GATEWAY_")
    PROGRAM = "coderunner-gateway"
    SUMMARY = "CodeRunner's gateway."
    RENAMED: ClassVar = {
        "reconnect_most_s": "reconnect_max_s",
        "relay_most_s": "relay_max_s",
        "bus_most_tasks": "bus_max_tasks",
    }

    grpc_address: Address = Field("127.0.0.1:50051", description="where the API listens; needs tokens beyond loopback")
    open_to_everybody: bool = Field(
        False, description="whether anybody may call it beyond loopback without a token; otherwise it does not start"
    )
    tls_certificate: str = Field("", description="PEM file of the API's certificate chain; empty: no TLS")
    tls_key: str = Field("", description="PEM file of its key; both are read again when they are replaced")
    http_address: Address = Field(
        "127.0.0.1:8081", description="where HTTP listens: the API, and health and metrics unless health_address is set"
    )
    http_api: bool = Field(True, description="whether the API is served over HTTP as well (role api)")
    http_tls: bool = Field(False, description="whether HTTP is served with that certificate too")
    http_origins: Strings = Field(
        [], description="origins (https://blog.example) whose pages may call the API from a browser; *: any"
    )
    http_trusted_proxies: Strings = Field(
        [],
        description="networks (CIDR) of proxies that say from which address a request comes: publishable keys tell "
        "readers apart by that",
    )
    http_forwarded_header: Literal["x-forwarded-for", "forwarded"] = Field(
        "x-forwarded-for", description="the header in which they say it, and which they never hand on as it came"
    )
    http_dialects: Annotated[list[Dialect], NoDecode, BeforeValidator(split_list)] = Field(
        [], description="other APIs that are served over HTTP as well: codapi, piston, judge0"
    )
    health_address: OptionalAddress = Field(
        "", description="where health and metrics listen by themselves, without TLS; empty: at http_address"
    )
    grpc_ping_s: Annotated[float, Field(ge=0.1, le=3600, allow_inf_nan=False)] = Field(
        20.0,
        description="how often a gRPC connection is asked whether its peer is there; who is silent for as long is not",
    )
    tls_client_authorities: str = Field(
        "", description="PEM file of authorities: callers must show a certificate of one (mutual TLS); empty: none"
    )
    roles: Annotated[list[Role], NoDecode, BeforeValidator(split_list), Field(min_length=1)] = Field(
        ["api", "relay", "history"],
        description="what this process does: api, relay and history (which needs history_url), or some of them",
    )
    tokens: dict[str, SecretStr] = Field({}, description="client name to its bearer token; none: anybody may call")
    operators: Strings = Field([], description="clients whose tokens may do what operators do, where there are tokens")
    admins: Strings = Field([], description="clients whose tokens may all, API keys included")
    api_keys: bool = Field(
        False, description="whether API keys are taken (needs history_url); then nobody may call without a token"
    )
    api_keys_kept_s: Seconds = Field(
        600.0, description="how long an API key that this gateway has seen goes on while the database is away"
    )
    oidc_issuer: str = Field(
        "", description="issuer (https://…) whose identity tokens (OpenID Connect, signed JWT) are taken; empty: none"
    )
    oidc_audience: str = Field("", description="the audience that they must be for")
    oidc_jwks_url: str = Field(
        "", description="where its keys are; empty: as its /.well-known/openid-configuration says"
    )
    oidc_keys_kept_s: Seconds = Field(24 * 3600.0, description="how long its keys are believed while it is away")
    oidc_client_claim: str = Field("sub", description="the claim that names the client")
    oidc_client_prefix: str = Field(
        "oidc:", description="before each such name: who chooses his name there is no client of tokens here"
    )
    oidc_roles_claim: str = Field(
        "roles", description="the claim with names of roles (a.b: b within a); coderunner:submit and so on count"
    )
    oidc_roles: dict[str, str] = Field({}, description="the issuer's name of a role to ours: submit, read-own, …")
    oidc_usual_roles: Strings = Field(["submit", "read-own"], description="the roles that each of its tokens has")

    access_log: bool = Field(
        True, description="whether each call is logged when it has ended; what is audited always is"
    )

    tracing_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="share of the traces begun here that are recorded; a caller's own decision is kept"
    )
    tracing_per_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        10.0, description="most calls, and most tasks, a second that are traced, whatever callers ask for"
    )

    nats_timeout_s: Seconds = Field(
        1.8, description="how long one call to the bus may take, a reconnection included; then UNAVAILABLE"
    )
    reconnect_max_s: Seconds = Field(0.5, description="longest wait before connecting again: calls wait for it")

    stream_replicas: Annotated[Literal[1, 3, 5], BeforeValidator(_number)] = Field(
        1, description="copies of each stream; 3 in a cluster"
    )
    bus_max_tasks: Positive = Field(100_000, description="tasks queued and running on the bus, all pools together")
    bus_bytes: Positive = Field(
        9 << 30, description="bytes that all streams may store; below the account's max_file in nats.conf"
    )
    result_age_s: Seconds = Field(
        24 * 3600.0, description="how long results stay on the bus; where there is a history, until it has them"
    )
    event_age_s: Seconds = Field(
        24 * 3600.0, description="how long events stay on the bus; where there is a history, until it has them"
    )
    audit_age_s: Seconds = Field(400 * 24 * 3600.0, description="how long the audit trail is kept")
    audit_submissions: bool = Field(
        False, description="whether the audit trail has every submission too; the history has them all"
    )
    audit_file: str = Field("", description="file that the audit trail is written to as well; empty: none")
    dead_age_s: Seconds = Field(7 * 24 * 3600.0, description="how long dead letters are kept")

    history_url: SecretStr = Field(
        SecretStr(""),
        description="database of past tasks, the same for all gateways: sqlite:///PATH, "
        "postgresql://USER:PASSWORD@HOST/NAME, mysql://… or mariadb://…; empty: none",
    )
    history: Kept = Field(
        "no-source",
        description="what is kept of a task: full (with what was submitted, but for values of environment variables), "
        "no-source or status-only (no output either); the same for all gateways",
    )
    history_migrate: bool = Field(
        False,
        description="whether the schema is brought up to date at start; otherwise coderunner-gateway migrate does",
    )
    history_age_s: Annotated[float, Field(ge=0)] = Field(0.0, description="how long past tasks are kept; 0: for ever")
    history_failures_age_s: Annotated[float, Field(ge=0)] = Field(
        0.0, description="the same for tasks that did not succeed; 0: as all others"
    )
    history_tasks: Count = Field(0, description="most past tasks that are kept; 0: any")
    history_tasks_per_client: Count = Field(0, description="most past tasks that are kept per client; 0: any")
    history_by_month: bool = Field(
        False, description="whether what is too old goes with all of its month, up to a month later (PostgreSQL)"
    )

    ack_wait_s: Seconds = Field(
        5.0, description="silent for this long, a node loses its tasks; the same in all gateways"
    )
    queue_limit: Positive = Field(1000, description="tasks that may wait per pool and priority")
    untaken_s: Seconds = Field(
        10.0, description="after this, waiting tasks that no node of their pool takes go to a pool whose nodes do"
    )
    source_bytes: Positive = Field(256 << 10, description="most source per task")
    source_files: Positive = Field(64, description="most files per task")
    stdin_bytes: Positive = Field(1 << 20, description="most standard input per task")
    blob_bytes: Annotated[int, Field(gt=0, le=64 << 20)] = Field(32 << 20, description="the largest blob")
    blob_age_s: Seconds = Field(
        24 * 3600.0, description="how long blobs are kept, and files of programs that are too large for their results"
    )
    quota_blob_bytes: Positive = Field(256 << 20, description="all blobs of one client, each in whole 256 KiB")
    cases: Positive = Field(100, description="most test cases per task")
    default_limits: dict[str, Positive] = Field({}, description="what a task gets that asks for nothing, by limit name")
    max_limits: dict[str, Positive] = Field({}, description="the most a task may ask for, by limit name")
    quota_rate_per_s: Rate = Field(0.0, description="tasks per second and client; 0: any")
    quota_burst: Positive = Field(20, description="tasks at once after a pause, per client")
    quota_stored_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5,
        description="share of the room for results that one client's may hold, where tokens tell clients apart; "
        "counted by a gateway with the role relay, from its start on; 0: any",
    )
    read_rate_per_s: Rate = Field(200.0, description="reads per second and client, a list counts as 20; 0: any")
    read_burst: Positive = Field(400, description="reads at once after a pause, per client")
    open_calls: Count = Field(
        1000, description="calls per client that wait for a task (Watch, Execute, SubmitAndWatch) at once; 0: any"
    )
    quota_concurrent: Count = Field(0, description="unfinished tasks per client; 0: any")
    quota_reader_rate_per_s: Rate = Field(
        0.0, description="tasks per second and reader of a client (Task.reader); 0: any"
    )
    quota_reader_burst: Positive = Field(5, description="tasks at once after a pause, per reader")
    quota_reader_concurrent: Count = Field(0, description="unfinished tasks per reader; 0: any")

    cache: CacheDefault = Field(
        "off", description="what tasks do with kept answers that do not say: off, read or read-write"
    )
    cache_clients: dict[str, CacheDefault] = Field({}, description="the same by client name")
    cache_age_s: Seconds = Field(24 * 3600.0, description="how long an answer is kept")
    cache_answer_bytes: Positive = Field(256 << 10, description="the largest answer that is kept, as JSON")

    callback_allowed_networks: Strings = Field([], description="networks (CIDR) that callbacks may also reach")
    callback_secret: Secrets = Field(
        [], description="signs callbacks (Standard Webhooks, whsec_…); of several each does, the newest comes first"
    )
    callback_secrets: dict[str, Secrets] = Field(
        {}, description="client name to the secrets that sign its callbacks instead"
    )
    callback_headers: dict[str, dict[str, SecretStr]] = Field(
        {}, description="client name to headers that its callbacks carry, such as Authorization"
    )
    callback_header_sets: dict[str, dict[str, dict[str, SecretStr]]] = Field(
        {}, description="client name to names of further headers, which a task's callback may ask for by that name"
    )
    callback_ca_file: str = Field(
        "",
        description="PEM file of the authorities whose certificates https and grpcs endpoints show; else the usual",
    )
    callback_timeout_s: Seconds = Field(10.0, description="how long one delivery may take")
    callback_first_timeout_s: Seconds = Field(
        3.0, description="how long the first delivery of a result may take; doubles with each further one"
    )
    callback_breaker_failures: Count = Field(
        10, description="failures in a row after which an endpoint (host and port) is left alone; 0: never"
    )
    callback_breaker_s: Seconds = Field(15.0, description="how long it is left alone; purgatory is the circuit breaker")
    progress_per_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        5.0, description="calls a second to one endpoint that tell a client of progress; what is more is dropped"
    )
    relay_at_once: Positive = Field(
        128, description="deliveries in flight; a client alone has at most half of them, one of two a third"
    )
    relay_per_endpoint: Positive = Field(8, description="deliveries in flight to one host and port, per client")
    relay_attempts: Positive = Field(12, description="deliveries tried before a result is a dead letter")
    relay_base_s: Seconds = Field(5.0, description="longest wait after the first failed delivery; grows with each")
    relay_max_s: Seconds = Field(
        6 * 3600.0, description="longest wait before the last delivery, or that an endpoint may ask for (Retry-After)"
    )
    relay_give_up_s: Seconds = Field(
        12 * 3600.0,
        description="after this, a result is a dead letter however often it was tried; without a history "
        "at most 0.9 of result_age_s",
    )

    seal_secrets: Secrets = Field(
        [],
        description="bind results to what was submitted; random, 32 characters or more, the same for all gateways and "
        "for them alone: the first is used, results of each are taken; empty: nodes are believed",
    )
    seal_optional: bool = Field(
        False, description="whether results of tasks that were submitted before there was a secret are taken"
    )

    nats_account_nkey: str = Field(
        "",
        description="path of the file with an account's NKey seed, whose word the bus takes (nats-conf --joins): nodes "
        "may join by tokens of the role join; empty: none may",
    )
    join_pools: Strings = Field(["default"], description="pools that nodes which join may take tasks from")
    join_nats_urls: Strings = Field([], description="NATS servers as nodes that join reach them; empty: nats_urls")
    join_etcd_endpoints: Annotated[list[Address], NoDecode, BeforeValidator(split_list)] = Field(
        [], description="etcd members as nodes that join reach them; empty: etcd_endpoints"
    )
    etcd_root_password: SecretStr = Field(
        SecretStr(""), description="etcd's root, which makes a user for each node that joins; empty: etcd asks nobody"
    )

    shutdown_grace_s: Seconds = Field(15.0, description="how long calls in flight may take to finish at shutdown")

    @property
    def has_clients_elsewhere(self) -> bool:
        """True where there are tokens that the configuration does not list."""
        return self.api_keys or bool(self.oidc_issuer)

    @property
    def asks_who(self) -> bool:
        """True where nobody may call without a token."""
        return bool(self.tokens) or self.has_clients_elsewhere
