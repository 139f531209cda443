"""Jars that are small and hold much: who reads them does so in his own slot, and is nobody else's trouble."""

from __future__ import annotations

import io
import zipfile
from functools import cache

import pytest

from coderunner import Client, Status
from tests.servers.maven_repository import NOTHING, MavenRepository, a_group

COMPILER_BYTES = 1_024 << 20
"""As ``sandbox/languages/java.toml`` says."""


@cache
def a_bomb(name: str) -> bytes:
    """A jar of a mebibyte, with one file of a gibibyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open(name, "w") as file:
        for _ in range(1_024):
            file.write(bytes(1 << 20))
    return made.getvalue()


NAMES_A_BOMB = "public class Main { public static void main(String[] args) { System.out.println(lib.Bomb.class); } }"
LOADS_A_BOMB = """public class Main {
    public static void main(String[] args) throws Exception { System.out.println(Class.forName("lib.Bomb")); }
}"""


@pytest.mark.parametrize("ending", [".class", ".java"])
async def test_a_class_of_a_gibibyte_ends_in_the_compilers_slot(
    client: Client, repository: MavenRepository, ending: str
) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", a_bomb(f"lib/Bomb{ending}"))
    ended = await client.run("java", NAMES_A_BOMB, packages=[f"{group}:a:1"])
    assert (ended.status, ended.packages, ended.run) == (Status.COMPILE_ERROR, (f"{group}:a:1",), None)
    assert ended.compile is not None
    assert ended.compile.peak_memory_bytes <= COMPILER_BYTES
    after = [await client.run("java", f"{NOTHING} // {group} {number}") for number in range(2)]  # nothing that is kept
    assert [one.status for one in after] == [Status.SUCCEEDED] * 2


async def test_a_class_of_a_gibibyte_ends_in_its_programs_slot(client: Client, repository: MavenRepository) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", a_bomb("lib/Bomb.class"))
    ended = await client.run("java", LOADS_A_BOMB, packages=[f"{group}:a:1"])
    assert ended.status in (Status.MEMORY_LIMIT, Status.FAILED)
    assert (await client.run("java", NOTHING)).status is Status.SUCCEEDED


async def test_a_huge_jar_ends_in_its_slot(client: Client, repository: MavenRepository) -> None:
    """80 MiB, more than an installer's folder has."""
    group = a_group()
    repository.publish(f"{group}:a:1", bytes(80 << 20))
    ended = await client.run("java", NOTHING, packages=[f"{group}:a:1"])
    assert (ended.status, ended.run) == (Status.COMPILE_ERROR, None)
    assert (await client.run("java", NOTHING)).status is Status.SUCCEEDED
