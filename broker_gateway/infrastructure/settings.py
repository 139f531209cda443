"""The gateway's configuration: TOML file, then environment (``CODERUNNER_GATEWAY_…``), then flags; later ones win.

What nobody knows is an error: a misspelt limit must not be a limit that is not there.
"""

from __future__ import annotations

import argparse
import difflib
import os
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "CODERUNNER_GATEWAY_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"

Role = Literal["api", "relay"]


class ConfigurationError(Exception):
    """One sentence that says what is wrong and where."""


def _split(value: object) -> object:
    """Lists may be written with commas in the environment and in flags."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Strings = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0)]
Address = Annotated[str, Field(pattern=r"^.+:\d{1,5}$")]


class Settings(BaseSettings):
    """Sizes are bytes and times what the name ends in."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    grpc_address: Address = Field("127.0.0.1:50051", description="where the API listens; set tokens before 0.0.0.0")
    http_address: Address = Field("127.0.0.1:8081", description="where health and metrics listen")
    roles: Annotated[list[Role], NoDecode, BeforeValidator(_split), Field(min_length=1)] = Field(
        ["api", "relay"], description="what this process does: api, relay or both"
    )
    tokens: dict[str, SecretStr] = Field({}, description="client name to its bearer token; none: anybody may call")
    operators: Strings = Field([], description="clients that may call OperationsService, where there are tokens")

    nats_urls: Annotated[Strings, Field(min_length=1)] = Field(["nats://127.0.0.1:4222"], description="NATS servers")
    nats_user: str = Field("", description="user on NATS")
    nats_password: SecretStr = Field(SecretStr(""), description="password on NATS")
    nats_timeout_s: Seconds = Field(5.0, description="how long one call to the bus may take")
    etcd_endpoints: Annotated[list[Address], NoDecode, BeforeValidator(_split), Field(min_length=1)] = Field(
        ["127.0.0.1:2379"], description="etcd members, host:port"
    )
    etcd_user: str = Field("", description="user on etcd")
    etcd_password: SecretStr = Field(SecretStr(""), description="password on etcd")
    reconnect_base_s: Seconds = Field(0.2, description="first wait before connecting again; doubles")
    reconnect_max_s: Seconds = Field(10.0, description="longest wait before connecting again")
    reconnect_tries: Count = Field(
        0, description="failures in a row after which the process ends with 1; 0: it goes on for ever"
    )

    stream_replicas: Literal[1, 3, 5] = Field(1, description="copies of each stream; 3 in a cluster")
    bus_max_tasks: Positive = Field(100_000, description="tasks queued and running on the bus, all pools together")
    result_age_s: Seconds = Field(24 * 3600.0, description="how long results are kept")
    event_age_s: Seconds = Field(24 * 3600.0, description="how long the history goes back")
    dead_age_s: Seconds = Field(7 * 24 * 3600.0, description="how long dead letters are kept")

    queue_limit: Positive = Field(1000, description="tasks that may wait per pool and priority")
    source_bytes: Positive = Field(256 << 10, description="most source per task")
    source_files: Positive = Field(64, description="most files per task")
    stdin_bytes: Positive = Field(1 << 20, description="most standard input per task")
    cases: Positive = Field(100, description="most test cases per task")
    default_limits: dict[str, Positive] = Field({}, description="what a task gets that asks for nothing, by limit name")
    max_limits: dict[str, Positive] = Field({}, description="the most a task may ask for, by limit name")
    quota_rate_per_s: Annotated[float, Field(ge=0)] = Field(0.0, description="tasks per second and client; 0: any")
    quota_burst: Positive = Field(20, description="tasks at once after a pause, per client")
    quota_concurrent: Count = Field(0, description="unfinished tasks per client; 0: any")

    callback_allowed_networks: Strings = Field([], description="networks (CIDR) that callbacks may also reach")
    callback_secret: SecretStr = Field(SecretStr(""), description="signs webhooks (Standard Webhooks, whsec_…)")
    callback_timeout_s: Seconds = Field(10.0, description="how long one delivery may take")
    callback_breaker_failures: Count = Field(
        10, description="failures in a row after which an endpoint (host and port) is left alone; 0: never"
    )
    callback_breaker_s: Seconds = Field(15.0, description="how long it is left alone; purgatory is the circuit breaker")
    relay_at_once: Positive = Field(64, description="deliveries in flight")
    relay_per_endpoint: Positive = Field(8, description="deliveries in flight to one host and port")
    relay_attempts: Positive = Field(12, description="deliveries tried before a result is a dead letter")
    relay_base_s: Seconds = Field(1.0, description="wait after the first failed delivery; doubles")
    relay_max_s: Seconds = Field(60.0, description="longest wait between deliveries")

    shutdown_grace_s: Seconds = Field(15.0, description="how long calls in flight may take to finish at shutdown")
    log_format: Literal["json", "console"] = Field("json", description="how log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags come in as ``_flags``, the file as ``_file``."""
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        flags = InitSettingsSource(settings_cls, given.get("flags", {}))
        file = InitSettingsSource(settings_cls, given.get("file", {}))
        return flags, env_settings, file


def load(arguments: Sequence[str]) -> Settings:
    """Raises ConfigurationError; SystemExit for ``--help``."""
    known = Settings.model_fields
    flags = _flags(arguments)
    path = flags.pop("config", None) or os.environ.get(CONFIG_VARIABLE)
    variables = [name for name in os.environ if name.startswith(PREFIX) and name != CONFIG_VARIABLE]
    _refuse_unknown((name.removeprefix(PREFIX).lower() for name in variables), known, "the environment", PREFIX)
    file = _file(path) if path else {}
    _refuse_unknown(file, known, str(path))
    try:
        return Settings(flags=flags, file=file)  # type: ignore[call-arg]  # taken by settings_customise_sources
    except ValidationError as error:
        raise ConfigurationError(_sentence(error)) from None


def _file(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the configuration file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise ConfigurationError(message)


def _flags(arguments: Sequence[str]) -> dict[str, Any]:
    """One flag per setting that is one value or a list; tables stand in the file."""
    parser = _Parser(prog="coderunner-gateway", description="CodeRunner's gateway.", allow_abbrev=False)
    parser.add_argument("--config", metavar="FILE", help=f"TOML file with any of these settings ({CONFIG_VARIABLE})")
    for name, field in Settings.model_fields.items():
        if field.get_default() != {} and "password" not in name and "secret" not in name:
            parser.add_argument(_flag(name), metavar="VALUE", help=_help(field.description, field.get_default()))
    return {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}


def _help(description: str | None, default: object) -> str:
    shown = ",".join(map(str, default)) if isinstance(default, list) else str(default)
    return f"{description} [{shown}]".replace("%", "%%")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _refuse_unknown(names: Iterable[str], known: Iterable[str], where: str, prefix: str = "") -> None:
    known = list(known)
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            spelt = prefix + (name.upper() if prefix else name)
            meant = prefix + (close[0].upper() if prefix else close[0]) if close else ""
            hint = f"; did you mean {meant}?" if close else ""
            raise ConfigurationError(f"unknown setting {spelt} in {where}{hint}")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"the setting {name} is wrong: {first['msg'][:1].lower()}{first['msg'][1:]}"
