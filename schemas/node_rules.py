"""What a node's record may be: the gateway leaves out what is not, and a node is warned of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from schemas.names import is_pool, is_token
from schemas.node import LanguageRecord, NodeRecord

MAX_RECORD_BYTES = 256 << 10
"""Of a record's JSON."""
MAX_NODES = 10_000
"""Of one directory."""
MAX_CAPACITY = 8_192
"""As many pull requests as may wait on one queue."""
MAX_ENTRIES = 64
"""Pools, labels, alarms of a node; aliases, endings and test frameworks of a language."""
MAX_LANGUAGES = 256
MAX_NAME_CHARS = 64
MAX_TEXT_CHARS = 256
MAX_SAMPLE_CHARS = 1_000
"""Of a language's sample."""
MAX_BASELINE_BYTES = 64 << 30
"""No interpreter takes that much for itself."""
MAX_UNIX_MS = 253_402_300_799_999
"""The last of the year 9999."""
_MAX_PERCENT = 10_000.0
"""A measurement may be off, but not by that."""


def fault_of(record: NodeRecord) -> str:
    """The first thing that is wrong with a record, in words that repeat nothing of it; empty where nothing is."""
    return next(_faults(record), "")


def _faults(record: NodeRecord) -> Iterator[str]:
    if not is_token(record.id):
        yield "id: not a token"
    if not (0 < len(record.pools) <= MAX_ENTRIES and all(map(is_pool, record.pools))):
        yield "pools: not 1 to 64 tokens that begin with no underscore"
    if not (_is_text(record.host, MAX_TEXT_CHARS) and _are_texts(record.alarms, MAX_TEXT_CHARS)):
        yield "host, alarms: too long, too many, or not printable"
    if not (_is_text(record.version, MAX_NAME_CHARS) and _is_text(record.sandbox_runtime, MAX_NAME_CHARS)):
        yield "version, sandbox_runtime: too long, or not printable"
    if not (_are_texts(record.labels, MAX_NAME_CHARS) and _are_texts(record.labels.values(), MAX_TEXT_CHARS)):
        yield "labels: too long, too many, or not printable"
    if len(record.languages) > MAX_LANGUAGES or not all(map(_is_language, record.languages)):
        yield "languages: too many, too long, not printable, or of impossible memory"
    yield from _wrong_numbers(record)


def _wrong_numbers(record: NodeRecord) -> Iterator[str]:
    measured = (record.cpu_percent, record.memory_percent, record.disk_percent)
    if not all(math.isfinite(percent) and 0 <= percent <= _MAX_PERCENT for percent in measured):
        yield "a percentage is out of range"
    if not (math.isfinite(record.load_score) and 0 <= record.load_score <= 100):
        yield "load_score: not 0 to 100"
    if not (0 <= record.capacity <= MAX_CAPACITY and 0 <= record.running <= MAX_CAPACITY):
        yield f"capacity, running: not 0 to {MAX_CAPACITY}"
    if not (0 <= record.started_at_ms <= MAX_UNIX_MS and 0 <= record.updated_at_ms <= MAX_UNIX_MS):
        yield "a time is out of range"


def _is_language(language: LanguageRecord) -> bool:
    return (
        bool(language.name)
        and _is_text(language.name, MAX_NAME_CHARS)
        and _is_text(language.version, MAX_NAME_CHARS)
        and _are_texts(language.aliases, MAX_NAME_CHARS)
        and _are_texts(language.extensions, MAX_NAME_CHARS)
        and _is_text(language.title, MAX_NAME_CHARS)
        and _are_texts(language.test_frameworks, MAX_NAME_CHARS)
        and _is_text(language.editor_mode, MAX_NAME_CHARS)
        and len(language.sample) <= MAX_SAMPLE_CHARS
        and is_program_text(language.sample)
        and len(language.digest) <= MAX_NAME_CHARS
        and language.digest.isalnum() is bool(language.digest)
        and _is_text(language.packages, MAX_NAME_CHARS)
        and 0 <= language.baseline_memory_bytes <= MAX_BASELINE_BYTES
    )


def is_program_text(text: str) -> bool:
    """True if nothing in it moves a terminal's cursor or turns the writing round; lines and tabs may be."""
    return text.replace("\t", " ").replace("\n", " ").isprintable()


def _are_texts(texts: Iterable[str], max_chars: int) -> bool:
    listed = list(texts)
    return len(listed) <= MAX_ENTRIES and all(_is_text(text, max_chars) for text in listed)


def _is_text(text: str, max_chars: int) -> bool:
    """True if it is short, and nothing in it moves a terminal's cursor, breaks a line or turns the writing round."""
    return len(text) <= max_chars and text.isprintable()
