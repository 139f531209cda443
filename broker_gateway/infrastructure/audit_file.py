"""The audit trail as a file beside the bus's: one JSON object on each line."""

from __future__ import annotations

import logging
from logging.handlers import QueueHandler, QueueListener, WatchedFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from chassis.settings import ConfigurationError
from schemas.audit import AuditRecord

_encoder = msgspec.json.Encoder()


class AuditFile:
    """Writes records in a thread of its own: a disk that stands still holds no call. The standard library's handler
    opens the file anew where it was moved away (logrotate)."""

    def __init__(self, path: str) -> None:
        """Raises OSError where the file cannot be written; a new one is its owner's alone."""
        Path(path).touch(mode=0o600)
        file = WatchedFileHandler(path, encoding="utf-8")
        queue: SimpleQueue[Any] = SimpleQueue()
        self._handler = QueueHandler(queue)
        self._listener = QueueListener(queue, file)
        self._file = file
        self._listener.start()

    def note(self, record: AuditRecord) -> None:
        """Writes a record; does not wait."""
        line = _encoder.encode(record).decode()
        self._handler.handle(logging.LogRecord("audit", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Writes what still waits."""
        self._listener.stop()
        self._file.close()


def audit_file(path: str) -> AuditFile | None:
    """The file at ``path``; None where that is empty. Raises ConfigurationError where it cannot be written."""
    try:
        return AuditFile(path) if path else None
    except OSError as error:
        raise ConfigurationError(f"audit_file: {path}: {error.strerror}") from None
