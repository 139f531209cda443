"""A package that a task names is nearer than what the image has, also what was imported before there was a task."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from sandbox.builder.build import build_images
from tests.servers.package_index import PackageIndex, a_wheel
from tests.servers.package_stack import stack_with_packages, stdout
from tests.servers.stack import Stack

PRINTS = "import numpy; print(numpy.__version__)"


@pytest.fixture(scope="module")
def stack(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    build_images(["python-science"])
    index = PackageIndex(tmp_path_factory.mktemp("index"))
    index.add("numpy", "99", a_wheel("numpy", "99", {"numpy.py": '__version__ = "99"\n'}))
    index.add("other", "1", a_wheel("other", "1", {"other.py": ""}))
    indexes = {"pypi": f"{index.url} {index.files_url}"}
    directory = tmp_path_factory.mktemp("packages")
    with stack_with_packages(directory, docker_engine, index, ["python-science"], indexes) as stack:
        yield stack
    index.close()


async def test_a_library_that_the_image_has_is_that_of_the_package_where_one_is_named(stack: Stack) -> None:
    async with stack.client() as client:
        own = stdout(await client.run("python-science", PRINTS))
        other = await client.run("python-science", f"import other; {PRINTS}", packages=["other"])
        named = await client.run("python-science", PRINTS, packages=["numpy"])
    assert (stdout(other), stdout(named)) == (own, "99\n")
