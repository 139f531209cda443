"""Builds the agent image of a language: the language's own image with the agent in it.

The node that will talk to the agent puts it there, so the two always match. The image's tag is the hash of everything
that went into it, so it is built once.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import tarfile
import time
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import NamedTuple

import msgspec

from node.domain.language import Language
from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.slot.container_spec import ACCOUNTS_PATH, AGENT_PATH

_MARK = "dressed"
"""Ends the tag and the label of agent images. It keeps an old spelling: a node finds by it what an earlier version
built, and would leave those images on the host for ever under another."""
_ACCOUNT_FILES = ("passwd", "group")
_DOCKERFILE = """\
FROM {image} AS own
FROM {image}
LABEL {prefix}.{mark}={language}
COPY --from=own /etc/passwd /etc/group /opt/coderunner/accounts/
ADD agent.tar /
"""
"""The image's own account files are kept where the agent reads them; links take their place, since only a slot's agent
knows the uid that is to have a name (``node/agent/accounts.py``)."""


def agent_files() -> dict[str, bytes]:
    """The agent's modules by relative name: the files' content, which is not imported."""
    return dict(sorted(_modules(importlib.resources.files("node") / "agent", "")))


def _modules(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _modules(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


class AgentImage(NamedTuple):
    """An agent image: its id on this host, and the digest of what went into it, which is the same on all hosts."""

    id: str
    digest: str


async def build_agent_image(
    engine: Engine, *, prefix: str, language: str, image: str, agent: Mapping[str, bytes]
) -> AgentImage:
    """Builds the agent image on top of ``image``, unless it exists. Raises EngineError, and LookupError where ``image``
    does not exist."""
    base = await engine.image(image)
    if (base["Config"] or {}).get("Volumes"):
        raise EngineError(f"{image} declares volumes: they would be writable and outlive a task")
    dockerfile = _DOCKERFILE.format(image=base["Id"], prefix=prefix, mark=_MARK, language=language)
    digest = _digest(dockerfile, agent)
    tag = f"{prefix}/{_MARK}:{digest}"
    existing = await engine.image_id(tag)
    if existing is None:
        await engine.build(tag, _context(dockerfile, agent))
        existing = str((await engine.image(tag))["Id"])
    return AgentImage(existing, digest)


def outcome_digest(language: Language, image_digest: str, surroundings: str) -> str:
    """Hash of all that decides what a program does in such an image, the language's definition included, but for what
    is only shown of it."""
    decisive = replace(language, title="", sample="", editor_mode="", default=False)
    definition = msgspec.json.encode(decisive, order="deterministic")
    return hashlib.sha256(f"{image_digest} {surroundings} ".encode() + definition).hexdigest()[:32]


def mark_of(prefix: str) -> str:
    """The label of agent images, whose value is the language's id."""
    return f"{prefix}.{_MARK}"


async def remove_unused_agent_images(
    engine: Engine, *, prefix: str, keep: Set[str], older_than_s: float = 3600.0
) -> None:
    """Removes the agent images that no slot is made from. Recent ones stay: another node may be about to use them."""
    for image, made_at_s in await engine.images(mark_of(prefix)):
        if image not in keep and made_at_s < time.time() - older_than_s:
            with suppress(EngineError):  # somebody's slots are made from it
                await engine.remove_image(image)


def _digest(dockerfile: str, agent: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(dockerfile.encode())
    for name, content in agent.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def _context(dockerfile: str, agent: Mapping[str, bytes]) -> bytes:
    inner = [_folder(AGENT_PATH, 0o555), _folder("/workspace", 0o1777)]  # the runtime keeps a mount point's mode
    inner += [_folder(ACCOUNTS_PATH, 0o755)]
    inner += [_link(f"/etc/{file}", f"{ACCOUNTS_PATH}/{file}") for file in _ACCOUNT_FILES]
    folders = {name.rpartition("/")[0] for name in agent if "/" in name}
    inner += [_folder(f"{AGENT_PATH}/{folder}", 0o555) for folder in sorted(folders)]
    inner += [_file(f"{AGENT_PATH}/{name}", content) for name, content in agent.items()]
    return _tar([_file("Dockerfile", dockerfile.encode()), _file("agent.tar", _tar(inner))])


def _folder(path: str, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def _link(path: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, b""


def _file(path: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.mode, entry.size = 0o444, len(content)
    return entry, content


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar archive, made in memory. Root owns every entry."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
