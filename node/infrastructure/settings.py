"""The node's configuration: flags over environment over TOML file over defaults; what nobody knows is refused."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from node.domain.rules import CheckMode
from sandbox import LANGUAGES_DIR, SECCOMP_PATH

ENVIRONMENT = "CODERUNNER_NODE_"
CONFIG = "CODERUNNER_NODE_CONFIG"
CORES = os.cpu_count() or 1


class SettingsError(Exception):
    """One sentence that says which setting is wrong, and where it came from."""


def _list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _table(value: object) -> object:
    """``rack=3,zone=b`` in the environment and in flags."""
    return dict(str(part).partition("=")[::2] for part in _list(value)) if isinstance(value, str) else value  # type: ignore[attr-defined]  # a str becomes a list


Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Tokens = Annotated[list[Token], NoDecode, BeforeValidator(_list), Field(min_length=1)]
Texts = Annotated[list[str], NoDecode, BeforeValidator(_list), Field(min_length=1)]
Table = Annotated[dict[str, str], NoDecode, BeforeValidator(_table)]
Seconds = Annotated[float, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=101)]
Most = Annotated[int, Field(ge=1)]


class NodeSettings(BaseSettings):
    """Each name ends in its unit where it has one. A percentage of 101 is never reached."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT, extra="forbid", frozen=True, hide_input_in_errors=True)

    node_id: Token | Literal[""] = Field(
        "", description="empty: host name and a random end, kept in the state directory"
    )
    state_dir: Path = Field(Path("~/.local/state/coderunner-node"), description="where the node keeps its id")
    pools: Tokens = Field(["default"], description="whose tasks it takes")
    labels: Table = Field({}, description="told in the directory, such as rack=3")
    concurrency: Most = Field(CORES, description="the most tasks at once")
    max_attempts: Most = Field(3, description="a task begun this often without a result is poison")
    code_check: CheckMode = Field(CheckMode.OFF, description="off, warn or reject, by the languages' rules")
    drain_s: Seconds = Field(30.0, description="what still runs after this is handed back")
    artefact_bytes: Most = Field(128 << 20, description="compiled artefacts kept in memory")

    nats_urls: Texts = Field(["nats://127.0.0.1:4222"], description="NATS servers")
    nats_user: str = Field("", description="user on NATS")
    nats_password: SecretStr = Field(SecretStr(""), description="password on NATS")
    nats_credentials: str = Field("", description="path of a NATS credentials file")
    ack_wait_s: Seconds = Field(5.0, description="silent for this long, a node loses its tasks; same in the whole pool")
    etcd_endpoints: Texts = Field(["127.0.0.1:2379"], description="etcd members, host:port")
    etcd_user: str = Field("", description="user on etcd")
    etcd_password: SecretStr = Field(SecretStr(""), description="password on etcd")
    lease_s: Annotated[int, Field(ge=2)] = Field(
        15, description="a node that is silent for so long leaves the directory"
    )
    heartbeat_s: Seconds = Field(5.0, description="how often the node describes itself")
    reconnect_base_s: Seconds = Field(0.1, description="first pause before connecting again; doubles")
    reconnect_max_s: Seconds = Field(5.0, description="longest pause before connecting again")
    reconnect_tries: Annotated[int, Field(ge=0)] = Field(
        0, description="failures in a row after which the process ends with 1; 0: it goes on for ever"
    )

    cpu_alarm_percent: Percent = Field(95.0, description="processor time that other programs take")
    memory_alarm_percent: Percent = Field(90.0, description="memory in use")
    disk_alarm_percent: Percent = Field(95.0, description="disk in use where the state directory is")

    sandbox: Literal["docker", "simulated"] = Field(
        "docker", description="simulated runs nothing: tests and bench only"
    )
    languages_dir: Path = Field(LANGUAGES_DIR, description="one TOML file per language")
    languages: Annotated[list[str], NoDecode, BeforeValidator(_list)] = Field([], description="only these; none: all")
    docker_socket: str = Field("unix:///var/run/docker.sock", description="the engine's address")
    docker_prefix: Token = Field("coderunner", description="begins names of images and containers")
    oci_runtime: str = Field("runc", description="runc, crun, runsc, or what else the engine knows")
    isolation: Literal["reuse", "single-use"] = Field("reuse", description="what becomes of a slot after its task")
    retire_after: Most = Field(500, description="launches after which a slot is replaced")
    spare_slots: Annotated[int, Field(ge=0)] = Field(1, description="slots per language that are kept free")
    idle_shrink_s: Seconds = Field(300.0, description="slots that were not needed for so long are removed")
    slot_memory_bytes: Annotated[int, Field(ge=16 << 20)] = Field(
        256 << 20, description="memory that waiting slots grant; as the gateway's default limit"
    )
    slot_disk_bytes: Annotated[int, Field(ge=1 << 20)] = Field(
        64 << 20, description="size of a waiting slot's work directory; more gets a slot of its own"
    )
    slot_processes: Most = Field(64, description="processes that waiting slots grant; more gets a slot of its own")
    slot_cpus: Annotated[float, Field(ge=0.1)] = Field(2.0, description="processors that one slot may use")
    slot_direct: bool = Field(True, description="speaks to slots past the engine: where node and engine share a host")
    seccomp_path: Path = Field(SECCOMP_PATH, description="system calls that a slot may make")
    uid_base: Annotated[int, Field(ge=1000)] = Field(200_000, description="first user id given to a slot")
    simulated_run_ms: Annotated[float, Field(ge=0)] = Field(0.0, description="run time of every simulated task")
    simulated_languages: Tokens = Field(["python"], description="what a simulated node says it runs")

    http_address: Annotated[str, Field(pattern=r"^.+:\d{1,5}$")] = Field(
        "127.0.0.1:8082", description="where health and metrics listen"
    )
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
        """The TOML file's values come as the init argument ``_toml``, below the environment."""
        given = dict(init_settings.init_kwargs) if isinstance(init_settings, InitSettingsSource) else {}
        toml = given.pop("_toml", {})
        return (
            InitSettingsSource(settings_cls, init_kwargs=given),
            env_settings,
            InitSettingsSource(settings_cls, init_kwargs=toml),
        )


def load_settings(arguments: Sequence[str]) -> NodeSettings:
    """From flags, environment and file. Raises SettingsError; ``--help`` prints and exits."""
    flags = _parse(arguments)
    config = flags.pop("config", None) or os.environ.get(CONFIG)
    toml = _read(Path(config)) if config else {}
    variables = [name for name in os.environ if name.startswith(ENVIRONMENT) and name != CONFIG]
    _known((name.removeprefix(ENVIRONMENT).lower() for name in variables), "the environment", ENVIRONMENT)
    _known(toml, str(config))
    try:
        return NodeSettings(**{**flags, "_toml": toml})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise SettingsError(f"setting {name} ({_origin(name, flags, config)}): {first['msg']}") from None


def _known(names: Iterable[str], where: str, prefix: str = "") -> None:
    unknown = sorted(set(names) - NodeSettings.model_fields.keys())
    if unknown:
        spelt = f"{prefix}{unknown[0].upper()}" if prefix else unknown[0]
        raise SettingsError(f"{where} has an unknown setting: {spelt}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path} is no TOML: {error}") from None


def _origin(name: str, flags: dict[str, Any], config: str | None) -> str:
    if name in flags:
        return f"flag --{name.replace('_', '-')}"
    return "environment" if f"{ENVIRONMENT}{name.upper()}" in os.environ else str(config)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise SettingsError(f"command line: {message}")


def _parse(arguments: Sequence[str]) -> dict[str, Any]:
    """A flag for each setting that is no secret: a command line can be read by every user of the machine."""
    parser = _Parser(prog="coderunner-node", description="Runs tasks in sandboxes.", allow_abbrev=False)
    parser.add_argument("--config", metavar="FILE", help=f"TOML file; also {CONFIG}")
    for name, field in NodeSettings.model_fields.items():
        if not name.endswith("_password"):
            words = f"{field.description} [{field.get_default()}]".replace("%", "%%")
            parser.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=words)
    return {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
