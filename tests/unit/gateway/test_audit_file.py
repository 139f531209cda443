"""The audit trail in a file."""

from __future__ import annotations

import logging
import threading
from logging.handlers import WatchedFileHandler
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from broker_gateway.infrastructure import audit_file
from broker_gateway.infrastructure.audit_file import AuditFile
from schemas.audit import AuditRecord

RECORD = AuditRecord(at_ms=1, action="Cancel", outcome="OK", client="a\nb", subject="t1", owner=None, not_told=0)


def test_the_file_has_a_line_for_each_record_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    file.note(RECORD)
    file.note(RECORD)
    file.close()
    lines = path.read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=AuditRecord) for line in lines] == [RECORD, RECORD]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    path.rename(tmp_path / "audit.jsonl.1")
    file.note(RECORD)
    file.close()
    assert len(path.read_bytes().splitlines()) == 1


def test_a_disk_that_stands_still_holds_so_many_records_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call that was audited took memory, for as long as the disk stood still."""
    monkeypatch.setattr(audit_file, "MAX_WAITING", 10)
    stands_still = threading.Event()

    def emit(handler: WatchedFileHandler, record: logging.LogRecord) -> None:
        stands_still.wait()
        emitted(handler, record)

    emitted = WatchedFileHandler.emit
    monkeypatch.setattr(WatchedFileHandler, "emit", emit)
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    with capture_logs() as said:
        for _ in range(100):
            file.note(RECORD)
    stands_still.set()
    file.close()
    assert [one["event"] for one in said] == ["audit_not_stored"]
    assert len(path.read_bytes().splitlines()) in (10, 11), "one may have been in the writer's hands"
