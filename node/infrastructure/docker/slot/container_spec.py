"""The complete definition of a slot's container, as the engine's create call takes it, and the hash of that definition.

A later start of the node recognises the container by this hash. ADR 0002 explains its capabilities and why its uid is
its own.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import Any

from node.domain.program import COMPILE_OPEN_FILES
from node.domain.sandbox import Role
from node.infrastructure.docker.engine.oci_runtimes import NATIVE, RuntimeTraits
from node.infrastructure.docker.settings import DockerSettings
from node.infrastructure.docker.slot.labels import SlotLabels
from node.infrastructure.docker.slot.mounts import layers_mount, precompiled_mount, scratch_mount
from node.infrastructure.docker.slot.template import SlotTemplate

AGENT_CAPABILITIES = ("SETGID", "SETUID")
"""The agent's Linux capabilities. It acts on a program's files and processes as that program's own user (ADR 0002)."""

AGENT_PATH = "/opt/coderunner/agent"
ACCOUNTS_PATH = "/run/coderunner"
"""Where the agent writes the account files that name its uid (``node/agent/accounts.py``)."""
WRITABLE = ("/workspace", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")  # noqa: S108 - inside the container
_PROGRAM_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108 - inside the container
_AGENT_MEMORY_BYTES = 16 << 20
_AGENT_PROCESSES = 8
"""Process slots kept for the agent, so that it can fork whatever the program did."""
_MIN_COUNTED_PROCESSES = 4
"""With fewer, the zygote's forks would be refused."""
_SHM_BYTES = 16 << 20
_VAR_TMP_BYTES = 4 << 20
_ACCOUNTS_BYTES = 256 << 10
_INODES = 16_384
_OPEN_FILES = 256
_SYSCTLS = {"net.ipv4.tcp_max_tw_buckets": "0"}
"""Of the container's own network. No TIME_WAIT keeps a port of a program from the next one: no packet can come late on
an empty loopback. The engine refuses to start a container where the kernel has none (before Linux 4.11)."""
_STOP_SECONDS = 2


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """The definition of one slot's container: a template with the uid of one slot."""

    template: SlotTemplate
    uid: int
    seccomp: str
    """The seccomp profile, as JSON."""
    settings: DockerSettings
    traits: RuntimeTraits = NATIVE
    """Traits of the OCI runtime that the settings name."""

    @property
    def name(self) -> str:
        """The container's name: it contains the uid, so that the engine itself refuses a second slot of that uid."""
        return f"{self.settings.prefix}-{self.uid}"

    @property
    def overhead_bytes(self) -> int:
        """Memory of the container beyond what its program is granted: the agent's, the language's and the runtime's."""
        return max(self.template.language.memory_overhead_bytes, _AGENT_MEMORY_BYTES) + self.traits.memory_bytes

    def digest(self) -> str:
        """Hash of everything that decides what the container is."""
        return hashlib.sha256(json.dumps(self._container(), sort_keys=True).encode()).hexdigest()[:32]

    def payload(self) -> dict[str, Any]:
        """The body of the engine's create call."""
        labels = SlotLabels(
            node_id=self.settings.node_id,
            language=self.template.language.id,
            role=self.template.role.value,
            uid=self.uid,
            spec=self.digest(),
        )
        return {**self._container(), "Labels": labels.as_dict(self.settings.prefix)}

    def agent_config(self) -> dict[str, Any]:
        """The agent's configuration, its one argument. See ``docs/agent-protocol.md``."""
        language, role = self.template.language, self.template.role
        compile_stage = language.compile if role is Role.COMPILE else None
        warm = language.warm_for(role)
        return {
            "uid": self.uid,
            "gid": self.uid,
            "warm": warm and asdict(warm),
            "server": list(compile_stage.server) if compile_stage and compile_stage.server else None,
            "env": {**_PROGRAM_ENV, **language.env, **(compile_stage.env if compile_stage else {})},
            "limits": {
                "processes": self.template.size.processes + language.processes_overhead,
                "file_bytes": self.template.size.disk_bytes + language.file_overhead_bytes,
                "open_files": COMPILE_OPEN_FILES if compile_stage else _OPEN_FILES,
            },
            "writable": list(WRITABLE),
        }

    def _container(self) -> dict[str, Any]:
        environment = {**_PROGRAM_ENV, **self.settings.environment}
        return {
            "Image": self.template.image,
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
        memory = self.template.size.memory_bytes + self.overhead_bytes
        return {
            "Runtime": self.settings.oci_runtime,
            "NetworkMode": "none",
            "IpcMode": "private",
            "ReadonlyRootfs": True,
            "Tmpfs": self._tmpfs(),
            "CapDrop": ["ALL"],
            "CapAdd": list(AGENT_CAPABILITIES),
            "Sysctls": _SYSCTLS,
            "SecurityOpt": ["no-new-privileges:true", f"seccomp={self.seccomp}"],
            "Memory": memory,
            "MemorySwap": memory,  # the same: no swap
            "PidsLimit": self._max_tasks(),
            "OomScoreAdj": 0,  # the agent gives its programs 1000: they go first, and no slot goes after the host's own
            "NanoCpus": int(min(self.settings.cpus, os.cpu_count() or 1) * 1e9),
            "LogConfig": {"Type": "none"},
            "Init": False,
            "RestartPolicy": {"Name": "no"},
            **self._mounts(),
        }

    def _mounts(self) -> dict[str, Any]:
        """Nothing of the host's. A compile slot reads what was precompiled for its image, slots of languages with
        packages the layers of these; an installer's writes its own folder."""
        template, mounts = self.template, []
        if template.precompiled:
            mounts.append(precompiled_mount(template.precompiled))
        if template.scratch is not None:
            mounts.append(scratch_mount(template.scratch))
        elif self.settings.layers_volume and template.language.packages is not None:
            mounts.append(layers_mount(self.settings.layers_volume))
        return {"Mounts": mounts} if mounts else {}

    def _max_tasks(self) -> int:
        """What the container's control group grants. In a run slot that is exactly what its programs are granted
        beside the processes that live there: then the kernel counts whom it refuses, and the agent can tell."""
        processes = self.template.size.processes + self.template.language.processes_overhead
        if self.template.role is Role.RUN and self.traits == NATIVE and processes >= _MIN_COUNTED_PROCESSES:
            warm = self.template.language.warm_for(Role.RUN)
            return processes + 1 + (warm is not None and warm.kind == "zygote")
        return self.traits.fixed_tasks + self.traits.tasks_per_process * (processes + _AGENT_PROCESSES)

    def _tmpfs(self) -> dict[str, str]:
        """The file systems in memory. Root owns them, so that a program can neither close one nor change its mode; in
        that of the accounts it can write nothing."""
        rest = f"nosuid,nodev,mode=1777,nr_inodes={_INODES}"
        return {
            "/workspace": f"rw,exec,size={self.template.size.disk_bytes},{rest}",
            "/tmp": f"rw,exec,size={self.template.size.disk_bytes // 2},{rest}",  # noqa: S108 - inside the container
            "/var/tmp": f"rw,noexec,size={_VAR_TMP_BYTES},{rest}",  # noqa: S108 - inside the container
            ACCOUNTS_PATH: f"rw,noexec,size={_ACCOUNTS_BYTES},nosuid,nodev,mode=755,nr_inodes=16",
            "/dev/shm": f"rw,noexec,size={_SHM_BYTES},{rest}",  # noqa: S108 - the engine's own has no bound on inodes
        }
