"""A zygote that cannot start costs a slot its warm starts, and not its programs."""

from __future__ import annotations

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.slot_fixtures import slot_of

_BROKEN = ["sh", "-c", "echo no such library >&2; exit 127"]
broken_slot = slot_of("python", warm={"kind": "zygote", "command": _BROKEN, "env_at_start": False})


def test_where_the_zygote_ends_programs_start_cold_and_the_agent_says_so_once(broken_slot: AttachedAgent) -> None:
    source = "import os\nprint(os.listdir('/workspace') == [os.path.basename(os.getcwd())], os.listdir())"
    for _ in range(3):
        report = broken_slot.python(source)
        assert (report.stdout, report.exit_code, report.warm) == (b"True ['main.py']\n", 0, False)
        assert report.clean["ok"]
    assert broken_slot.said.count("programs start cold") == 1
    assert "no such library" in broken_slot.said
