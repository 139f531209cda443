"""A registry of npm's packages over TLS, with tarballs that tests make, honest ones and others."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.servers.package_index import PackageIndex, send


class NpmRegistry(PackageIndex):
    """A registry at ``registry_url``. ``close`` it."""

    def __init__(self, directory: Path) -> None:
        self._documents: dict[str, dict[str, Any]] = {}
        self._tarballs: dict[str, bytes] = {}
        super().__init__(directory)
        self.registry_url = f"{self.origin}/npm/"

    def publish(self, name: str, version: str, tarball: bytes, /, **manifest: Any) -> dict[str, Any]:
        """Offers a tarball, as the latest version; ``manifest`` is what the registry says of it. Its entry, which a
        test may change."""
        path = f"{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self._tarballs[path] = tarball
        dist = {
            "tarball": f"{self.registry_url}{path}",
            "integrity": "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode(),
            "shasum": hashlib.sha1(tarball, usedforsecurity=False).hexdigest(),
        }
        document = self._documents.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        document["dist-tags"]["latest"] = version
        document["versions"][version] = entry = {"name": name, "version": version, "dist": dist, **manifest}
        return entry

    def document_of(self, name: str) -> dict[str, Any]:
        """What the registry says of a package, which a test may change."""
        return self._documents[name]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = unquote(handler.path).removeprefix("/npm/")
        if handler.path in self.answers or not handler.path.startswith("/npm/"):
            super()._answer(handler)
            return
        self.requests.append(handler.path)
        if asked in self._tarballs:
            send(handler, self._tarballs[asked], "application/octet-stream")
        elif asked in self._documents:
            send(handler, json.dumps(self._documents[asked]).encode(), "application/json")
        else:
            send(handler, b'{"error":"Not found"}', "application/json", status=404)


def a_tarball(
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    *,
    entries: Sequence[tuple[tarfile.TarInfo, bytes]] = (),
    about: Mapping[str, object] | None = None,
) -> bytes:
    """A package with these files, ``about`` beside name and version in its package.json, and ``entries`` just as they
    are."""
    told = json.dumps({"name": name, "version": version, "main": "index.js", **(about or {})})
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for path, data in {"package.json": told, **files}.items():
            _put(archive, tarfile.TarInfo(f"package/{path}"), data.encode() if isinstance(data, str) else data)
        for entry, data in entries:
            _put(archive, entry, data)
    return made.getvalue()


def _put(archive: tarfile.TarFile, entry: tarfile.TarInfo, data: bytes) -> None:
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
