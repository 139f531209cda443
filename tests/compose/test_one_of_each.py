"""compose.yaml: one of each."""

from __future__ import annotations

import json

from coderunner import Client
from tests.compose.programs import LANGUAGES, run_sample, wait_served
from tests.compose.project import Project
from tests.servers.waiting import eventually

FILE = "compose.yaml"
NODES = ("compose",)
SUCCEEDED = """
import json, sqlite3
history = sqlite3.connect("/var/lib/coderunner/history/history.db")
print(json.dumps([id for id, in history.execute("select task_id from tasks where status = 'SUCCEEDED'")]))
"""


async def test_a_program_of_each_language_runs_on_the_one_node(client: Client) -> None:
    await wait_served(client)
    executions = [await run_sample(client, language) for language in LANGUAGES]
    assert {execution.node_id for execution in executions} == {"compose"}


async def test_the_history_has_what_ran(project: Project, client: Client) -> None:
    execution = await run_sample(client, "python")
    await eventually(lambda: execution.id in json.loads(project.inside("gateway", SUCCEEDED)), 60)
    assert execution.id in [listed.id async for listed in client.list(language="python")]
    assert json.loads(project.ask("gateway", "http://127.0.0.1:8081/health"))["parts"]["history"]["works"] is True
