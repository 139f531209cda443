"""The keeper of layers: what an installer made is looked through, copied and kept under the hash of what it holds, in a
container of its own that runs nothing of it (``docs/adr/0040-packages-in-layers.md``).

Started as ``layer_keeper.py store|list|remove|hold ORDER``; says its answer as one line of JSON. It is root there,
without capabilities, and the only one that can write where layers are.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LAYERS = "/packages"
INSTALLED = "/layer/tree"
_KEYS = ".keys"
_UNFINISHED = ".new-"
_NAME = re.compile(r"[0-9a-f]{40}")
_KEY = re.compile(r"[0-9a-f]{64}")
_HOLD_S = 3_600
_MAX_DEPTH = 64
_PIECE_BYTES = 1 << 20
_BLOCK_BYTES = 4096
_ANSWER_BYTES = 4 << 20
"""Of what is kept, in one answer: less than the node reads of one (``keeper.py``)."""


class RefusedError(Exception):
    """What was installed cannot become a layer; the message goes on from "what was installed"."""


class Copy:
    """A copy of a tree: folders and plain files only, with modes of our own, and the hash of all of it."""

    def __init__(self, max_bytes: int, max_files: int) -> None:
        self.bytes = self.files = 0
        self._max_bytes, self._max_files = max_bytes, max_files
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    def folder(self, source: int, target: int, depth: int = 0) -> None:
        """Copies what is in one open folder into another. Raises RefusedError, OSError."""
        if depth > _MAX_DEPTH:
            raise RefusedError(f"has folders more than {_MAX_DEPTH} deep")
        for name in sorted(self._listed(source), key=os.fsencode):
            self._count(_BLOCK_BYTES, name)
            mode = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                self._subfolder(source, target, name, depth)
            elif stat.S_ISREG(mode):
                self._file(source, target, name)
            else:
                raise RefusedError(f"has {name!a:.200}, which is no plain file")

    def _listed(self, folder: int) -> list[str]:
        names = []
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)
                if self.files + len(names) > self._max_files:
                    raise RefusedError(f"has more than {self._max_files} files")
        return names

    def _count(self, size: int, name: str) -> None:
        self.files += 1
        self.bytes += size
        if self.files > self._max_files:
            raise RefusedError(f"has more than {self._max_files} files")
        if self.bytes > self._max_bytes:
            raise RefusedError(f"has more than {self._max_bytes} bytes")

    def _subfolder(self, source: int, target: int, name: str, depth: int) -> None:
        self._say("folder", name)
        os.mkdir(name, 0o755, dir_fd=target)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        inner, copy = os.open(name, flags, dir_fd=source), os.open(name, flags, dir_fd=target)
        try:
            self.folder(inner, copy, depth + 1)
        finally:
            os.close(inner)
            os.close(copy)
        self._say("end", name)

    def _file(self, source: int, target: int, name: str) -> None:
        taken = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
        try:
            about = os.fstat(taken)
            if not stat.S_ISREG(about.st_mode):
                raise RefusedError(f"has {name!a:.200}, which is no plain file")
            mode = 0o755 if about.st_mode & 0o111 else 0o644
            self._count_content(about.st_size, name)
            self._say("program" if mode == 0o755 else "file", name)
            made = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=target)
            try:
                self._content(taken, made, about.st_size)
            finally:
                os.close(made)
        finally:
            os.close(taken)

    def _count_content(self, size: int, name: str) -> None:
        self.files -= 1
        self._count(-(-size // _BLOCK_BYTES) * _BLOCK_BYTES, name)

    def _content(self, taken: int, made: int, size: int) -> None:
        self._digest.update(b"%d " % size)
        left = size
        while left and (piece := os.read(taken, min(left, _PIECE_BYTES))):
            self._digest.update(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(made, view) :]
            left -= len(piece)

    def _say(self, kind: str, name: str) -> None:
        text = os.fsencode(name)
        self._digest.update(b"%s %d %s " % (kind.encode(), len(text), text))


def store(order: dict[str, Any]) -> dict[str, Any]:
    """Makes a layer of what was installed, unless it is there already: its name and size, or why not. It appears
    under its name whole, or not at all, and what does not become one goes."""
    _sweep()
    unfinished = _UNFINISHED + secrets.token_hex(8)
    os.mkdir(unfinished, 0o755)
    try:
        return _stored(order, unfinished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _stored(order: dict[str, Any], unfinished: str) -> dict[str, Any]:
    copy = Copy(int(order["max_bytes"]), int(order["max_files"]))
    try:
        _copy_into(copy, unfinished)
    except (RefusedError, PermissionError, FileNotFoundError) as error:
        return {"fault": str(error)}
    # Who knows the name can see the layer: so it is no hash that anybody could work out.
    name = hmac.digest(bytes.fromhex(order["secret"]), copy.digest, "sha256").hex()[:40]
    _make_sure(unfinished)
    is_new = not os.path.isdir(name)
    if is_new:
        os.rename(unfinished, name)
    about = {"layer": name, "bytes": copy.bytes, **order["about"]}
    try:
        _write_key(_checked(_KEY, order["key"]), about)
        _make_sure(".")
    except OSError:
        if is_new:
            os.rename(name, unfinished)
        raise
    return about


def _sweep() -> None:
    """Removes what a keeper left that was killed, or whose disk was full: one keeper works at a time."""
    for name in os.listdir("."):
        if name.startswith(_UNFINISHED):
            shutil.rmtree(name, ignore_errors=True)


def listed(order: dict[str, Any]) -> dict[str, Any]:
    """What is kept, by the keys under which it was asked for: in the order of the keys, those behind ``after``, as much
    as an answer holds, and whether there is more. With the first answer goes what an earlier life left unfinished, and
    so does a layer that nobody could ask for."""
    after, room, wanted = order.get("after", ""), _ANSWER_BYTES, {_KEYS}
    keys: dict[str, Any] = {}
    more = False
    for name in sorted(os.listdir(_KEYS)):
        if name <= after:
            continue
        text, about = _kept_under(name)
        if about is None:
            os.unlink(os.path.join(_KEYS, name))
            continue
        wanted.add(about["layer"])
        room -= len(name) + len(text)
        more = room < 0 and bool(keys)
        if not more:
            keys[name] = about
        elif after:
            break
    if not after:
        _remove_others(wanted)
    return {"kept": keys, "more": more}


def _kept_under(name: str) -> tuple[str, dict[str, Any] | None]:
    """What is written under a key; None where that is nothing of ours, or leads to no layer."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        text = _read(os.path.join(_KEYS, name))
        about = json.loads(text)
        if _KEY.fullmatch(name) and os.path.isdir(_checked(_NAME, about["layer"])):
            return text, about
    return "", None


def _remove_others(wanted: set[str]) -> None:
    for name in os.listdir("."):
        if name not in wanted:
            shutil.rmtree(name)


def remove(order: dict[str, Any]) -> dict[str, Any]:
    """Removes layers, and the keys that lead to them."""
    _sweep()
    for key in order["keys"]:
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(_KEYS, _checked(_KEY, key)))
    for name in order["layers"]:
        gone = _UNFINISHED + secrets.token_hex(8)
        with suppress(FileNotFoundError):
            os.rename(_checked(_NAME, name), gone)
            shutil.rmtree(gone)
    return {}


def hold(_order: dict[str, Any]) -> dict[str, Any]:
    """Waits to be ended: an installer's folder is there for as long as a container has it."""
    time.sleep(_HOLD_S)
    return {}


def _copy_into(copy: Copy, folder: str) -> None:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        source = os.open(INSTALLED, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise RefusedError("is no folder") from error
        raise
    target = os.open(folder, flags)
    try:
        copy.folder(source, target)
    finally:
        os.close(source)
        os.close(target)


def _make_sure(path: str) -> None:
    """Has the file system write down all that it holds, in one call for thousands of files."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(fd)


def _write_key(key: str, about: dict[str, Any]) -> None:
    path = os.path.join(_KEYS, key)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(about, file)
    os.rename(f"{path}.new", path)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _checked(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise ValueError(f"no name of ours: {name!a}")
    return name


def main(verb: str, order: str = "{}") -> None:
    """Does one thing, and says how it went."""
    os.umask(0o022)
    os.chdir(LAYERS)
    os.chmod(".", 0o711)  # noqa: S103 - found by name, and never listed
    os.makedirs(_KEYS, 0o700, exist_ok=True)
    given = json.loads(order)
    verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"store": store, "list": listed, "remove": remove}
    verbs["hold"] = hold
    sys.stdout.write(json.dumps(verbs[verb](given)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
