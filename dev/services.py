"""The demo's services: NATS with this repository's nats.conf and keys, etcd, the gateway, one node, and the blog."""

from __future__ import annotations

import sys
from pathlib import Path

from broker_gateway.nats_keys import public_keys, with_public_keys
from chassis.etcd_users import EtcdUsers
from dev import settings
from dev.paths import REPOSITORY, RUN
from dev.programs import find_program
from dev.service import Service
from schemas.names import NODES_PREFIX

NATS_PORT, NATS_HTTP_PORT = 4222, 8222
ETCD_PORT, ETCD_PEER_PORT = 2379, 2380
GRPC_PORT, GATEWAY_HTTP_PORT = 50051, 8081
NODE_HTTP_PORT = 8082
BLOG_PORT = 8080
SERVICES = ("gateway", "node")
"""The users on the bus that are services."""
_SHARED = (REPOSITORY / "schemas", REPOSITORY / "coderunner", REPOSITORY / "pyproject.toml")


def demo_services(images: str) -> list[Service]:
    """The services in the order of their start. ``images`` changes whenever a sandbox image does."""
    services = [_nats(), _etcd(), _gateway(), _node(images)]
    return [*services, _blog()] if _blog_program().exists() else services


def _nats() -> Service:
    config = RUN / "nats.conf"
    with_passwords = (REPOSITORY / "nats.conf").read_text(encoding="utf-8")
    config.write_text(with_public_keys(with_passwords, public_keys(settings.KEYS, SERVICES)), encoding="utf-8")
    return Service(
        "nats",
        (str(find_program("nats-server")), "-c", str(config)),
        ports=(NATS_PORT, NATS_HTTP_PORT),
        ready=(NATS_HTTP_PORT, "/healthz"),
        made_of=(config,),
        env={"CODERUNNER_NATS_STORE": str(RUN / "nats"), **_bus_passwords(), **settings.SHARED_CORES},
    )


def _bus_passwords() -> dict[str, str]:
    return {name: settings.passwords()[name] for name in map(settings.variable, settings.ROLES)}


def _etcd() -> Service:
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", f"http://127.0.0.1:{ETCD_PEER_PORT}"
    return Service(
        "etcd",
        (
            *(str(find_program("etcd")), "--name", "demo", "--data-dir", str(RUN / "etcd")),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"demo={peer}"),
            *("--log-level", "warn", "--bcrypt-cost", "4"),
            *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h"),
        ),
        ports=(ETCD_PORT, ETCD_PEER_PORT),
        ready=(ETCD_PORT, "/health"),
    )


def ask_for_passwords() -> None:
    """Has etcd know its users: the gateway reads, the node writes its own entry. Their passwords are random and long,
    so that a cheap hash of them is enough. Raises EtcdRefusedError, OSError."""
    passwords = {user: settings.passwords()[settings.etcd_variable(user)] for user in settings.ETCD_USERS}
    EtcdUsers(f"127.0.0.1:{ETCD_PORT}", passwords["root"]).set_up(
        prefix=NODES_PREFIX,
        gateway=("gateway", passwords["gateway"]),
        nodes={settings.NODE_ID: ("node", passwords["node"])},
    )


def _gateway() -> Service:
    config = RUN / "gateway.toml"
    settings.write_toml(config, settings.GATEWAY)
    return Service(
        "gateway",
        (sys.executable, "-m", "broker_gateway.main", "--config", str(config)),
        ports=(GRPC_PORT, GATEWAY_HTTP_PORT),
        ready=(GATEWAY_HTTP_PORT, "/readyz"),
        made_of=(REPOSITORY / "broker_gateway", config, *_SHARED),
        env={
            "CODERUNNER_GATEWAY_CALLBACK_SECRET": settings.passwords()[settings.CALLBACK_SECRET],
            "CODERUNNER_GATEWAY_SEAL_SECRETS": settings.passwords()[settings.SEAL_SECRET],
            "CODERUNNER_GATEWAY_ETCD_PASSWORD": settings.passwords()[settings.etcd_variable("gateway")],
        },
    )


def _node(images: str) -> Service:
    config = RUN / "node.toml"
    settings.write_toml(config, settings.NODE)
    return Service(
        "node",
        (sys.executable, "-m", "node.main", "--config", str(config)),
        ports=(NODE_HTTP_PORT,),
        ready=(NODE_HTTP_PORT, "/readyz"),
        made_of=(
            REPOSITORY / "node",
            REPOSITORY / "sandbox" / "languages",
            REPOSITORY / "sandbox" / "seccomp.json",
            config,
            *_SHARED,
        ),
        env={
            "CODERUNNER_NODE_ETCD_PASSWORD": settings.passwords()[settings.etcd_variable("node")],
        },
        also=images,
    )


def _blog_program() -> Path:
    return REPOSITORY / "examples" / "blog" / "__main__.py"


def _blog() -> Service:
    return Service(
        "blog",
        (sys.executable, "-m", "examples.blog"),
        ports=(BLOG_PORT,),
        ready=(BLOG_PORT, "/"),
        env={"BLOG_CALLBACK_SECRETS": settings.passwords()[settings.CALLBACK_SECRET]},
        made_of=(REPOSITORY / "examples" / "blog", *_SHARED),
    )
