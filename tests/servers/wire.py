"""The NATS protocol by hand: what the server says to one line, and that it said nothing."""

from __future__ import annotations

import json
import socket
from types import TracebackType


class WireClient:
    """A blocking connection. ``publish`` and ``subscribe`` tell whether the server let it."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._lines = self._socket.makefile("rb")
        self._lines.readline()  # INFO
        options = {"verbose": False, "pedantic": False, "user": user, "pass": password, "headers": True}
        try:
            self._errors_after(f"CONNECT {json.dumps(options)}\r\n")
        except ConnectionError:
            self.close()
            raise

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> WireClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def may_publish(self, subject: str) -> bool:
        """Publishes an empty message, without a reply subject."""
        return not self._errors_after(f"PUB {subject} 0\r\n\r\n")

    def may_subscribe(self, subject: str) -> bool:
        return not self._errors_after(f"SUB {subject} 1\r\nUNSUB 1\r\n")

    def _errors_after(self, text: str) -> list[str]:
        """What the server refused of ``text``. Raises ConnectionError if it closed the connection."""
        self._socket.sendall(text.encode() + b"PING\r\n")
        errors: list[str] = []
        while True:
            line = self._lines.readline().decode().strip()
            if line == "PONG":
                return errors
            if line.startswith("-ERR"):
                errors.append(line)
            if not line:
                raise ConnectionError("; ".join(errors) or "the server closed the connection")
