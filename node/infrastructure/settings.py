"""The node's configuration. Where it comes from, and what is refused: ``chassis.settings``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.connections import ConnectedSettings
from chassis.settings import (
    Address,
    Count,
    Positive,
    Seconds,
    Strings,
    Table,
    Token,
    Tokens,
)
from node.domain.rules import CheckMode
from sandbox import IMAGES_DIR, LANGUAGES_DIR, SECCOMP_PATH

CORES = os.cpu_count() or 1

Percent = Annotated[float, Field(ge=0, le=101)]


class NodeSettings(ConnectedSettings):
    """The node's settings. Each name ends in its unit where it has one. A percentage of 101 is never reached."""

    model_config = SettingsConfigDict(env_prefix="CODERUNNER_NODE_")
    PROGRAM = "coderunner-node"
    SUMMARY = "Runs tasks in sandboxes."
    RENAMED: ClassVar = {"reconnect_most_s": "reconnect_max_s"}

    node_id: Token | Literal[""] = Field(
        "", description="empty: host name and a random end, kept in the state directory"
    )
    state_dir: Path = Field(Path("~/.local/state/coderunner-node"), description="where the node keeps its id")
    pools: Tokens = Field(["default"], description="whose tasks it takes")
    labels: Table = Field({}, description="told in the directory, such as rack=3")
    concurrency: Positive = Field(CORES, description="the most tasks at once")
    sessions: Positive = Field(
        4 * CORES, description="the most tasks that are talked to at once, beside the others; half of them one client's"
    )
    max_attempts: Positive = Field(3, description="a task begun this often without a result is poison")
    code_check: CheckMode = Field(CheckMode.OFF, description="off, warn or reject, by the languages' rules")
    drain_s: Seconds = Field(30.0, description="what still runs after this is handed back")
    artefact_bytes: Positive = Field(128 << 20, description="compiled artefacts kept in memory")
    blob_cache_bytes: Count = Field(512 << 20, description="blobs kept in the state directory; 0: none")

    nats_timeout_s: Seconds = Field(2.0, description="how long one call to the bus may take; stores are tried for 60 s")
    lease_s: Annotated[int, Field(ge=2)] = Field(
        15, description="a node that is silent for so long leaves the directory"
    )
    heartbeat_s: Seconds = Field(5.0, description="how often the node describes itself")

    cpu_alarm_percent: Percent = Field(95.0, description="processor time that other programs take")
    memory_alarm_percent: Percent = Field(90.0, description="memory in use")
    disk_alarm_percent: Percent = Field(95.0, description="disk in use where the state directory is")

    sandbox: Literal["docker", "simulated"] = Field(
        "docker", description="simulated runs nothing: tests and bench only"
    )
    languages_dir: Path = Field(LANGUAGES_DIR, description="one TOML file per language")
    languages: Strings = Field([], description="only these; none: the default ones")
    images_dir: Path = Field(IMAGES_DIR, description="a Dockerfile per image, beside those that are shipped")
    docker_socket: str = Field("unix:///var/run/docker.sock", description="the engine's address")
    docker_prefix: Token = Field("coderunner", description="begins names of images and containers")
    oci_runtime: str = Field("runc", description="runc, crun, runsc, or what else the engine knows")
    isolation: Literal["reuse", "single-use"] = Field("reuse", description="what becomes of a slot after its task")
    retire_after: Positive = Field(500, description="launches after which a slot is replaced")
    spare_slots: Count = Field(1, description="slots per language that are kept free")
    idle_shrink_s: Seconds = Field(300.0, description="slots that were not needed for so long are removed")
    slot_memory_bytes: Annotated[int, Field(ge=16 << 20)] = Field(
        256 << 20, description="memory that waiting slots grant; as the gateway's default limit"
    )
    slot_disk_bytes: Annotated[int, Field(ge=1 << 20)] = Field(
        64 << 20, description="size of a waiting slot's work directory; more gets a slot of its own"
    )
    slot_processes: Positive = Field(64, description="processes that waiting slots grant; more gets a slot of its own")
    slot_cpus: Annotated[float, Field(ge=0.1)] = Field(2.0, description="processors that one slot may use")
    slot_direct: bool = Field(True, description="speaks to slots past the engine: where node and engine share a host")
    precompiled_mib: Count = Field(
        1536, description="disk for the precompiled headers that programs turn out to begin with; 0 makes none"
    )
    package_indexes: Table = Field(
        {}, description="kind of packages=address of its index and of where its pages lead to, with blanks between"
    )
    package_index_ca: Path | None = Field(None, description="whom the node believes to be an index; none: the usual")
    packages_mib: Count = Field(4096, description="disk for packages that were installed and are not in use")
    package_installations: Positive = Field(1, description="installations of packages at once; one client's: one")
    package_refresh_s: Seconds = Field(
        86_400.0, description="packages that name no one version are looked up again after this"
    )
    seccomp_path: Path = Field(SECCOMP_PATH, description="system calls that a slot may make")
    uid_base: Annotated[int, Field(ge=1000)] = Field(200_000, description="first user id given to a slot")
    simulated_run_ms: Annotated[float, Field(ge=0)] = Field(0.0, description="run time of every simulated task")
    simulated_languages: Tokens = Field(["python"], description="what a simulated node says it runs")

    http_address: Address = Field("127.0.0.1:8082", description="where health and metrics listen")
