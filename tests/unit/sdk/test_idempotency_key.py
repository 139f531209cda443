"""The keys that make repeated calls safe."""

from __future__ import annotations

import time
from uuid import UUID

from broker_gateway.domain.idempotency_key import is_recent
from coderunner.idempotency_key import fresh_key


def test_a_fresh_key_is_a_uuid_of_version_7_with_its_time() -> None:
    before_ms = time.time_ns() // 1_000_000
    uuid = UUID(fresh_key())
    assert (uuid.version, uuid.variant) == (7, "specified in RFC 4122")
    assert before_ms <= uuid.int >> 80 <= time.time_ns() // 1_000_000


def test_no_two_keys_are_alike() -> None:
    assert len({fresh_key() for _ in range(1000)}) == 1000


def test_the_gateway_takes_a_fresh_key_for_a_young_one() -> None:
    assert is_recent(fresh_key(), time.time_ns() // 1_000_000)
    assert not is_recent("order-4711", time.time_ns() // 1_000_000)
