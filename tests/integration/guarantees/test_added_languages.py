"""Languages are added to a node that runs, and removed from it; it goes on whatever becomes of that."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import pytest_asyncio

from coderunner import Client, LanguageUnavailable
from coderunner.model import Status
from node.infrastructure.docker.slot.agent_image import mark_of
from tests.integration.guarantees.shared_stack import FAST, SharedStack
from tests.integration.guarantees.simulated_tasks import known
from tests.servers.stack import OURS, Node

PATIENCE_S = 120.0
LANGUAGE_FILE = """\
name = "{name}"
{more}
title = "Tiny"
sample = "echo hello"
editor_mode = "shell"
image = "{image}"
source_name = "main.sh"
version_command = ["cat", "/etc/tiny-version"]
version_pattern = 'version (\\S+)'
memory_overhead_mib = 16
[run]
command = ["bash", "{{entry}}"]
"""
FIRST_FILE = LANGUAGE_FILE.replace('["cat", "/etc/tiny-version"]', '["bash", "--version"]')


@dataclass
class Catalogue:
    """A node with a folder of languages of its own: one that it serves by default, and others."""

    node: Node
    client: Client
    first: str
    tiny: str
    folder: Path
    image: str

    def describe(self, name: str, *, image: str = "", more: str = "") -> None:
        text = LANGUAGE_FILE.format(name=name, image=image or self.image, more=more)
        (self.folder / "languages" / f"{secrets.token_hex(3)}.toml").write_text(text)

    def dockerfile(self, text: str) -> None:
        place = self.folder / "images" / self.image.partition("/")[2]
        place.mkdir(parents=True, exist_ok=True)
        (place / "Dockerfile").write_text(text)

    def version(self, version: str) -> None:
        self.dockerfile(f"FROM coderunner/bash\nRUN echo version {version} > /etc/tiny-version\n")

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "node.command_line", "languages", *arguments, "--config"]
        return subprocess.Popen(
            [*command, str(self.node.config)], env=OURS.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        process = self.begin(*arguments)
        said, complained = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
        return process.returncode, said, complained

    async def listed(self) -> dict[str, dict[str, Any]]:
        code, said, complained = await self.command("list", "--json")
        assert code == 0, complained
        return {row["language"]: row for row in json.loads(said)}

    async def offered(self, name: str, *, wanted: bool = True) -> None:
        """Waits until the gateway offers the language, or does not."""
        async with asyncio.timeout(PATIENCE_S):
            while (name in {one.name for one in await self.client.languages()}) is not wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.fixture
def image(docker_engine: docker.DockerClient) -> Iterator[str]:
    """A name of ours that no image has yet."""
    name = f"coderunner/crtest-{secrets.token_hex(4)}"
    yield name
    with suppress(docker.errors.ImageNotFound):
        docker_engine.images.remove(name, force=True)


@pytest_asyncio.fixture
async def catalogue(
    shared: SharedStack, image: str, docker_engine: docker.DockerClient, tmp_path: Path
) -> AsyncIterator[Catalogue]:
    languages = tmp_path / "languages"
    languages.mkdir()
    (languages / "first.toml").write_text(
        FIRST_FILE.format(name=shared.language, image="coderunner/bash", more="default = true")
    )
    node = shared.stack.add_node(
        **FAST,
        languages_dir=str(languages),
        images_dir=str(tmp_path / "images"),
        pools=[shared.language],
        state_dir=str(tmp_path / "state"),
    )
    client = await shared.client()
    await known(client, node)
    await shared.stack.wait_served(shared.language)
    made = Catalogue(node, client, shared.language, f"{shared.language}-tiny", tmp_path, image)
    made.describe(made.tiny)
    made.version("1.0")
    yield made
    await asyncio.to_thread(node.stop)
    node.remove_containers()
    shared.stack.nodes.remove(node)
    for name in (made.first, made.tiny, f"{made.tiny}-5"):  # what the node made of the images
        for agent_image in docker_engine.images.list(filters={"label": f"{mark_of('coderunner')}={name}"}):
            docker_engine.images.remove(str(agent_image.id), force=True)


async def test_a_language_is_added_to_a_running_node_and_removed_from_it(catalogue: Catalogue) -> None:
    pid, tiny = catalogue.node.pid, catalogue.tiny
    before = (await catalogue.listed())[tiny]
    assert (before["served"], before["wanted"], before["image_bytes"], before["title"]) == (False, False, 0, "Tiny")
    elsewhere = str(catalogue.folder / "elsewhere")  # the node itself says where it keeps its state
    code, said, complained = await catalogue.command("add", tiny, "--state-dir", elsewhere)
    assert (code, said.splitlines()[-1]) == (0, f"{tiny} 1.0 is served"), complained
    await catalogue.offered(tiny)
    told = next(one for one in await catalogue.client.languages() if one.name == tiny)
    assert (told.title, told.sample, told.editor_mode) == ("Tiny", "echo hello", "shell")
    ended = await catalogue.client.run(tiny, "cat /etc/tiny-version")
    assert (ended.status, ended.run and ended.run.stdout) == (Status.SUCCEEDED, "version 1.0\n")
    row = (await catalogue.listed())[tiny]
    assert (row["served"], row["version"], row["image_bytes"] > 0) == (True, "1.0", True)
    code, said, complained = await catalogue.command("remove", tiny, "--image")
    assert (code, said.splitlines()[-1]) == (0, f"removed {catalogue.image}"), complained
    await catalogue.offered(tiny, wanted=False)
    with pytest.raises(LanguageUnavailable, match="no live node serves"):
        await catalogue.client.run(tiny, "echo late")
    assert (await catalogue.listed())[tiny]["image_bytes"] == 0
    assert (await catalogue.client.run(catalogue.first, "echo on")).status is Status.SUCCEEDED
    assert (catalogue.node.pid, catalogue.node.running) == (pid, True)


async def test_what_runs_in_a_language_that_is_removed_is_finished(catalogue: Catalogue) -> None:
    tiny, go_on = catalogue.tiny, 6
    assert (await catalogue.command("add", tiny))[0] == 0
    await catalogue.offered(tiny)
    begun = asyncio.Event()

    async def watch() -> Any:
        async for event in catalogue.client.submit_and_watch(tiny, f"echo begun; sleep {go_on}; echo ended"):
            if getattr(event, "text", ""):
                begun.set()
        return event

    watching = asyncio.create_task(watch())
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    assert (await catalogue.command("remove", tiny))[0] == 0
    assert not watching.done()
    ended = await asyncio.wait_for(watching, PATIENCE_S)
    assert (ended.status, ended.run.stdout, ended.attempt) == (Status.SUCCEEDED, "begun\nended\n", 1)


async def test_a_default_language_that_is_removed_stays_removed_until_it_is_added(catalogue: Catalogue) -> None:
    assert (await catalogue.command("add", catalogue.tiny))[0] == 0
    assert (await catalogue.command("remove", catalogue.first))[0] == 0
    await catalogue.offered(catalogue.first, wanted=False)
    await asyncio.to_thread(catalogue.node.stop)
    catalogue.node.start()
    await catalogue.offered(catalogue.tiny)
    rows = await catalogue.listed()
    assert (rows[catalogue.first]["served"], rows[catalogue.tiny]["served"]) == (False, True)
    assert (await catalogue.command("add", catalogue.first))[0] == 0
    await catalogue.offered(catalogue.first)


async def test_a_node_that_was_killed_while_a_language_was_added_serves_it_when_it_comes_again(
    catalogue: Catalogue,
) -> None:
    assert (await catalogue.command("add", catalogue.tiny, "--no-wait"))[0] == 0
    await asyncio.to_thread(catalogue.node.kill)
    catalogue.node.start()
    await catalogue.offered(catalogue.tiny)
    assert (await catalogue.client.run(catalogue.tiny, "echo 1")).status is Status.SUCCEEDED


async def test_a_command_that_is_killed_while_it_builds_has_changed_nothing_and_may_be_repeated(
    catalogue: Catalogue,
) -> None:
    catalogue.dockerfile("FROM coderunner/bash\nRUN sleep 3; echo version 2 > /etc/tiny-version\n")
    adding = catalogue.begin("add", catalogue.tiny)
    assert adding.stdout is not None
    await asyncio.to_thread(adding.stdout.readline)
    adding.kill()
    await asyncio.to_thread(adding.communicate)
    assert not (await catalogue.listed())[catalogue.tiny]["wanted"]
    assert (await catalogue.command("add", catalogue.tiny))[0] == 0


async def test_an_image_that_does_not_build_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.dockerfile("FROM coderunner/bash\nRUN echo no such thing; exit 3\n")
    code, _, complained = await catalogue.command("add", catalogue.tiny)
    assert code == 1
    assert "no such thing" in complained
    assert not (await catalogue.listed())[catalogue.tiny]["wanted"]
    assert (await catalogue.client.run(catalogue.first, "echo on")).status is Status.SUCCEEDED


async def test_a_name_that_no_language_has_is_refused_with_those_that_there_are(catalogue: Catalogue) -> None:
    code, _, complained = await catalogue.command("add", "cobol")
    assert (code, catalogue.tiny in complained) == (2, True)
    assert (await catalogue.command("remove", "cobol"))[0] == 2


async def test_a_language_that_is_added_again_gets_its_new_image_without_a_pause(catalogue: Catalogue) -> None:
    assert (await catalogue.command("add", catalogue.tiny))[0] == 0
    await catalogue.offered(catalogue.tiny)
    running = asyncio.create_task(catalogue.client.run(catalogue.tiny, "sleep 4; cat /etc/tiny-version"))
    catalogue.version("1.1")
    code, said, _ = await catalogue.command("add", catalogue.tiny)
    assert (code, said.splitlines()[-1]) == (0, f"{catalogue.tiny} 1.1 is served")
    after = await catalogue.client.run(catalogue.tiny, "cat /etc/tiny-version")
    assert after.run is not None
    assert after.run.stdout == "version 1.1\n"
    before = await running
    assert (before.status, before.run and before.run.stdout) == (Status.SUCCEEDED, "version 1.0\n")


async def test_a_new_image_that_does_not_work_takes_the_place_of_none(catalogue: Catalogue) -> None:
    assert (await catalogue.command("add", catalogue.tiny))[0] == 0
    await catalogue.offered(catalogue.tiny)
    catalogue.dockerfile("FROM coderunner/bash\nRUN echo nothing to tell > /etc/tiny-version\n")
    code, _, complained = await catalogue.command("add", catalogue.tiny)
    assert (code, "nothing to tell" in complained) == (1, True), complained
    ended = await catalogue.client.run(catalogue.tiny, "cat /etc/tiny-version")
    assert (ended.status, ended.run and ended.run.stdout) == (Status.SUCCEEDED, "version 1.0\n")
    assert (await catalogue.listed())[catalogue.tiny]["version"] == "1.0"


async def test_versions_stand_side_by_side_and_a_task_chooses(catalogue: Catalogue) -> None:
    tiny = catalogue.tiny
    catalogue.describe(tiny, image="coderunner/bash", more='series = "5"')
    for path in (catalogue.folder / "languages").glob("*.toml"):
        text = path.read_text()
        if 'series = "5"' in text:
            path.write_text(text.replace('["cat", "/etc/tiny-version"]', '["bash", "--version"]'))
    assert (await catalogue.command("add", tiny, f"{tiny}-5"))[0] == 0
    async with asyncio.timeout(PATIENCE_S):
        while [len(one.versions) for one in await catalogue.client.languages() if one.name == tiny] != [2]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    script = "cat /etc/tiny-version 2>/dev/null || echo other"
    told = [await catalogue.client.run(tiny, script, version=version) for version in ("", "1", "5")]
    assert [one.run and one.run.stdout for one in told] == ["version 1.0\n", "version 1.0\n", "other\n"]
    assert [one.language for one in told] == [tiny] * 3
    assert told[2].language_version.startswith("5.")
    with pytest.raises(LanguageUnavailable):
        await catalogue.client.run(tiny, script, version="7")
