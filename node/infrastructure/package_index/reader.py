"""Reads documents of an index over HTTP, for one installation. It blocks: it belongs on a thread of its own.

``http.client`` and no richer client: nothing may follow a redirection, take a proxy, a cookie or a password by itself.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from node.infrastructure.package_index.places import Places

_TIMEOUT_S = 20.0
_DOCUMENT_S = 300.0
"""For one document, however slowly it drips."""
_PIECE_S = 0.2
_MAX_REDIRECTIONS = 4
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_MAX_TYPE_CHARS = 200
_OURS_TO_BLAME = 500
"""From here on a status tells of the index, and not of what was asked for."""
_BUSY = 429


class UnreadableError(Exception):
    """A document cannot be read; the words are for whoever reads the installer's output."""


class OutOfReachError(UnreadableError):
    """The index does not answer as it should: later it may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a document."""

    status: int
    media_type: str
    size: int | None
    """In bytes; None where it is not told."""


class IndexReader:
    """One document at a time: ``open`` it, then ``read`` it to its end."""

    def __init__(
        self,
        places: Places,
        tls: ssl.SSLContext,
        max_bytes: int,
        max_requests: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``max_bytes``: of all documents together; ``max_requests``: redirections are requests too."""
        self._places = places
        self._tls = tls
        self._left_bytes = max_bytes
        self._left_requests = max_requests
        self._now = now
        self._connection: http.client.HTTPConnection | None = None
        self._origin = ("", "")
        self._response: http.client.HTTPResponse | None = None
        self._left: int | None = None
        self._deadline = 0.0
        self._closed = False
        self._in_use = threading.Lock()

    def open(self, url: str, accept: str) -> Answer:
        """Asks for a document, wherever below the places it has moved to. Raises UnreadableError."""
        with self._in_use:
            return self._opened(url, accept)

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many; none at the end. Raises UnreadableError."""
        with self._in_use:
            return self._read(size)

    def interrupt(self) -> None:
        """Has another thread that waits for the index wait no longer; from now on nothing is read."""
        self._closed = True
        connection = self._connection
        sock = connection.sock if connection is not None else None  # the other thread may take it away
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hangs up, once no other thread reads."""
        with self._in_use:
            self._drop()

    def _opened(self, url: str, accept: str) -> Answer:
        self._deadline = self._now() + _DOCUMENT_S
        for _ in range(_MAX_REDIRECTIONS + 1):
            fault = self._places.fault(url)
            if fault:
                raise UnreadableError(f"the index is not read there: {fault}")
            response = self._get(url, accept)
            if response.status not in _REDIRECTIONS:
                return self._answer(response)
            try:
                url = urljoin(url, response.headers.get("Location", ""))
            except ValueError as error:
                raise UnreadableError("the index redirects to what is no address") from error
        raise UnreadableError("the index redirects too often")

    def _read(self, size: int) -> bytes:
        response = self._response
        if response is None:
            return b""
        if self._now() > self._deadline:
            raise OutOfReachError("the index answers too slowly")
        try:
            data = self._piece(response, min(size, self._left_bytes + 1))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop()
            raise OutOfReachError(f"the index broke off: {_words(error)}") from error
        if response.length == 0:
            response.close()  # read1 of older Pythons does not, and the connection would serve no more
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            self._drop()
            raise UnreadableError("this is more than an installation may download")
        if self._left is not None:
            self._left -= len(data)
            if not data and self._left > 0:
                self._drop()
                raise OutOfReachError("the index broke off")
        return data

    def _piece(self, response: http.client.HTTPResponse, size: int) -> bytes:
        """As much as comes within a moment: one read brings 16 KiB of TLS, and each piece costs a way to the slot."""
        piece = bytearray()
        until = self._now() + _PIECE_S
        while len(piece) < size and (data := response.read1(size - len(piece))):
            piece += data
            if self._now() > until:
                break
        return bytes(piece)

    def _answer(self, response: http.client.HTTPResponse) -> Answer:
        if response.status >= _OURS_TO_BLAME or response.status == _BUSY:
            self._drop()
            raise OutOfReachError(f"the index answers with {response.status}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            self._drop()
            raise UnreadableError("the index compresses what was asked for as it is")
        self._left = response.length
        media_type = response.headers.get("Content-Type", "application/octet-stream")[:_MAX_TYPE_CHARS]
        return Answer(response.status, media_type if media_type.isprintable() else "", response.length)

    def _get(self, url: str, accept: str) -> http.client.HTTPResponse:
        self._left_requests -= 1
        if self._left_requests < 0:
            raise UnreadableError("these are more requests than an installation may make")
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        reused = self._is_open_to((parts.scheme, parts.netloc))
        try:
            return self._ask(parts.scheme, parts.netloc, target, accept)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop()
            if not reused or self._closed:
                raise OutOfReachError(f"the index does not answer: {_words(error)}") from error
        try:  # a connection that was kept may have been closed meanwhile
            return self._ask(parts.scheme, parts.netloc, target, accept)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop()
            raise OutOfReachError(f"the index does not answer: {_words(error)}") from error

    def _ask(self, scheme: str, host: str, target: str, accept: str) -> http.client.HTTPResponse:
        if self._closed:
            raise OSError("the installation has ended")
        if not self._is_open_to((scheme, host)):
            self._drop()
            if scheme == "https":
                self._connection = http.client.HTTPSConnection(host, timeout=_TIMEOUT_S, context=self._tls)
            else:
                self._connection = http.client.HTTPConnection(host, timeout=_TIMEOUT_S)
            self._origin = (scheme, host)
        connection = self._connection
        assert connection is not None  # noqa: S101 - just made
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "coderunner-node"}
        connection.request("GET", target, headers=headers)
        self._response = connection.getresponse()
        return self._response

    def _is_open_to(self, origin: tuple[str, str]) -> bool:
        """Whether there is a connection to it, on which nothing is left to be read."""
        if self._connection is None or self._connection.sock is None or self._origin != origin:
            return False
        return self._response is None or self._response.isclosed()

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
        self._response = None
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _words(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
