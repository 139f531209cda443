"""The node's name: given, or made once and kept."""

from __future__ import annotations

import os
import re
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_FILE = "node_id"
_SECRET_BYTES = 32


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


def kept_secret(state_dir: Path, name: str) -> bytes:
    """A secret of this node's own, made once and kept in its state directory. Raises OSError."""
    path = state_dir.expanduser() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))
    kept = path.read_bytes()
    if len(kept) != _SECRET_BYTES:  # it was being written when the machine went down
        path.unlink()
        return kept_secret(state_dir, name)
    return kept


def host_token() -> str:
    """The host's name as it may begin a node's."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:48] or "node"
