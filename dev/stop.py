"""``make stop``: ends all that ``make demo`` started. Needs no virtual environment; a second call does nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from dev import engine, engine_api, processes
from dev.console import say
from dev.locks import exclusive
from dev.paths import RUN
from dev.settings import CLIENT_FILE, NODE_LABEL, SERVICES_IN_ORDER

_PAUSE_S = 0.5
_MAX_ROUNDS = 60
"""Half a minute of pauses. For a node that is gone an engine finishes in far fewer what it had begun."""


def main() -> int:
    """1 where slot containers are left, 0 otherwise."""
    if not RUN.exists():
        say("nothing runs")
        return 0
    with exclusive("demo"):
        stopped = [name for name in reversed(SERVICES_IN_ORDER) if processes.stop(RUN / f"{name}.pid")]
        CLIENT_FILE.unlink(missing_ok=True)
        removed, left = _remove_slots()
        if engine.stop_engine():
            stopped.append("dockerd")
    if removed:
        stopped.append(f"{removed} slot containers")
    if stopped or not left:
        say(f"stopped {', '.join(stopped)}" if stopped else "nothing runs")
    if left:
        say(_advice(left))
    return 1 if left else 0


def _remove_slots() -> tuple[int, Sequence[str]]:
    """How many were removed, and the names of those that are there all the same.

    An engine may still be creating some for a node that is gone: where there were any, it is asked again."""
    seen: set[str] = set()
    try:
        for _ in range(_MAX_ROUNDS):
            found = engine_api.remove_containers(NODE_LABEL)
            if not found:
                return len(seen), ()
            seen.update(found)
            time.sleep(_PAUSE_S)
        left = engine_api.containers(NODE_LABEL)
    except OSError:  # no engine: nothing can run in it
        return len(seen), ()
    return len(seen - left.keys()), sorted(left.values())


def _advice(left: Sequence[str]) -> str:
    return (
        f"make stop: slot containers are left ({', '.join(left)}), because a node that `make demo` does not know of "
        "keeps making them or the engine cannot remove them: end that node (`pgrep -af 'node.main|coderunner-node'` "
        "shows it) or restart the engine, then run `make stop` again."
    )


if __name__ == "__main__":
    sys.exit(main())
