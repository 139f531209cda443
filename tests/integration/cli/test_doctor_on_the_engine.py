"""``coderunner doctor`` and the Docker engine of this machine."""

from __future__ import annotations

import pytest

from coderunner.cli.doctor import engine
from coderunner.cli.doctor.finding import State


def test_the_real_engine_passes() -> None:
    found = list(engine.engine())
    assert {finding.part for finding in found} == {"docker", "seccomp", "cgroup", "runtime"}
    assert all(finding.state in (State.OK, State.WARNING) for finding in found), found


def test_a_configured_runtime_that_the_engine_lacks_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_NODE_OCI_RUNTIME", "runsc")
    (finding,) = [finding for finding in engine.engine() if finding.part == "runtime"]
    known = "runsc" in finding.says and finding.state is State.OK
    assert known or (finding.state is State.WRONG and "daemon.json" in finding.mend)
    lacking = list(engine._abilities({"Runtimes": {"runc": {}}}))[-1]
    assert lacking.state is State.WRONG
