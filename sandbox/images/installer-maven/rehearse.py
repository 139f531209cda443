"""Installs a package from a repository on the loopback, while the image is built: the classes that an installation
loads are put into the archive from which its JVM starts. Fails where anything else is installed than by Maven."""

import hashlib
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import install

_EMPTY_JAR = b"PK\x05\x06" + bytes(18)
_MANAGED = "<dependencyManagement><dependencies>{}</dependencies></dependencyManagement>"
_INSTALLED = ["rehearsal:top:1", "rehearsal:ranged:1.5", "rehearsal:managed:3"]


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Repository)
    server.documents = dict(_documents())
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        layer, scratch = Path(folder), Path(folder, "scratch")
        scratch.mkdir()
        address = f"http://127.0.0.1:{server.server_port}/"
        command = install.resolver_command(layer, scratch, address, address, ["rehearsal:top"])
        archived = install.ARCHIVE.replace("SharedArchiveFile", "ArchiveClassesAtExit")
        subprocess.run([archived if word == install.ARCHIVE else word for word in command], check=True)
        installed = (layer / "packages").read_text(encoding="utf-8").splitlines()
    if installed != _INSTALLED or not Path(install.ARCHIVE.partition("=")[2]).exists():
        raise SystemExit(f"the rehearsal has installed {installed}")


def _documents():
    """A package without a version that needs one by a range, and one whose version its parent and a BOM manage."""
    managed = _MANAGED.format(_dependency("managed", "3"))
    imported = _MANAGED.format(_dependency("bom", "1", "<type>pom</type><scope>import</scope>"))
    parent = f"<parent>{_coordinates('parent', '1')}</parent>"
    needed = _dependency("ranged", "[1,2)") + _dependency("managed")
    yield from _published("bom", "1", f"<packaging>pom</packaging>{managed}", jar=False)
    yield from _published("parent", "1", f"<packaging>pom</packaging>{imported}", jar=False)
    yield from _published("top", "1", f"{parent}<dependencies>{needed}</dependencies>")
    yield from _published("managed", "3")
    yield from _published("ranged", "1.5")
    for name, version in (("top", "1"), ("ranged", "1.5")):
        listed = f"<release>{version}</release><versions><version>{version}</version></versions>"
        text = f"<metadata>{_coordinates(name)}<versioning>{listed}</versioning></metadata>"
        yield from _with_checksum(f"/rehearsal/{name}/maven-metadata.xml", text.encode())


def _published(name, version, more="", *, jar=True):
    pom = f"<project><modelVersion>4.0.0</modelVersion>{_coordinates(name, version)}{more}</project>"
    place = f"/rehearsal/{name}/{version}/{name}-{version}"
    yield from _with_checksum(f"{place}.pom", pom.encode())
    if jar:
        yield from _with_checksum(f"{place}.jar", _EMPTY_JAR)


def _with_checksum(path, body):
    yield path, body
    yield f"{path}.sha1", hashlib.sha1(body, usedforsecurity=False).hexdigest().encode()


def _coordinates(name, version=""):
    told = f"<groupId>rehearsal</groupId><artifactId>{name}</artifactId>"
    return told + (f"<version>{version}</version>" if version else "")


def _dependency(name, version="", more=""):
    return f"<dependency>{_coordinates(name, version)}{more}</dependency>"


class _Repository(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.server.documents.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        """Nothing: the build shows what the installation says."""


if __name__ == "__main__":
    main()
