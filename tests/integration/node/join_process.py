"""``coderunner-node join --no-setup`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

JOIN = ("env", "--default-signal=INT", sys.executable, "-P", "-m", "node.command_line", "join", "--no-setup")
"""Reset, because a background job hands down an ignored SIGINT."""


def join_process(*typed: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Returns when it has ended, however that was. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        [*JOIN, *typed],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
