"""A language's image with the agent in it. The agent is put there by the node that will talk to it, so the two always
match; what it was made from is its tag, so it is built once."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import tarfile
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from node.infrastructure.docker.engine import Engine, EngineError
from node.infrastructure.docker.specification import AGENT_PATH

_DOCKERFILE = """\
FROM {image}
LABEL {prefix}.dressed={language}
COPY agent {agent}
COPY workspace /workspace
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


async def dress(engine: Engine, *, prefix: str, language: str, image: str, agent: Mapping[str, bytes]) -> str | None:
    """Id of the dressed image; None where ``image`` does not exist. Raises EngineError."""
    try:
        bare = await engine.image(image)
    except LookupError:
        return None
    if (bare["Config"] or {}).get("Volumes"):
        raise EngineError(f"{image} declares volumes: they would be writable and outlive a task")
    dockerfile = _DOCKERFILE.format(image=bare["Id"], prefix=prefix, language=language, agent=AGENT_PATH)
    tag = f"{prefix}/dressed:{_digest(dockerfile, agent)}"
    made = await engine.image_id(tag)
    if made is None:
        await engine.build(tag, _context(dockerfile, agent))
        made = await engine.image_id(tag)
    return made


def _digest(dockerfile: str, agent: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(dockerfile.encode())
    for name, content in agent.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def _context(dockerfile: str, agent: Mapping[str, bytes]) -> bytes:
    """A tar archive in memory; everything in it is root's and nobody can write to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, "Dockerfile", dockerfile.encode())
        folders = {f"agent/{name}".rpartition("/")[0] for name in agent} | {"agent", "workspace"}
        for folder in sorted(folders):
            _add(archive, folder, None)
        for name, content in agent.items():
            _add(archive, f"agent/{name}", content)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes | None) -> None:
    entry = tarfile.TarInfo(name)
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o555
        archive.addfile(entry)
    else:
        entry.mode, entry.size = 0o444, len(content)
        archive.addfile(entry, io.BytesIO(content))
