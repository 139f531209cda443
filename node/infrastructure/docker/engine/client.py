"""A client of the container engine: the SDK's blocking calls on a few threads, and its many errors turned into one."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import docker
import docker.errors
import requests.exceptions

_TIMEOUT_S = 30
_CLOSE_PATIENCE_S = 3.0
_THREADS = 8
"""The number of calls to the engine that may be in flight at once."""


T = TypeVar("T")


class EngineError(Exception):
    """The engine does not answer, or refused a call."""


class NameTakenError(EngineError):
    """The engine refused to create a container: another one has that name."""


@dataclass(frozen=True, slots=True)
class FoundContainer:
    """A container as the engine lists it."""

    id: str
    labels: dict[str, str]
    running: bool


class Engine:
    """The engine's API, as far as this node needs it. Every method raises EngineError."""

    def __init__(self, url: str) -> None:
        if not url.startswith("unix://"):
            raise ValueError(f"the engine's address must be a Unix socket (unix://...), not {url!r}")
        self._url = url
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="engine")
        self._client: docker.APIClient | None = None

    @property
    def socket_path(self) -> str:
        """The path of the engine's Unix socket."""
        return self._url.removeprefix("unix://")

    async def connect(self) -> None:
        """Connects to the engine. To be called once, before any other call."""
        self._client = await self._on_thread(self._make_client)

    async def close(self) -> None:
        """Hangs up, after waiting a while for calls that are under way, so that none of them acts afterwards."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    async def runtimes(self) -> dict[str, Any]:
        """The OCI runtimes that the engine knows, by name, each with its configuration."""
        return dict((await self._call(lambda client: client.info()))["Runtimes"] or {})

    async def image_id(self, name: str) -> str | None:
        """The image's id. None where there is no such image."""
        try:
            return str((await self.image(name))["Id"])
        except LookupError:
            return None

    async def image(self, name: str) -> dict[str, Any]:
        """The engine's description of an image. Raises LookupError where there is none."""
        try:
            return await self._call(lambda client: _image(client, name))
        except EngineError as error:
            if not isinstance(error.__cause__, docker.errors.NotFound):
                raise
            raise LookupError(f"no image {name}") from error

    async def images(self, label: str) -> list[tuple[str, float]]:
        """The ids of images that carry ``label``, each with the Unix time at which it was made."""
        listed = await self._call(lambda client: list(client.images(filters={"label": label})))
        return [(str(one["Id"]), float(one["Created"])) for one in listed]

    async def remove_image(self, image_id: str) -> None:
        """Removes an image. The engine refuses that while a container is made from it."""
        await self._call(lambda client: client.remove_image(image_id))

    async def build(self, tag: str, context: bytes) -> None:
        """Builds an image from a tar archive with a Dockerfile in it."""
        await self._call(lambda client: _build(client, tag, context))

    async def containers(self, label: str) -> list[FoundContainer]:
        """All containers, running or not, that carry ``label`` (``key`` or ``key=value``)."""
        listed = await self._call(lambda client: list(client.containers(all=True, filters={"label": label})))
        return [FoundContainer(one["Id"], one["Labels"] or {}, one["State"] == "running") for one in listed]

    async def create(self, name: str, payload: dict[str, Any]) -> str:
        """Creates a container and returns its id. Raises NameTakenError."""
        return await self._call(lambda client: _create(client, name, payload))

    async def start(self, container_id: str) -> None:
        """Starts a container that was created or is stopped."""
        await self._call(lambda client: client.start(container_id))

    async def stop(self, container_id: str, patience_s: int) -> None:
        """Ends a container with SIGTERM, and with SIGKILL after ``patience_s``."""
        await self._call(lambda client: client.stop(container_id, timeout=patience_s))

    async def remove(self, container_id: str) -> None:
        """Removes a container, and kills it where it runs. One that is gone already is no error."""
        await self._call(lambda client: _remove(client, container_id))

    async def set_memory(self, container_id: str, memory_bytes: int) -> None:
        """Sets the memory limit of a container, which has no swap."""
        await self._call(
            lambda client: client.update_container(container_id, mem_limit=memory_bytes, memswap_limit=memory_bytes)
        )

    async def inspect(self, container_id: str) -> dict[str, Any]:
        """The engine's description of a container."""
        return await self._call(lambda client: dict(client.inspect_container(container_id)))

    async def wait(self, container_id: str, patience_s: int) -> int:
        """Waits until a container no longer runs, and returns its exit code."""
        return await self._call(lambda client: client.wait(container_id, timeout=patience_s)["StatusCode"])

    async def output(self, container_id: str, max_bytes: int) -> bytes:
        """What a container has written to both outputs, at most so much. Only of one whose log the engine keeps."""
        return await self._call(lambda client: _output(client, container_id, max_bytes))

    async def volumes(self, label: str) -> list[str]:
        """The names of all volumes that carry ``label``."""
        listed = await self._call(lambda client: client.volumes(filters={"label": label}))
        return [str(one["Name"]) for one in listed["Volumes"] or []]

    async def remove_volume(self, name: str) -> None:
        """Removes a volume, if there is one. The engine refuses that while a container, even a stopped one, has it."""

        def remove(client: docker.APIClient) -> None:
            with suppress(docker.errors.NotFound):
                client.remove_volume(name)

        await self._call(remove)

    async def _call(self, call: Callable[[docker.APIClient], T]) -> T:
        client = self._client
        if client is None:
            raise EngineError("not connected")
        return await self._on_thread(lambda: call(client))

    async def _on_thread(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except docker.errors.APIError as error:
            kind = NameTakenError if error.status_code == 409 and "name" in str(error) else EngineError
            raise kind(f"the engine refused: {error.explanation or error}") from error
        except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
            raise EngineError(f"the engine at {self._url} does not answer: {error}") from error

    def _make_client(self) -> docker.APIClient:
        with socket.socket(socket.AF_UNIX) as probe:  # the SDK leaves a socket open where nobody answers
            probe.connect(self.socket_path)
        return docker.APIClient(base_url=self._url, version="auto", timeout=_TIMEOUT_S, max_pool_size=_THREADS)


def _image(client: docker.APIClient, name: str) -> dict[str, Any]:
    return dict(client.inspect_image(name))  # type: ignore[no-untyped-call]  # its decorator has no types


def _create(client: docker.APIClient, name: str, payload: dict[str, Any]) -> str:
    answer = client.create_container_from_config(payload, name)  # type: ignore[no-untyped-call]  # stub without types
    return str(answer["Id"])


def _build(client: docker.APIClient, tag: str, context: bytes) -> None:
    steps = client.build(fileobj=io.BytesIO(context), custom_context=True, tag=tag, rm=True, forcerm=True, decode=True)
    for step in steps:
        if "error" in step:
            raise docker.errors.DockerException(f"building {tag}: {step['error']}")


def _output(client: docker.APIClient, container_id: str, max_bytes: int) -> bytes:
    said = bytearray()
    for piece in client.logs(container_id, stdout=True, stderr=True, stream=True):
        said += piece[: max_bytes - len(said)]
        if len(said) >= max_bytes:
            break
    return bytes(said)


def _remove(client: docker.APIClient, container_id: str) -> None:
    try:
        client.remove_container(container_id, force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code != 404 and "already in progress" not in str(error):
            raise
