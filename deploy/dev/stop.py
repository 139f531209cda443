"""``make stop``: ends all that ``make demo`` started. Needs no virtual environment; a second call does nothing."""

from __future__ import annotations

import sys

from deploy.dev import engine, engine_api, processes
from deploy.dev.console import say
from deploy.dev.locks import exclusive
from deploy.dev.paths import RUN
from deploy.dev.settings import NODE_LABEL, SERVICES_IN_ORDER


def main() -> int:
    if not RUN.exists():
        say("nothing runs")
        return 0
    with exclusive("demo"):
        stopped = [name for name in reversed(SERVICES_IN_ORDER) if processes.stop(RUN / f"{name}.pid")]
        removed = _remove_slots()
        if engine.stop_engine():
            stopped.append("dockerd")
    slots = f"; removed {removed} slot containers" if removed else ""
    say(f"stopped {', '.join(stopped)}{slots}" if stopped or removed else "nothing runs")
    return 0


def _remove_slots() -> int:
    try:
        return engine_api.remove_containers(NODE_LABEL)
    except OSError:  # no engine: nothing can run in it
        return 0


if __name__ == "__main__":
    sys.exit(main())
