"""An index of Python packages over TLS, with wheels that tests make, honest ones and others."""

from __future__ import annotations

import base64
import hashlib
import io
import ssl
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.servers.certificates import make_certificate

Answer = Callable[[BaseHTTPRequestHandler], None]


class PackageIndex:
    """An index at ``url``, whose pages lead to files at another place (``files_url``). ``close`` it."""

    def __init__(self, directory: Path) -> None:
        certificate = make_certificate(directory)
        self.ca = certificate.chain
        self.requests: list[str] = []
        """Paths that were asked for."""
        self.connections = 0
        """That were made."""
        self.answers: dict[str, Answer] = {}
        """What is done in place of the usual, by path."""
        self._files: dict[str, dict[str, bytes]] = {}
        self._server = ThreadingHTTPServer(("localhost", 0), self._handler())
        self._server.daemon_threads = True
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.chain, certificate.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.origin = f"https://localhost:{self._server.server_port}"
        self.url, self.files_url = f"{self.origin}/simple/", f"{self.origin}/files/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, name: str, version: str, wheel: bytes) -> str:
        """Offers a wheel; the path of its file."""
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        self._files.setdefault(name, {})[file] = wheel
        return f"/files/{file}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        self.requests.append(path)
        if path in self.answers:
            self.answers[path](handler)
            return
        kind, _, rest = path.strip("/").partition("/")
        if kind == "simple" and rest in self._files:
            links = "".join(self._link(file, data) for file, data in self._files[rest].items())
            send(handler, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")
            return
        found = [files[rest] for files in self._files.values() if kind == "files" and rest in files]
        send(handler, found[0] if found else b"none", "application/octet-stream", status=200 if found else 404)

    def _link(self, file: str, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        return f'<a href="{self.files_url}{file}#sha256={digest}">{file}</a>\n'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                index.connections += 1
                super().setup()

            def do_GET(self) -> None:
                try:
                    index._answer(self)
                except (ConnectionError, ssl.SSLError):
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                del args

        return Handler


def send(handler: BaseHTTPRequestHandler, body: bytes, kind: str, *, status: int = 200, **headers: str) -> None:
    """One usual answer; ``headers`` with ``_`` for ``-``."""
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def redirect(url: str) -> Answer:
    """The answer that sends elsewhere."""
    return lambda handler: send(handler, b"", "text/html", status=302, Location=url)


def a_wheel(
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    *,
    requires: Sequence[str] = (),
    entries: Sequence[tuple[zipfile.ZipInfo, bytes]] = (),
) -> bytes:
    """A wheel with these files, those that it needs, and ``entries`` just as they are."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    written = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    written[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode()
    written[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    everything = {**written, **{entry.filename: data for entry, data in entries}}
    rows = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in everything.items()]
    written[f"{info}/RECORD"] = ("\n".join([*rows, f"{info}/RECORD,,"]) + "\n").encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in written.items():
            archive.writestr(path, data)
        for entry, data in entries:
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
