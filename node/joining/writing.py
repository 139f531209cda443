"""Files that are written in one step: who looks meanwhile, or after a power cut, finds the old or the new one."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

PRIVATE = 0o600
PUBLIC = 0o644


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a file is, by number."""

    user: int
    group: int


def make_directory(directory: Path) -> None:
    """A directory that all may enter, whatever the umask says; one that is there stays as it is. Raises OSError."""
    if not directory.is_dir():
        directory.mkdir(parents=True)
        directory.chmod(0o755)


def write_file(path: Path, content: bytes, mode: int) -> bool:
    """False where it is just like that. Raises OSError."""
    if _is_there(path, content, mode):
        return False
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():  # whose it was, it stays
        before = path.stat()
        os.chown(new, before.st_uid, before.st_gid)
    new.rename(path)
    return True


def hand_over(path: Path, owner: Owner) -> None:
    """Makes the file the owner's. Raises OSError."""
    now = path.stat()
    if (now.st_uid, now.st_gid) != (owner.user, owner.group):
        os.chown(path, owner.user, owner.group)


def _is_there(path: Path, content: bytes, mode: int) -> bool:
    try:
        return path.read_bytes() == content and stat.S_IMODE(path.stat().st_mode) == mode
    except FileNotFoundError:
        return False
