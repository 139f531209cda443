"""Pages are written whole or not at all: whoever reads one meanwhile, and whoever stops the command, has the old one or
the new one."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

_NO_PLACE_BESIDE = (errno.EACCES, errno.EPERM, errno.EBUSY)
"""In a folder of somebody else's, and of a single file that is mounted, nothing can take its place."""


def rewrite(page: Path, content: bytes) -> None:
    """Has the file hold this, with the mode and, where that may be, the owner that it has; of a link, the file to which
    it leads. Where no other file can take its place it is written in place. Raises OSError."""
    path = page.resolve(strict=True)
    with path.open("r+b"):  # one that may not be written stays, also in a folder that may
        pass
    try:
        _replace(path, content)
    except OSError as error:
        if error.errno not in _NO_PLACE_BESIDE:
            raise
        path.write_bytes(content)


def _replace(path: Path, content: bytes) -> None:
    was = path.stat()
    descriptor, name = tempfile.mkstemp(prefix=".coderunner-", dir=path.parent)
    os.close(descriptor)
    unfinished = Path(name)
    try:
        unfinished.write_bytes(content)
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(unfinished, was.st_uid, was.st_gid)
        unfinished.chmod(S_IMODE(was.st_mode))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
