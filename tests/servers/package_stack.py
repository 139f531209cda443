"""A gateway, and a node whose languages have an index of packages."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import docker

from coderunner import Execution
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.package_index import PackageIndex
from tests.servers.stack import Stack


@contextmanager
def stack_with_packages(
    directory: Path,
    engine: docker.DockerClient,
    index: PackageIndex,
    languages: Sequence[str],
    indexes: Mapping[str, str],
) -> Iterator[Stack]:
    """The stack for as long as the block lasts. What its installers may install is little. ``indexes``: as in the
    setting ``package_indexes``, places of ``index``."""
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway()
        stack.add_node(
            languages=list(languages),
            languages_dir=str(with_small_installers(directory / "languages", *languages)),
            concurrency=4,
            package_installations=2,
            package_indexes=dict(indexes),
            package_index_ca=str(index.ca),
        )
        asyncio.run(stack.wait_served(*(one.name for one in load_languages(directory / "languages"))))
        yield stack
    finally:
        names = [node.name for node in stack.nodes]
        stack.close()
        for volume in engine.volumes.list():
            if any(volume.name.endswith(f"-layers-{name}") for name in names):
                volume.remove(force=True)


def with_small_installers(folder: Path, *languages: str) -> Path:
    """These language files; what an installer may install is little, so that it is soon too much."""
    folder.mkdir()
    for name in languages:
        text = (LANGUAGES_DIR / f"{name}.toml").read_text()
        small = "[packages]\ndisk_mib = 64\nrequests = 150\n"
        (folder / f"{name}.toml").write_text(text.replace("[packages]\n", small))
    return folder


def a_name() -> str:
    """A package that no other test has."""
    return f"p{secrets.token_hex(6)}"


def stdout(execution: Execution) -> str:
    """What the program has printed, where it ran."""
    assert execution.run is not None, (execution.status, execution.error, execution.compile)
    return execution.run.stdout


def said(execution: Execution) -> str:
    """What the installer has said."""
    assert execution.compile is not None
    return execution.compile.stderr
