"""A gateway that speaks TLS, and a client that is told whom to trust and what to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderunner import Client, CodeRunnerError
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.certificates import make_certificate


async def test_the_client_runs_a_program_over_mutual_tls(
    shared: SharedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gateway", "client"):
        (tmp_path / name).mkdir()
    its, ours = make_certificate(tmp_path / "gateway"), make_certificate(tmp_path / "client", "blog")
    await shared.node()
    gateway, _ = await shared.gateway(
        tls_certificate=str(its.chain), tls_key=str(its.key), tls_client_authorities=str(ours.chain)
    )
    target = f"https://localhost:{gateway.grpc_port}"
    monkeypatch.setenv("CODERUNNER_TLS_CA", str(its.chain))
    async with Client(target, connect_timeout_s=0.5) as stranger:
        with pytest.raises(CodeRunnerError):
            await stranger.languages()
    monkeypatch.setenv("CODERUNNER_TLS_CERTIFICATE", str(ours.chain))
    monkeypatch.setenv("CODERUNNER_TLS_KEY", str(ours.key))
    async with Client(target) as client:
        assert (await client.run(shared.language, "(nothing runs)")).status == "SUCCEEDED"
    async with Client(f"127.0.0.1:{gateway.grpc_port}", connect_timeout_s=0.5) as plain:
        with pytest.raises(CodeRunnerError):
            await plain.languages()


async def test_a_certificate_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_TLS_CA", "/nowhere/ca.pem")
    async with Client("https://localhost:1") as client:
        with pytest.raises(CodeRunnerError, match=r"CODERUNNER_TLS_CA: /nowhere/ca\.pem"):
            await client.languages()
