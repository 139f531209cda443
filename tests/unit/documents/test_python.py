"""Every block of Python runs as it stands, against a gateway that answers from a script."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from coderunner.v1 import execution_pb2
from dev.paths import REPOSITORY
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.documents.pages import Shown, shown

PROGRAMS = shown("python")
RECEIVER = """
import base64, hashlib, hmac, time
from starlette.requests import Request
from starlette.responses import Response

class App:
    def post(self, path):
        return lambda handler: handler

app, published = App(), []
csrf_exempt = lambda view: view
publish = published.append
SECRETS = "whsec_" + base64.b64encode(b"k" * 32).decode()
body = b'{"id": "1", "status": "SUCCEEDED", "run": {"stdout": "42"}}'
now = str(int(time.time()))
digest = hmac.digest(b"k" * 32, b"1." + now.encode() + b"." + body, hashlib.sha256)
headers = {"webhook-id": "1", "webhook-timestamp": now, "webhook-signature": "v1," + base64.b64encode(digest).decode()}
"""
"""What a receiver of callbacks has before it reads one: frameworks' names, and a request."""
SITE = "from django.conf import settings; settings.configure()\n"
BEFORE = {"the receiver's own names": RECEIVER, "a site's settings": SITE, "nothing, and is served": ""}


def answer(task: execution_pb2.Task) -> Script:
    if task.cases:
        results = [execution_pb2.CaseResult(name=case.name or "1", verdict="ACCEPTED") for case in task.cases]
        return Script(execution_pb2.Execution(status="SUCCEEDED", cases=results))
    return Script(ran("42\n"))


@pytest.mark.parametrize("one", PROGRAMS, ids=str)
def test_each_program_runs_as_it_stands(one: Shown) -> None:
    with FakeGateway(script=answer) as gateway:
        program = BEFORE.get(one.runs_after, "") + one.block.code.replace("127.0.0.1:50051", gateway.target)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "CODERUNNER_GATEWAY": gateway.target},
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert one.runs_after or "42" in done.stdout or "ACCEPTED" in done.stdout


def test_what_runs_before_a_program_is_known() -> None:
    assert {one.runs_after for one in PROGRAMS} <= {"", *BEFORE}
