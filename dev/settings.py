"""The settings of the demo's parts. Standard library only: ``make stop`` reads it without an environment."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dev.paths import REPOSITORY, RUN

NODE_ID = f"demo-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:6]}"
"""Its own for each checkout: stopping one demo must not touch the containers of another."""
NODE_LABEL = f"coderunner.node={NODE_ID}"
"""The label of the demo node's slot containers."""
SERVICES_IN_ORDER = ("nats", "etcd", "gateway", "node", "blog")
"""Started in this order, stopped in the other."""
ROLES = ("gateway", "node", "operator", "system")
CREDENTIALS = RUN / "credentials.env"

GATEWAY: dict[str, object] = {
    "nats_user": "gateway",
    "callback_allowed_networks": ["127.0.0.0/8"],
    "log_format": "console",
}
"""``callback_allowed_networks``: the demo blog, which takes callbacks, is on this machine."""
SHARED_CORES = {"GOMAXPROCS": "1"}
"""For a nats-server that shares a few cores with everything else: without threads to hand its work to and fro it takes
a fifth less processor time, and one core of it moves more tasks than the others can run."""
NODE: dict[str, object] = {"node_id": NODE_ID, "nats_user": "node", "log_format": "console"}


def write_toml(path: Path, values: Mapping[str, object]) -> None:
    """Writes a TOML file of values that JSON and TOML spell alike: strings, numbers, lists of strings."""
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()), encoding="utf-8")


def passwords() -> dict[str, str]:
    """The bus's passwords by variable name of nats.conf: made once per checkout, readable by their owner only."""
    if not CREDENTIALS.exists():
        lines = [
            f"{variable(role)}=p{secrets.token_hex(16)}\n" for role in ROLES
        ]  # begins with a letter: see nats.conf
        with os.fdopen(os.open(CREDENTIALS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(lines)
    return dict(line.split("=", 1) for line in CREDENTIALS.read_text(encoding="ascii").splitlines())


def variable(role: str) -> str:
    """The environment variable from which nats.conf takes the role's password."""
    return f"CODERUNNER_NATS_{role.upper()}_PASSWORD"
