"""The few calls to the Docker engine that work before any package is installed."""

from __future__ import annotations

import http.client
import json
import os
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

DEFAULT_SOCKET = Path("/var/run/docker.sock")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def address() -> str:
    """The engine's address: DOCKER_HOST, or the usual socket."""
    return os.environ.get("DOCKER_HOST") or f"unix://{DEFAULT_SOCKET}"


def answers() -> bool:
    """True if an engine answers at ``address()`` within two seconds."""
    try:
        status, _ = call("GET", "/_ping", timeout_s=2)
    except OSError:
        return False
    return status == http.HTTPStatus.OK


def containers(label: str) -> dict[str, str]:
    """Names by identifier of all containers with the label (``name=value``), running or not. Raises OSError.

    One that is half removed may have lost its name: then the start of its identifier."""
    filters = quote(json.dumps({"label": [label]}))
    _, body = call("GET", f"/containers/json?all=1&filters={filters}")
    return {found["Id"]: (found["Names"] or [found["Id"][:12]])[0].lstrip("/") for found in json.loads(body)}


def remove_containers(label: str) -> dict[str, str]:
    """Kills and removes every container with the label; returns those that it found, as ``containers``. Raises OSError.

    Says nothing where the engine cannot remove one."""
    found = containers(label)
    for identifier in found:
        call("DELETE", f"/containers/{identifier}?force=1&v=1")
    return found


def image_ids(pattern: str) -> str:
    """Identifiers of the images whose name matches, in one string that changes with any of them. Raises OSError.

    What a node derived from them for its own use does not count."""
    filters = quote(json.dumps({"reference": [pattern]}))
    _, body = call("GET", f"/images/json?filters={filters}")
    images = [image for image in json.loads(body) if not _is_derived(image.get("Labels") or {})]
    return " ".join(sorted(image["Id"] for image in images))


def _is_derived(labels: dict[str, str]) -> bool:
    return any(name.endswith(".dressed") for name in labels)


def call(method: str, path: str, timeout_s: float = 60) -> tuple[int, bytes]:
    """Status and body of one request to the engine. Raises OSError where nothing answers."""
    connection = _connection(address(), timeout_s)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def _connection(host: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(host)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path, timeout_s)
    if parts.scheme in ("tcp", "http"):
        return http.client.HTTPConnection(parts.hostname or "localhost", parts.port or 2375, timeout=timeout_s)
    raise ConnectionError(f"DOCKER_HOST={host} is neither unix:// nor tcp://")
