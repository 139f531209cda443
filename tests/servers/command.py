"""The ``coderunner`` command as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.nats import REPOSITORY

COMMAND = ("env", "--default-signal=INT", sys.executable, "-m", "coderunner")
"""Reset, because a background job hands down an ignored SIGINT."""
Done = subprocess.CompletedProcess[str]


def environment_for(target: str, token: str = "") -> dict[str, str]:
    """The environment of a command that goes to the gateway ``target``."""
    own = {"PYTHONPATH": str(REPOSITORY), "CODERUNNER_GATEWAY": target, "CODERUNNER_TOKEN": token}
    return {**os.environ, **own}


def run_command(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, stdin: str = "") -> Done:
    """Returns when it has ended, however that was. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=90,
        check=False,
        env=environment,
        cwd=cwd,
    )


@contextmanager
def running_command(*arguments: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The command while it runs. It does not outlive the block, nor does a failure in the block wait for its end."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()
