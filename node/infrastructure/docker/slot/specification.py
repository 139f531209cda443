"""One slot's container, told to the engine in full, and the hash by which a later start knows it again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from node.domain.language import Language
from node.domain.sandbox import Role
from node.infrastructure.docker.engine.oci_runtimes import NATIVE, RuntimeTraits
from node.infrastructure.docker.settings import DockerSettings

AGENT_CAPABILITIES = ("SETGID", "SETUID")
"""All that the agent needs: it acts on files and processes of a program as that program's own user."""

AGENT_PATH = "/opt/coderunner/agent"
WRITABLE = ("/workspace", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")  # noqa: S108 - inside the container
_PROGRAM_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108 - inside the container
_AGENT_MEMORY_BYTES = 16 << 20
_AGENT_PROCESSES = 8
"""So that the agent can fork, whatever the program did."""
_SHM_BYTES = 16 << 20
_VAR_TMP_BYTES = 4 << 20
_INODES = 16_384
_OPEN_FILES = 256
_STOP_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What one slot grants its program."""

    memory_bytes: int
    disk_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class Specification:
    """Everything that decides what a slot's container is."""

    language: Language
    role: Role
    shape: Shape
    uid: int
    image: str
    """Id of the language's image with the agent in it."""
    seccomp: str
    """The profile, as JSON."""
    settings: DockerSettings
    traits: RuntimeTraits = NATIVE
    """Of the OCI runtime that the settings name."""

    @property
    def name(self) -> str:
        """Names the uid, so that the engine itself refuses a second slot of that uid."""
        return f"{self.settings.prefix}-{self.uid}"

    @property
    def overhead_bytes(self) -> int:
        """Memory of the container beyond what its program is granted."""
        return max(self.language.memory_overhead_bytes, _AGENT_MEMORY_BYTES) + self.traits.memory_bytes

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self._container(), sort_keys=True).encode()).hexdigest()[:32]

    def payload(self) -> dict[str, Any]:
        """The body of the engine's create call."""
        prefix = self.settings.prefix
        labels = {
            f"{prefix}.node": self.settings.node_id,
            f"{prefix}.language": self.language.name,
            f"{prefix}.role": self.role.value,
            f"{prefix}.uid": str(self.uid),
            f"{prefix}.spec": self.digest(),
        }
        return {**self._container(), "Labels": labels}

    def agent_config(self) -> dict[str, Any]:
        """See ``docs/agent-protocol.md``."""
        compile_stage = self.language.compile if self.role is Role.COMPILE else None
        warm = self.language.warm_for(self.role)
        return {
            "uid": self.uid,
            "gid": self.uid,
            "warm": warm and {"kind": warm.kind, "command": list(warm.command), "env_at_start": warm.env_at_start},
            "server": list(compile_stage.server) if compile_stage and compile_stage.server else None,
            "env": {**_PROGRAM_ENV, **self.language.env, **(compile_stage.env if compile_stage else {})},
            "limits": {
                "processes": self.shape.processes + self.language.processes_overhead,
                "file_bytes": self.shape.disk_bytes,
                "open_files": _OPEN_FILES,
            },
            "writable": list(WRITABLE),
        }

    def _container(self) -> dict[str, Any]:
        environment = {**_PROGRAM_ENV, **self.settings.environment}
        return {
            "Image": self.image,
            "Hostname": "sandbox",
            "User": "0:0",
            "WorkingDir": "/",
            "Entrypoint": ["python3", "-I", "-S", "-B", AGENT_PATH],
            "Cmd": [json.dumps(self.agent_config(), sort_keys=True)],
            "Env": [f"{name}={value}" for name, value in sorted(environment.items())],
            "OpenStdin": True,
            "StdinOnce": False,  # a node that dies hangs up; its slots stay for the next one
            "Tty": False,
            "NetworkDisabled": True,
            "Healthcheck": {"Test": ["NONE"]},
            "StopSignal": "SIGTERM",
            "StopTimeout": _STOP_SECONDS,
            "HostConfig": self._host_config(),
        }

    def _host_config(self) -> dict[str, Any]:
        memory = self.shape.memory_bytes + self.overhead_bytes
        processes = self.shape.processes + self.language.processes_overhead + _AGENT_PROCESSES
        return {
            "Runtime": self.settings.oci_runtime,
            "NetworkMode": "none",
            "IpcMode": "private",
            "ReadonlyRootfs": True,
            "Tmpfs": self._tmpfs(),
            "CapDrop": ["ALL"],
            "CapAdd": list(AGENT_CAPABILITIES),
            "SecurityOpt": ["no-new-privileges:true", f"seccomp={self.seccomp}"],
            "Memory": memory,
            "MemorySwap": memory,  # the same: no swap
            "PidsLimit": self.traits.fixed_tasks + self.traits.tasks_per_process * processes,
            "OomScoreAdj": 0,  # the agent gives its programs 1000: they go first, and no slot goes after the host's own
            "NanoCpus": int(min(self.settings.cpus, os.cpu_count() or 1) * 1e9),
            "LogConfig": {"Type": "none"},
            "Init": False,
            "RestartPolicy": {"Name": "no"},
        }

    def _tmpfs(self) -> dict[str, str]:
        """Root's, so that a program can neither close a mount point nor change its mode."""
        rest = f"nosuid,nodev,mode=1777,nr_inodes={_INODES}"
        return {
            "/workspace": f"rw,exec,size={self.shape.disk_bytes},{rest}",
            "/tmp": f"rw,exec,size={self.shape.disk_bytes // 2},{rest}",  # noqa: S108 - inside the container
            "/var/tmp": f"rw,noexec,size={_VAR_TMP_BYTES},{rest}",  # noqa: S108 - inside the container
            "/dev/shm": f"rw,noexec,size={_SHM_BYTES},{rest}",  # noqa: S108 - the engine's own has no bound on inodes
        }


def usual_shape(language: Language, role: Role, settings: DockerSettings) -> Shape:
    """What the slots that wait ahead of need are made for."""
    if role is Role.COMPILE:
        stage = language.compile
        if stage is None:
            raise ValueError(f"{language.name} has no compile stage")
        return Shape(stage.memory_bytes, stage.disk_bytes, stage.processes)
    return Shape(settings.memory_bytes, settings.disk_bytes, settings.processes)
