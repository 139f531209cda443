"""The settings of the demo's parts. Standard library only: ``make stop`` reads it without an environment."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dev.paths import REPOSITORY, RUN, VENV

NODE_ID = f"demo-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:6]}"
"""Its own for each checkout: stopping one demo must not touch the containers of another."""
NODE_LABEL = f"coderunner.node={NODE_ID}"
"""The label of the demo node's slot containers."""
SERVICES_IN_ORDER = ("nats", "etcd", "gateway", "node", "blog")
"""Started in this order, stopped in the other."""
ROLES = ("operator", "system")
"""Of the bus, that have passwords; services have keys."""
ETCD_USERS = ("root", "gateway", "node")
CALLBACK_SECRET = "CODERUNNER_CALLBACK_SECRET"  # noqa: S105 - a name
"""The name, among the passwords, of what signs the callbacks to the blog."""
SEAL_SECRET = "CODERUNNER_SEAL_SECRET"  # noqa: S105 - a name
"""The name, among the passwords, of what binds results to what was submitted; of the gateway alone."""
BLOG_NATS_PASSWORD = "CODERUNNER_BLOG_NATS_PASSWORD"  # noqa: S105 - a name
"""The name, among the passwords, of the one by which the blog's processes enter an account of their own on the bus."""
CLIENTS = {"demo": "CODERUNNER_DEMO_TOKEN", "blog": "CODERUNNER_BLOG_TOKEN"}
"""By client, the name of its token among the passwords."""
CREDENTIALS = RUN / "credentials.env"
CLIENT_FILE = VENV / "etc" / "coderunner" / "client.toml"
"""By which the virtual environment's clients find the demo's gateway and get in, as ``demo``."""
CERTIFICATES = RUN / "tls"
"""Of the servers, and of the authority that they are all of."""
CERTIFIED = dict.fromkeys(("nats", "etcd", "gateway"), ("localhost", "127.0.0.1", "::1"))

KEYS = RUN / "nkeys"
"""By user, the seeds of the services' keys on the bus."""


def certificate(name: str) -> str:
    """The path of a server's certificate, or of the authority's, in PEM; where ``coderunner-gateway certificates``
    puts it."""
    return str(CERTIFICATES / f"{name}.pem")


def certificate_key(name: str) -> str:
    """The path of its key."""
    return str(CERTIFICATES / f"{name}-key.pem")


_TRUST = {"nats_tls_authorities": certificate("authority"), "etcd_tls_authorities": certificate("authority")}
GATEWAY: dict[str, object] = {
    **_TRUST,
    "tls_certificate": certificate("gateway"),
    "tls_key": certificate_key("gateway"),
    "admins": ["demo"],
    "api_keys": True,
    "nats_user": "gateway",
    "nats_nkey": str(KEYS / "gateway.nk"),
    "etcd_user": "gateway",
    "callback_allowed_networks": ["127.0.0.0/8"],
    "history_url": f"sqlite:///{RUN / 'history.db'}",
    "history_migrate": True,
    "log_format": "console",
}
"""``callback_allowed_networks``: the demo blog, which takes callbacks, is on this machine."""
SHARED_CORES = {"GOMAXPROCS": "1"}
"""For a nats-server that shares a few cores with everything else: without threads to hand its work to and fro it takes
a fifth less processor time, and one core of it moves more tasks than the others can run."""
NODE: dict[str, object] = {
    **_TRUST,
    "node_id": NODE_ID,
    "nats_user": "node",
    "nats_nkey": str(KEYS / "node.nk"),
    "etcd_user": "node",
    "log_format": "console",
}


def write_toml(path: Path, values: Mapping[str, object]) -> None:
    """Writes a TOML file of values that JSON and TOML spell alike (strings, numbers, lists of strings), and of tables
    of such."""
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in values.items()), encoding="utf-8")


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def passwords() -> dict[str, str]:
    """The passwords of bus and directory, and the secret of the callbacks, by variable name: made once per checkout,
    readable by their owner only. What is not there yet is added."""
    kept = CREDENTIALS.read_text(encoding="ascii") if CREDENTIALS.exists() else ""
    found = dict(line.split("=", 1) for line in kept.splitlines())
    wanted = [*map(variable, ROLES), *map(etcd_variable, ETCD_USERS), *CLIENTS.values(), BLOG_NATS_PASSWORD]
    made = {name: f"p{secrets.token_hex(16)}" for name in wanted if name not in found}  # a letter first: see nats.conf
    if CALLBACK_SECRET not in found:
        made[CALLBACK_SECRET] = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    if SEAL_SECRET not in found:
        made[SEAL_SECRET] = secrets.token_hex(32)
    if made:
        with os.fdopen(os.open(CREDENTIALS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.writelines(f"{name}={password}\n" for name, password in made.items())
    return found | made


def variable(role: str) -> str:
    """The environment variable from which nats.conf takes the role's password."""
    return f"CODERUNNER_NATS_{role.upper()}_PASSWORD"


def etcd_variable(user: str) -> str:
    """The environment variable that holds the password of a user of etcd, as ``coderunner-gateway etcd-users`` has
    it."""
    return f"CODERUNNER_ETCD_{user.upper()}_PASSWORD"
