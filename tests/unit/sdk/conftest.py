"""One scripted gateway per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.fake_gateway import FakeGateway


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running
