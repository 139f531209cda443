"""What is known of OCI runtimes."""

from __future__ import annotations

import pytest

from node.infrastructure.docker.engine.oci_runtimes import NATIVE, RuntimeUnknownError, traits_of

ENGINE = {
    "runc": {"path": "runc"},
    "crun": None,
    "runsc": {"path": "/usr/bin/runsc", "runtimeArgs": ["--network=none"]},
    "guarded": {"runtimeType": "io.containerd.runsc.v1"},
}


@pytest.mark.parametrize("name", ["runc", "crun"])
def test_runtimes_on_the_hosts_own_kernel_need_nothing(name: str) -> None:
    assert traits_of(name, ENGINE) is NATIVE


@pytest.mark.parametrize("name", ["runsc", "guarded"])
def test_gvisor_is_known_by_its_program_whatever_it_is_called(name: str) -> None:
    traits = traits_of(name, ENGINE)
    assert not traits.resizes
    assert not traits.tells_kills
    assert not traits.gives_back
    assert traits.memory_bytes > 0


def test_a_runtime_that_the_engine_does_not_know_is_an_error_that_names_those_it_knows() -> None:
    with pytest.raises(RuntimeUnknownError, match="no OCI runtime kata; it knows crun, guarded, runc, runsc"):
        traits_of("kata", ENGINE)
