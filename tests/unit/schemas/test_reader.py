"""Whatever bytes come for JSON, they are read, or told to be unreadable by one error."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from schemas.execution import TaskEvent
from schemas.reader import Reader, UnreadableError
from schemas.status import Status
from tests.builders import an_event

ROOT = Path(__file__).parents[3]
WRITTEN = msgspec.json.encode(an_event("t1", Status.QUEUED))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\x97",
        b'{"\x97": 1}',
        WRITTEN.replace(b"t1", b"\x97"),
        b'{"other": ' + b"[" * 100_000,
        b"[" * 100_000,
        b'{"at_ms": 1e999}',
        b"1" * 100_000,
    ],
)
def test_what_is_no_message_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        Reader(TaskEvent).decode(data)


def test_what_was_written_is_read() -> None:
    assert Reader(TaskEvent).decode(WRITTEN) == an_event("t1", Status.QUEUED)


def test_what_others_have_written_is_read_in_no_other_way() -> None:
    """The library's decoder raises errors that are not its own."""
    own = {"frames.py", "reading.py"}  # an agent's frames, bodies over HTTP: bounded first, with all three errors named
    sources = [path for package in ("broker_gateway", "node") for path in (ROOT / package).rglob("*.py")]
    found = [path.name for path in sources if re.search(r"msgspec\.json\.(Decoder|decode)\b", path.read_text("utf-8"))]
    assert set(found) == own
