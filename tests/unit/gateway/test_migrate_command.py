"""``coderunner-gateway migrate``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from broker_gateway.infrastructure.history.store import SqlHistoryStore

COMMAND = [sys.executable, "-m", "broker_gateway.command_line", "migrate"]


def migrated(url: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "CODERUNNER_GATEWAY_HISTORY_URL": url}
    return subprocess.run(COMMAND, env=env, capture_output=True, text=True, check=False)


async def test_a_new_database_is_made_and_one_that_is_up_to_date_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    for _ in range(2):
        done = migrated(url)
        assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    store = SqlHistoryStore(url)
    await store.check()
    await store.close()


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("", 2, "history_url is not set"),
        ("nonsense:secret", 2, "not the URL of a database"),
        ("oracle://u:secret@h/x", 2, "not a database we know"),
        ("postgresql://u:secret@127.0.0.1:1/x", 1, "Connect call failed"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_without_the_password(url: str, code: int, words: str) -> None:
    done = migrated(url)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert words in done.stderr
    assert "secret" not in done.stderr
