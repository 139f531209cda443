"""Names that lead somewhere else after they were looked up, with the resolver of this machine and a name server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = "93.184.215.14"
"""Nothing leads there from a network of its own: a connection is tried, and fails at once."""


def deliveries(directory: Path, scheme: str, *turns: str) -> list[str]:
    """What became of a delivery for each of ``turns``, the addresses that the name then has; then how many connections
    there were to the loopback, and how often the name was asked for."""
    resolver = directory / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    script = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"'
    command = [sys.executable, "-m", "tests.integration.gateway.rebinding", scheme, *turns]
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script, str(resolver), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("scheme", ["http", "grpc"])
@pytest.mark.parametrize("inside", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "0.0.0.0", "169.254.169.254"])
def test_a_name_that_was_public_and_then_leads_inside_is_refused(tmp_path: Path, scheme: str, inside: str) -> None:
    assert deliveries(tmp_path, scheme, PUBLIC, inside) == ["not reached", "refused", "0", "2"]


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_of_a_name_that_leads_to_both_only_the_public_address_is_tried(tmp_path: Path, scheme: str) -> None:
    assert deliveries(tmp_path, scheme, f"127.0.0.1,{PUBLIC},::1") == ["not reached", "0", "1"]
