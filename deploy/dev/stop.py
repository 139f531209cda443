"""``make stop``: ends all that ``make demo`` started. Needs no virtual environment; a second call does nothing."""

from __future__ import annotations

import sys
import time

from deploy.dev import engine, engine_api, processes
from deploy.dev.console import say
from deploy.dev.locks import exclusive
from deploy.dev.paths import RUN
from deploy.dev.settings import NODE_LABEL, SERVICES_IN_ORDER

_SETTLE_S = 0.5


def main() -> int:
    if not RUN.exists():
        say("nothing runs")
        return 0
    with exclusive("demo"):
        stopped = [name for name in reversed(SERVICES_IN_ORDER) if processes.stop(RUN / f"{name}.pid")]
        removed = _remove_slots(settle=bool(stopped))
        if engine.stop_engine():
            stopped.append("dockerd")
    if removed:
        stopped.append(f"{removed} slot containers")
    say(f"stopped {', '.join(stopped)}" if stopped else "nothing runs")
    return 0


def _remove_slots(*, settle: bool) -> int:
    """How many there were. An engine may still be creating some for a node that is gone: ``settle`` waits for those."""
    removed = 0
    try:
        while found := engine_api.remove_containers(NODE_LABEL):
            removed += found
            if settle:
                time.sleep(_SETTLE_S)
    except OSError:  # no engine: nothing can run in it
        return removed
    return removed


if __name__ == "__main__":
    sys.exit(main())
