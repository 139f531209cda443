"""The node's name: given, or made once and kept."""

from __future__ import annotations

import re
import secrets
import socket
from pathlib import Path

_FILE = "node_id"


def node_id(configured: str, state_dir: Path) -> str:
    """The node's name: ``configured``, or the one that the state directory keeps, or a new one: host name and six
    random characters. Raises OSError where the directory cannot be written."""
    if configured:
        return configured
    path = state_dir.expanduser() / _FILE
    if path.exists():
        kept = path.read_text(encoding="ascii").strip()
        if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", kept):
            return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    made = f"{host_token()}-{secrets.token_hex(3)}"
    path.write_text(f"{made}\n", encoding="ascii")
    return made


def host_token() -> str:
    """The host's name as it may begin a node's."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:48] or "node"
