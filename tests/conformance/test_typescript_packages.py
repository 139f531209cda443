"""TypeScript with packages: the compiler finds their types, and the program what they do."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from coderunner import Status
from tests.servers.npm_registry import NpmRegistry, a_tarball
from tests.servers.package_stack import stack_with_packages, stdout
from tests.servers.stack import Stack

SOURCE = (
    'import * as doubles from "doubles"; import * as plain from "plain"; console.log(doubles.twice({}) + plain.once);'
)


@pytest.fixture(scope="module")
def stack(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    registry = NpmRegistry(tmp_path_factory.mktemp("registry"))
    files = {"index.js": "exports.twice = (n) => 2 * n;", "index.d.ts": "export function twice(n: number): number;"}
    registry.publish("doubles", "1.0.0", a_tarball("doubles", "1.0.0", files, about={"types": "index.d.ts"}))
    registry.publish("plain", "1.0.0", a_tarball("plain", "1.0.0", {"index.js": "exports.once = 1;"}))
    types = a_tarball(
        "@types/plain", "1.0.0", {"index.d.ts": "export const once: number;"}, about={"types": "index.d.ts"}
    )
    registry.publish("@types/plain", "1.0.0", types)
    directory = tmp_path_factory.mktemp("packages")
    indexes = {"npm": registry.registry_url}
    with stack_with_packages(directory, docker_engine, registry, ["typescript"], indexes) as stack:
        yield stack
    registry.close()


async def test_types_of_packages_are_checked_and_their_code_runs(stack: Stack) -> None:
    packages = ["doubles", "plain", "@types/plain"]
    async with stack.client() as client:
        ended = await client.run("typescript", SOURCE.format("3"), packages=packages)
        assert (ended.status, stdout(ended)) == (Status.SUCCEEDED, "7\n")
        wrong = await client.run("typescript", SOURCE.format("'a'"), packages=packages)
        assert wrong.status is Status.COMPILE_ERROR
        assert wrong.compile is not None
        assert "TS2345" in wrong.compile.stderr
        without = await client.run("typescript", SOURCE.format("3"))
        assert without.status is Status.COMPILE_ERROR
