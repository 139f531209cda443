"""``python3 deploy/compose/credentials.py [FILE]`` writes what compose.yaml and cluster.yaml take from a file ``.env``
beside them: random passwords, the secret of the seals, the group that owns the Docker engine's socket.

Readable by its owner only. What a file has already stays as it is; what it lacks is added. Standard library only."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

ENV_FILE = Path(__file__).with_name(".env")
SOCKET = Path("/var/run/docker.sock")
PASSWORDS = (
    "CODERUNNER_NATS_GATEWAY_PASSWORD",
    "CODERUNNER_NATS_NODE_PASSWORD",
    "CODERUNNER_NATS_NODE_CLUSTER_1_PASSWORD",
    "CODERUNNER_NATS_NODE_CLUSTER_2_PASSWORD",
    "CODERUNNER_NATS_OPERATOR_PASSWORD",
    "CODERUNNER_NATS_SYSTEM_PASSWORD",
    "CODERUNNER_NATS_ROUTE_PASSWORD",
    "CODERUNNER_ETCD_ROOT_PASSWORD",
    "CODERUNNER_ETCD_GATEWAY_PASSWORD",
    "CODERUNNER_ETCD_COMPOSE_PASSWORD",
    "CODERUNNER_ETCD_CLUSTER_1_PASSWORD",
    "CODERUNNER_ETCD_CLUSTER_2_PASSWORD",
    "CODERUNNER_POSTGRES_PASSWORD",
    "CODERUNNER_GRAFANA_PASSWORD",
)
SEAL_SECRET = "CODERUNNER_SEAL_SECRET"  # noqa: S105 - a name
GROUP = "DOCKER_GROUP"
PROJECT = "COMPOSE_PROJECT_NAME"


def main(arguments: list[str] | None = None) -> int:
    """1 where no engine has its socket in the usual place, or the file cannot be written."""
    given = sys.argv[1:] if arguments is None else arguments
    path = Path(given[0]) if given else ENV_FILE
    try:
        added = complete(path, SOCKET.stat().st_gid)
    except OSError as error:
        sys.stderr.write(f"credentials: {error}\n")
        return 1
    sys.stderr.write(f"{path}: {f'{len(added)} values added' if added else 'has everything'}\n")
    return 0


def complete(path: Path, docker_group: int) -> list[str]:
    """Makes the file, or adds what it lacks. The names that were added; raises OSError."""
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    known = {line.partition("=")[0].strip() for line in kept.splitlines() if "=" in line}
    added = {name: value for name, value in _fresh(docker_group).items() if name not in known}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        if added and kept and not kept.endswith("\n"):
            file.write("\n")
        file.writelines(f"{name}={value}\n" for name, value in added.items())
    return list(added)


def _fresh(docker_group: int) -> dict[str, str]:
    passwords = {name: f"p{secrets.token_hex(16)}" for name in PASSWORDS}  # a letter first: see nats.conf
    seal = {SEAL_SECRET: secrets.token_hex(32)}
    return {PROJECT: "coderunner", **passwords, **seal, GROUP: str(docker_group)}


if __name__ == "__main__":
    sys.exit(main())
