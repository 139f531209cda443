"""What the documents show works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coderunner.cli import exit_codes
from coderunner.cli.app import cli
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script

ROOT = Path(__file__).resolve().parents[3]


def snippets(document: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def answer(task: execution_pb2.Task) -> Script:
    if task.cases:
        results = [execution_pb2.CaseResult(name=case.name or "1", verdict="ACCEPTED") for case in task.cases]
        return Script(execution_pb2.Execution(status="SUCCEEDED", cases=results))
    return Script(ran("42\n"))


@pytest.mark.parametrize(
    ("document", "snippet"),
    [(document, snippet) for document in ("README.md", "docs/sdk.md") for snippet in snippets(document)],
)
def test_each_python_snippet_runs_as_it_stands(document: str, snippet: str) -> None:
    with FakeGateway(script=answer) as gateway:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "CODERUNNER_GATEWAY": gateway.target}
        program = snippet.replace("127.0.0.1:50051", gateway.target)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "42" in done.stdout or "ACCEPTED" in done.stdout


def test_the_readme_and_the_sdk_page_have_snippets() -> None:
    assert snippets("README.md")
    assert len(snippets("docs/sdk.md")) == 3


def test_every_exit_code_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_every_command_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert [name for name in cli.list_commands(None) if f"`{name}" not in page] == []  # type: ignore[arg-type]  # needs no context
