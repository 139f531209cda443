"""The demo's services: NATS with this repository's nats.conf and keys, etcd, the gateway, one node, and the blog; each
on loopback alone, with a certificate of the demo's authority where it is called."""

from __future__ import annotations

import json
import os
import ssl
import sys
from pathlib import Path

from broker_gateway.certificates import make_certificates
from broker_gateway.nats_keys import public_keys, with_public_keys
from chassis.etcd_users import EtcdUsers
from dev import settings
from dev.paths import REPOSITORY, RUN
from dev.programs import find_program
from dev.service import Service
from schemas.names import NODES_PREFIX

NATS_PORT, NATS_HTTP_PORT = 4222, 8222
ETCD_PORT, ETCD_PEER_PORT, ETCD_HTTP_PORT = 2379, 2380, 2381
GRPC_PORT, GATEWAY_HTTP_PORT = 50051, 8081
NODE_HTTP_PORT = 8082
BLOG_PORT = 8080
BLOG_PROCESSES = 3
SERVICES = ("gateway", "node")
"""The users on the bus that are services."""
_BLOG_ACCOUNT = """  # The demo blog's own: its processes tell each other of results, and see nothing of CodeRunner's.
  BLOG {
    users: [{ user: blog, password: $%s, permissions: { publish: "blog.>", subscribe: "blog.>" } }]
  }
"""
_ACCOUNTS = "accounts {\n"
_SHARED = (REPOSITORY / "schemas", REPOSITORY / "coderunner", REPOSITORY / "pyproject.toml")


def demo_services(images: str) -> list[Service]:
    """The services in the order of their start. ``images`` changes whenever a sandbox image does. Certificates that are
    missing or soon end are made."""
    make_certificates(settings.CERTIFICATES, settings.CERTIFIED)
    return [_nats(), _etcd(), _gateway(), _node(images), _blog()]


def _nats() -> Service:
    config = RUN / "nats.conf"
    with_passwords = (REPOSITORY / "nats.conf").read_text(encoding="utf-8")
    with_keys = with_public_keys(with_passwords, public_keys(settings.KEYS, SERVICES))
    config.write_text(with_blog(with_keys), encoding="utf-8")
    return Service(
        "nats",
        (
            *(str(find_program("nats-server")), "-c", str(config)),
            *("--tls", "--tlscert", settings.certificate("nats"), "--tlskey", settings.certificate_key("nats")),
        ),
        ports=(NATS_PORT, NATS_HTTP_PORT),
        ready=(NATS_HTTP_PORT, "/healthz"),
        made_of=(config, Path(settings.certificate("nats"))),
        env={"CODERUNNER_NATS_STORE": str(RUN / "nats"), **_bus_passwords(), **settings.SHARED_CORES},
    )


def with_blog(text: str) -> str:
    """The bus's configuration with an account for the demo blog."""
    return text.replace(_ACCOUNTS, _ACCOUNTS + _BLOG_ACCOUNT % settings.BLOG_NATS_PASSWORD, 1)


def _bus_passwords() -> dict[str, str]:
    names = (*map(settings.variable, settings.ROLES), settings.BLOG_NATS_PASSWORD)
    return {name: settings.passwords()[name] for name in names}


def _etcd() -> Service:
    """Health has a port of its own, so that it can be asked without a certificate; members show theirs to each
    other."""
    client, peer = f"https://127.0.0.1:{ETCD_PORT}", f"https://127.0.0.1:{ETCD_PEER_PORT}"
    certificate, key = settings.certificate("etcd"), settings.certificate_key("etcd")
    return Service(
        "etcd",
        (
            *(str(find_program("etcd")), "--name", "demo", "--data-dir", str(RUN / "etcd")),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--cert-file", certificate, "--key-file", key, "--peer-cert-file", certificate, "--peer-key-file", key),
            *("--peer-trusted-ca-file", settings.certificate("authority"), "--peer-client-cert-auth"),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"demo={peer}"),
            *("--listen-metrics-urls", f"http://127.0.0.1:{ETCD_HTTP_PORT}"),
            *("--log-level", "warn", "--bcrypt-cost", "4"),
            *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h"),
        ),
        ports=(ETCD_PORT, ETCD_PEER_PORT, ETCD_HTTP_PORT),
        ready=(ETCD_HTTP_PORT, "/health"),
        made_of=(Path(certificate),),
    )


def ask_for_passwords() -> None:
    """Has etcd know its users: the gateway reads, the node writes its own entry. Their passwords are random and long,
    so that a cheap hash of them is enough. Raises EtcdRefusedError, OSError."""
    passwords = {user: settings.passwords()[settings.etcd_variable(user)] for user in settings.ETCD_USERS}
    trust = ssl.create_default_context(cafile=settings.certificate("authority"))
    EtcdUsers(f"127.0.0.1:{ETCD_PORT}", passwords["root"], trust).set_up(
        prefix=NODES_PREFIX,
        gateway=("gateway", passwords["gateway"]),
        nodes={settings.NODE_ID: ("node", passwords["node"])},
    )


def token(client: str) -> str:
    """What a client of the demo's gateway shows."""
    return settings.passwords()[settings.CLIENTS[client]]


def tell_clients() -> None:
    """Has this checkout's clients find the gateway and get in, without a word of who calls them."""
    file, gateway = settings.CLIENT_FILE, f"https://127.0.0.1:{GRPC_PORT}"
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
    authority = settings.certificate("authority")
    settings.write_toml(file, {"gateway": gateway, "token": token("demo"), "tls_ca": authority})


def _gateway() -> Service:
    config = RUN / "gateway.toml"
    settings.write_toml(config, settings.GATEWAY)
    return Service(
        "gateway",
        (sys.executable, "-m", "broker_gateway.main", "--config", str(config)),
        ports=(GRPC_PORT, GATEWAY_HTTP_PORT),
        ready=(GATEWAY_HTTP_PORT, "/readyz"),
        made_of=(REPOSITORY / "broker_gateway", config, Path(settings.certificate("authority")), *_SHARED),
        env={
            "CODERUNNER_GATEWAY_TOKENS": json.dumps({client: token(client) for client in settings.CLIENTS}),
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
            Path(settings.certificate("authority")),
            *_SHARED,
        ),
        env={
            "CODERUNNER_NODE_ETCD_PASSWORD": settings.passwords()[settings.etcd_variable("node")],
        },
        also=images,
    )


def _blog() -> Service:
    return Service(
        "blog",
        (sys.executable, "-m", "examples.blog"),
        ports=(BLOG_PORT,),
        ready=(BLOG_PORT, "/"),
        env={
            "BLOG_PROCESSES": str(BLOG_PROCESSES),
            "BLOG_CALLBACK_SECRETS": settings.passwords()[settings.CALLBACK_SECRET],
            "BLOG_NATS_URL": f"tls://blog:{settings.passwords()[settings.BLOG_NATS_PASSWORD]}@127.0.0.1:{NATS_PORT}",
            "BLOG_NATS_CA": settings.certificate("authority"),
            "CODERUNNER_GATEWAY": f"https://127.0.0.1:{GRPC_PORT}",
            "CODERUNNER_TOKEN": token("blog"),
            "CODERUNNER_TLS_CA": settings.certificate("authority"),
        },
        made_of=(REPOSITORY / "examples" / "blog", Path(settings.certificate("authority")), *_SHARED),
    )
