"""The Docker engine as the image builder needs it: tells whether an image is current, builds it, fetches its base."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker
import docker.errors

from sandbox.builder.content import CONTENT_LABEL, ImageError, ImageSource
from sandbox.builder.fetched import fetched

Say = Callable[[str], None]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_NO_NETWORK_SIGNS = (
    "Could not resolve",
    "Temporary failure resolving",
    "Could not connect",
    "Unable to connect",
    "Connection timed out",
    "Failed to fetch",
    "failed to create endpoint",
    "network bridge not found",
)


class _BuildError(Exception):
    def __init__(self, message: str, log: list[str]) -> None:
        super().__init__(message)
        self.no_network = any(sign in line for line in [message, *log] for sign in _NO_NETWORK_SIGNS)


@dataclass
class Engine:
    """A Docker engine that builds images. It blocks; every method may raise ImageError with an operator's sentence."""

    client: docker.DockerClient
    networks: list[str] = field(default_factory=list)
    """Network modes a build may use; the first is tried first, and the one that works stays."""

    @classmethod
    def connect(cls, address: str = "") -> Engine:
        """The engine at that address, or at DOCKER_HOST or the usual socket; builds and pulls may take an hour."""
        try:
            client = docker.DockerClient(address, timeout=3600) if address else docker.from_env(timeout=3600)
            networks = ["bridge"] if client.networks.list(names=["^bridge$"]) else []
        except docker.errors.DockerException as error:
            raise ImageError(f"No Docker engine answers ({error}): start one, or set DOCKER_HOST.") from error
        return cls(client, [*networks, "host"])

    def content_of(self, tag: str) -> str:
        """The content hash that an image was built from; empty if there is no such image."""
        try:
            labels = self.client.images.get(tag).labels
        except docker.errors.ImageNotFound:
            return ""
        return str(labels.get(CONTENT_LABEL, ""))

    def id_of(self, tag: str) -> str:
        """The image's id; empty if there is no such image."""
        try:
            return str(self.client.images.get(tag).id)
        except docker.errors.ImageNotFound:
            return ""

    def size_of(self, tag: str) -> int:
        """Bytes of the image with all that it builds on; 0 if there is no such image."""
        try:
            return int(self.client.images.get(tag).attrs["Size"])
        except docker.errors.ImageNotFound:
            return 0

    def has(self, tag: str) -> bool:
        """True if the engine holds the image."""
        return bool(self.id_of(tag))

    def pull(self, tag: str, say: Say) -> bool:
        """Takes an image from its registry; False if none gives it."""
        say(f"pulling {tag}")
        try:
            self.client.images.pull(tag)
        except docker.errors.APIError as error:
            say(str(error.explanation or error))
            return False
        return True

    def build(self, source: ImageSource, content: str, build_args: Mapping[str, str], force: bool, say: Say) -> None:
        """Builds an image, on another network where the first reaches no packages."""
        while True:
            try:
                self._build(source, content, build_args, force, say)
            except _BuildError as error:
                if not (error.no_network and len(self.networks) > 1):
                    raise ImageError(f"Image {source.tag} cannot be built: {error}") from error
                say(f"packages cannot be reached on the {self.networks.pop(0)} network: trying {self.networks[0]}")
            except docker.errors.DockerException as error:
                raise ImageError(f"Image {source.tag} cannot be built: {error}") from error
            else:
                return

    def _build(self, source: ImageSource, content: str, build_args: Mapping[str, str], force: bool, say: Say) -> None:
        with fetched(source, say) as files:
            context = _context(source, files)
        stream = self.client.api.build(
            fileobj=context,
            custom_context=True,
            tag=source.tag,
            labels={CONTENT_LABEL: content},
            buildargs=dict(build_args),
            network_mode=self.networks[0],
            nocache=force,
            rm=True,
            forcerm=True,
            decode=True,
        )
        log: list[str] = []
        for event in stream:
            if "error" in event:
                raise _BuildError(_sentence(event["error"], log), log)
            for line in _COLOUR.sub("", str(event.get("stream", ""))).splitlines():
                if line.strip():
                    log.append(line.strip())
                    say(line.strip())


def _sentence(error: str, log: list[str]) -> str:
    """The engine's error and the last thing the failing step said, on one line."""
    said = next((line for line in reversed(log) if not line.startswith(("Removing", "--->"))), "")
    return " ".join(f"{error.strip()}: {said}".split()) + ("" if said.endswith(".") else ".")


def _context(source: ImageSource, fetched_files: Mapping[str, Path]) -> io.BytesIO:
    """The build context as a tar file that is the same for the same content, whoever owns the checkout."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in source.files():
            entry = tarfile.TarInfo(path.relative_to(source.directory).as_posix())
            if path.is_symlink():
                entry.type, entry.linkname = tarfile.SYMTYPE, path.readlink().as_posix()
                tar.addfile(entry)
                continue
            content = path.read_bytes()
            entry.size = len(content)
            entry.mode = 0o755 if path.stat().st_mode & 0o111 else 0o644
            tar.addfile(entry, io.BytesIO(content))
        for name, path in fetched_files.items():
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(entry, file)
    archive.seek(0)
    return archive
