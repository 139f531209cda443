"""Links beside a program's folder: the way to packages, for as long as the program runs."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.slot_fixtures import slot_of
from tests.integration.agent.test_javascript_semantics import WAITING

slot = slot_of("javascript")
LOOKS = "console.log(typeof require('traces.js'), require.resolve('traces.js'));"


@pytest.mark.parametrize("warm", [True, False])
def test_a_link_leads_to_modules_also_where_the_interpreter_has_waited(slot: AttachedAgent, warm: bool) -> None:
    command, links = ["node", "main.js"], {"node_modules": "/opt/coderunner/javascript"}
    found = slot.run({"main.js": LOOKS}, command, warm=warm, links=links, outputs=["*"], processes=WAITING)
    assert (found.stdout, found.exited["warm"]) == (b"function /opt/coderunner/javascript/traces.js\n", warm)
    assert [one["name"] for one in found.exited["files"]] == ["main.js"]
    assert found.clean["ok"] is True
    after = slot.run({"main.js": LOOKS}, command, warm=warm, processes=WAITING)
    assert b"MODULE_NOT_FOUND" in after.stderr


def test_a_link_over_what_is_there_fails_the_run_and_not_the_slot(slot: AttachedAgent) -> None:
    failed = slot.run({"main.js": LOOKS}, ["node", "main.js"], links={"..": "/etc"})
    assert failed.exited["type"] == "failed"
    assert slot.run({"main.js": "console.log(1)"}, ["node", "main.js"]).stdout == b"1\n"
