"""A gateway that machines join, and a machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.node_service import FakeNodeService, serving
from tests.unit.node.joining.typed import Machine


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    for name in ("CODERUNNER_TOKEN", "CODERUNNER_TLS_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CODERUNNER_CONFIG", "")
    with serving(FakeNodeService()) as gateway:
        yield Machine(gateway, tmp_path / "etc", capsys)
