"""What a start of the gateway costs."""

from __future__ import annotations

import json
import subprocess
import sys

LOADED = "import broker_gateway.main, json, sys; print(json.dumps(sorted(sys.modules)))"


def test_a_gateway_without_a_history_loads_nothing_of_sql() -> None:
    """SQLAlchemy and Alembic are a third of the processor time of a start."""
    said = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, timeout=60).stdout
    roots = {name.partition(".")[0] for name in json.loads(said)}
    assert "broker_gateway" in roots
    assert not roots & {"sqlalchemy", "alembic"}
