"""What crosses the bus and etcd, held against the golden file."""

from __future__ import annotations

import msgspec

from schemas.execution import TaskEvent
from schemas.node import CancelReply, NodeRecord
from tests.contracts.schemas.wire_schema import GOLDEN, wire_schema, wire_types

CAME_LATER = {
    ("LanguageRecord", "baseline_memory_bytes"),
    ("LanguageRecord", "title"),
    ("LanguageRecord", "sample"),
    ("LanguageRecord", "editor_mode"),
    ("Callback", "occasion"),
    ("Callback", "headers"),
    ("Callback", "events"),
    ("CallbackRecord", "url"),
    ("CallbackRecord", "client"),
    ("CallbackRecord", "state"),
    ("CallbackRecord", "tried"),
    ("Execution", "cached_at_ms"),
    ("Execution", "diagnostics"),
    ("Execution", "not_kept"),
    ("KeptAnswer", "execution"),
    ("KeptAnswer", "reason"),
    ("LanguageRecord", "digest"),
    ("Execution", "files"),
    ("KeptSource", "stdin_data"),
    ("KeptSource", "outputs"),
    ("NodeOrder", "talk"),
    ("NodeRecord", "takes_bytes"),
    ("NodeRecord", "talks"),
    ("KeptSource", "stdin_blob"),
    ("NodeRecord", "takes_blobs"),
    ("OutputFile", "place"),
    ("SourceFile", "blob"),
    ("TaskMessage", "keeps_files"),
    ("TaskMessage", "stdin_blob"),
    ("TestCase", "stdin_blob"),
    ("ProgressMessage", "seal"),
    ("ResultMessage", "answer"),
    ("ResultMessage", "digest"),
    ("ResultMessage", "seal"),
    ("ResultMessage", "traceparent"),
    ("SourceFile", "data"),
    ("Stage", "stdout_data"),
    ("Stage", "stderr_data"),
    ("TaskEvent", "not_kept"),
    ("TaskEvent", "reader"),
    ("TaskMessage", "reader"),
    ("TaskMessage", "answer"),
    ("TaskMessage", "keeps_answer"),
    ("TaskMessage", "keeps_source"),
    ("TaskMessage", "seal"),
    ("ResultMessage", "source"),
    ("TaskMessage", "large_result"),
    ("TaskMessage", "traceparent"),
    ("TaskMessage", "stdin_data"),
    ("TaskMessage", "outputs"),
    ("TaskMessage", "interaction"),
    ("TaskMessage", "redirect_stderr"),
    ("KeptSource", "redirect_stderr"),
    ("OutputChunk", "at_ms"),
    ("TestCase", "stdin_data"),
    ("TaskMessage", "packages"),
    ("KeptSource", "packages"),
    ("Execution", "packages"),
    ("LanguageRecord", "packages"),
    ("NodeRecord", "takes_packages"),
    ("TaskMessage", "test_framework"),
    ("TalkOrder", "returns"),
    ("TalkReply", "printed"),
    ("KeptSource", "test_framework"),
    ("LanguageRecord", "test_frameworks"),
    ("Execution", "tests"),
}
"""Fields that messages of older versions lack, each with a default."""


def test_a_change_on_the_wire_shows_in_review() -> None:
    """Where it is meant: ``python -m tests.contracts.schemas.wire_schema``, and look at the difference."""
    assert wire_schema() == GOLDEN.read_text(encoding="utf-8")


def test_every_field_is_always_sent() -> None:
    """Two versions of the program must never apply different defaults to one message."""
    optional = {
        (kind.__name__, field.name)
        for kind in wire_types()
        for field in msgspec.structs.fields(kind)
        if not field.required
    }
    assert not any(kind.__struct_config__.omit_defaults for kind in wire_types())
    assert optional == CAME_LATER


def test_messages_of_every_module_are_compared() -> None:
    assert {TaskEvent, CancelReply, NodeRecord} <= set(wire_types())
