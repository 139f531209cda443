"""Programs that reach for what is not theirs: the agent, the host, the kernel, the network."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, assert_harmless

TRIED: dict[str, Any] = {"status": ["SUCCEEDED"], "prints": "tried"}
SECRETS = ("root:$", "root:*:", "root:!", "CODERUNNER_NATS")
ATTACKS = [
    Attack(name="secrets", program="python/secrets.py", status=["SUCCEEDED"], prints="looked", never=SECRETS),
    Attack(name="writing to the host", program="python/host_writes.py", **TRIED),
    Attack(name="every door of the kernel", program="cpp/kernel_doors.cpp", **TRIED),
    Attack(name="doors that nobody needs", program="cpp/needless_doors.cpp", **TRIED),
    Attack(name="pseudo-terminals", program="python/terminals.py", **TRIED),
    Attack(
        name="connections left on usual ports",
        program="python/leaves_connections.py",
        status=["SUCCEEDED"],
        prints="left",
    ),
    Attack(name="32-bit calls", program="cpp/foreign_calls.cpp", status=["SUCCEEDED", "FAILED"]),
    Attack(name="x32 calls", program="cpp/foreign_calls.cpp", status=["SUCCEEDED", "FAILED"], args=["x32"]),
    Attack(name="setuid binaries", program="python/setuid_binaries.py", **TRIED),
    Attack(name="network", program="python/network.py", **TRIED),
    Attack(name="network from JavaScript", program="javascript/network.js", **TRIED),
    Attack(name="network from Go", program="go/network.go", **TRIED),
    Attack(name="network from Java", program="java/Network.java", **TRIED),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_nothing_is_in_reach(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)
