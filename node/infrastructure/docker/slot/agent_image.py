"""A language's image with the agent in it. The agent is put there by the node that will talk to it, so the two always
match; what it was made from is its tag, so it is built once."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import tarfile
import time
from collections.abc import Mapping, Set
from contextlib import suppress
from importlib.resources.abc import Traversable

from node.infrastructure.docker.engine.client import Engine, EngineError
from node.infrastructure.docker.slot.specification import AGENT_PATH

_DOCKERFILE = """\
FROM {image}
LABEL {prefix}.dressed={language}
ADD dress.tar /
"""


def agent_files() -> dict[str, bytes]:
    """The agent's modules by relative name, read and not imported."""
    return dict(sorted(_modules(importlib.resources.files("node") / "agent", "")))


def _modules(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _modules(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


async def dress(engine: Engine, *, prefix: str, language: str, image: str, agent: Mapping[str, bytes]) -> str:
    """Id of the dressed image. Raises EngineError, and LookupError where ``image`` does not exist."""
    bare = await engine.image(image)
    if (bare["Config"] or {}).get("Volumes"):
        raise EngineError(f"{image} declares volumes: they would be writable and outlive a task")
    dockerfile = _DOCKERFILE.format(image=bare["Id"], prefix=prefix, language=language)
    tag = f"{prefix}/dressed:{_digest(dockerfile, agent)}"
    made = await engine.image_id(tag)
    if made is None:
        await engine.build(tag, _context(dockerfile, agent))
        made = str((await engine.image(tag))["Id"])
    return made


async def undress(engine: Engine, *, prefix: str, keep: Set[str], older_than_s: float = 3600.0) -> None:
    """Removes dressed images that no slot is made of. Young ones stay: another node may be about to use them."""
    for image, made_at_s in await engine.images(f"{prefix}.dressed"):
        if image not in keep and made_at_s < time.time() - older_than_s:
            with suppress(EngineError):  # somebody's slots are made of it
                await engine.remove_image(image)


def _digest(dockerfile: str, agent: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(dockerfile.encode())
    for name, content in agent.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def _context(dockerfile: str, agent: Mapping[str, bytes]) -> bytes:
    inner = [_folder(AGENT_PATH, 0o555), _folder("/workspace", 0o1777)]  # the runtime keeps a mount point's mode
    folders = {name.rpartition("/")[0] for name in agent if "/" in name}
    inner += [_folder(f"{AGENT_PATH}/{folder}", 0o555) for folder in sorted(folders)]
    inner += [_file(f"{AGENT_PATH}/{name}", content) for name, content in agent.items()]
    return _tar([_file("Dockerfile", dockerfile.encode()), _file("dress.tar", _tar(inner))])


def _folder(path: str, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def _file(path: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.mode, entry.size = 0o444, len(content)
    return entry, content


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """In memory. Everything in it is root's, and nobody can write to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
