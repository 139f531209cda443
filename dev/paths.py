"""The paths of this checkout."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RUN = REPOSITORY / ".run"
"""Everything a running demo leaves on disk: pid files, logs, data, passwords, configuration."""
LOGS = RUN / "log"
VENV = REPOSITORY / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
