"""The audit trail as a file beside the bus's: one JSON object on each line."""

from __future__ import annotations

import logging
from logging.handlers import QueueHandler, QueueListener, WatchedFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import structlog

from chassis.settings import ConfigurationError
from schemas.audit import AuditRecord

MAX_WAITING = 10_000
"""Records that wait for a disk that stands still; what comes then is in the log alone."""
_encoder = msgspec.json.Encoder()
_log = structlog.get_logger(__name__)


class AuditFile:
    """Writes records in a thread of its own: a disk that stands still holds no call. The standard library's handler
    opens the file anew where it was moved away (logrotate)."""

    def __init__(self, path: str) -> None:
        """Raises OSError where the file cannot be written; a new one is its owner's alone."""
        Path(path).touch(mode=0o600)
        file = WatchedFileHandler(path, encoding="utf-8")
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._handler = QueueHandler(self._queue)
        self._listener = QueueListener(self._queue, file)
        self._is_full = False
        self._file = file
        self._listener.start()

    def note(self, record: AuditRecord) -> None:
        """Writes a record; does not wait."""
        was_full, self._is_full = self._is_full, self._queue.qsize() >= MAX_WAITING
        if self._is_full:
            if not was_full:
                _log.error("audit_not_stored", records=1, reason="too many wait for the file, and more may follow")
            return
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
