"""Packages that a task names: from an index over TLS, through an installer's slot, to programs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import docker
import pytest

from coderunner import Client, InvalidTask, Output, Status
from tests.servers.package_index import PackageIndex, a_wheel, redirect, send
from tests.servers.package_stack import a_name, said, stack_with_packages, stdout
from tests.servers.stack import Stack

SAYS = "print('installed')\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PackageIndex]:
    one = PackageIndex(tmp_path_factory.mktemp("index"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def stack(
    index: PackageIndex, docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A gateway, and a node whose Python has an index."""
    indexes = {"pypi": f"{index.url} {index.files_url}"}
    with stack_with_packages(
        tmp_path_factory.mktemp("packages"), docker_engine, index, ["python", "bash"], indexes
    ) as stack:
        yield stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with stack.client() as client:
        yield client


async def test_a_program_has_the_packages_that_its_task_names_and_what_they_need(
    client: Client, index: PackageIndex
) -> None:
    name, needed = a_name(), a_name()
    index.add(name, "2.1", a_wheel(name, "2.1", {f"{name}/__init__.py": f"import {needed}\n{SAYS}"}, requires=[needed]))
    index.add(name, "3.0", a_wheel(name, "3.0", {f"{name}/__init__.py": "raise SystemExit(3)"}))
    index.add(needed, "1.0", a_wheel(needed, "1.0", {f"{needed}.py": ""}))
    pieces: list[Output] = []
    first = await client.run("python", f"import {name}", packages=[f"{name}==2.*"], on_output=pieces.append)
    assert (first.status, stdout(first)) == (Status.SUCCEEDED, "installed\n")
    assert set(first.packages) == {f"{name}==2.1", f"{needed}==1.0"}
    assert "Successfully installed" in said(first)
    assert "".join(piece.text for piece in pieces if piece.stage == "compile") == said(first)
    asked = len(index.requests)
    again = await client.run("python", f"import {name}", packages=[f"{name.upper()}==2.*"])
    assert (stdout(again), again.compile, again.packages) == ("installed\n", None, first.packages)
    assert len(index.requests) == asked
    plain = await client.run("python", f"import {name}")
    assert plain.status is Status.FAILED


async def test_a_package_that_there_is_not_is_a_compile_error_in_the_installers_words(client: Client) -> None:
    ended = await client.run("python", "print(1)", packages=[name := a_name()])
    assert (ended.status, ended.run, ended.packages, ended.attempt) == (Status.COMPILE_ERROR, None, (), 1)
    assert f"No matching distribution found for {name}" in said(ended)


async def test_a_package_is_imported_by_cases_too_and_its_byte_code_is_there(
    client: Client, index: PackageIndex
) -> None:
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}.py": "value = 1\n"}))
    source = f"import os, {name}\nprint({name}.__cached__.endswith('.pyc'), os.path.exists({name}.__cached__))"
    ended = await client.run("python", source, packages=[name])
    assert stdout(ended) == "True True\n"


async def test_a_language_without_an_index_takes_no_packages(client: Client) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.run("bash", "echo", packages=["six"])
    assert [one.field for one in refused.value.violations] == ["task.packages"]
    with pytest.raises(InvalidTask):
        await client.run("python", "pass", packages=["--help"])


async def test_a_source_distribution_is_never_built(client: Client, index: PackageIndex) -> None:
    name = a_name()
    file = f"{name}-1.tar.gz"
    index.answers[f"/simple/{name}/"] = lambda handler: send(
        handler, f'<a href="{index.files_url}{file}">{file}</a>'.encode(), "text/html"
    )
    ended = await client.run("python", "pass", packages=[name])
    assert ended.status is Status.COMPILE_ERROR
    assert f"/files/{file}" not in index.requests


LOOKS = """
import os, sys
try:
    print(os.listdir("/packages"))
except OSError as error:
    print(type(error).__name__)
layer = next(path for path in sys.path if path.startswith("/packages/"))
for path in (layer, f"{layer}/here.py", "/packages/new", "/packages/.keys", "/packages/.keys/x"):
    try:
        os.open(path, os.O_WRONLY | os.O_CREAT) if "." in path[9:] else os.mkdir(f"{path}/x")
        print("ESCAPED", path)
    except OSError as error:
        print(type(error).__name__)
for path in (f"{layer}/here.py", layer):
    for attack in (os.remove, os.rmdir, lambda one: os.chmod(one, 0o777), lambda one: os.rename(one, "/tmp/x")):
        try:
            attack(path)
            print("ESCAPED", path)
        except OSError:
            pass
try:
    print(os.listdir("/packages/.keys"))
except OSError as error:
    print(type(error).__name__)
print(os.path.exists("/layer"), oct(os.stat(layer).st_mode), os.stat(layer).st_uid)"""


async def test_a_program_can_neither_change_a_layer_nor_find_anothers(client: Client, index: PackageIndex) -> None:
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {"here.py": ""}))
    printed = stdout(await client.run("python", LOOKS, packages=[name]))
    assert "ESCAPED" not in printed
    assert printed.splitlines()[0] == "PermissionError"
    assert printed.splitlines()[-2:] == ["PermissionError", "False 0o40755 0"]
    assert (await client.run("python", "import here", packages=[name])).status is Status.SUCCEEDED


async def test_nothing_of_a_package_runs_at_an_interpreters_start(client: Client, index: PackageIndex) -> None:
    name = a_name()
    files = {"evil.pth": "import sys; print('ESCAPED', flush=True)\n", "sitecustomize.py": "print('ESCAPED')"}
    index.add(name, "1", a_wheel(name, "1", {**files, f"{name}.py": "", "usercustomize.py": "print('ESCAPED')"}))
    again = f"import {name}, subprocess, sys; subprocess.run([sys.executable, '-c', 'import {name}'], check=True)"
    for source in (f"import {name}; print('quiet')", again):
        ended = await client.run("python", source, packages=[name])
        assert (ended.status, "ESCAPED" in stdout(ended)) == (Status.SUCCEEDED, False)


def _entry(name: str, mode: int = 0o644) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.create_system = 3
    return entry


HOSTILE_ENTRIES = {
    "up": _entry("../../../../../../packages/evil.py"),
    "absolute": _entry("/packages/evil.py"),
    "link": _entry("evil_link", 0o120777),
    "device": _entry("evil_device", 0o020666),
}


@pytest.mark.parametrize("attack", list(HOSTILE_ENTRIES))
async def test_a_wheel_writes_nothing_but_plain_files_below_its_own_folder(
    client: Client, index: PackageIndex, attack: str
) -> None:
    name = a_name()
    wheel = a_wheel(name, "1", {f"{name}.py": ""}, entries=[(HOSTILE_ENTRIES[attack], b"/etc/passwd")])
    index.add(name, "1", wheel)
    source = f"""
import os, sys, stat
import {name}
layer = os.path.dirname({name}.__file__)
for folder, _, files in os.walk(layer):
    for file in files:
        path = os.path.join(folder, file)
        if not stat.S_ISREG(os.lstat(path).st_mode):
            print("ESCAPED", path)
print(os.path.exists("/packages/evil.py"))"""
    ended = await client.run("python", source, packages=[name])
    assert ended.status in (Status.COMPILE_ERROR, Status.SUCCEEDED)
    if ended.status is Status.SUCCEEDED:
        assert stdout(ended) == "False\n"


async def test_modes_of_a_wheel_raise_nothing(client: Client, index: PackageIndex) -> None:
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}.py": ""}, entries=[(_entry("tool", 0o106777), b"#!/bin/sh\n")]))
    source = f"import os, {name}; print(oct(os.stat(os.path.dirname({name}.__file__) + '/tool').st_mode))"
    assert stdout(await client.run("python", source, packages=[name])) in ("0o100755\n", "0o100644\n")


async def test_a_bomb_ends_in_its_own_slot(client: Client, index: PackageIndex) -> None:
    """80 MiB in 80 KiB, more than an installer's folder has."""
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}.py": "", "zeros": bytes(80 << 20)}))
    ended = await client.run("python", "pass", packages=[name])
    assert ended.status is Status.COMPILE_ERROR
    assert (await client.run("python", "print(1)")).status is Status.SUCCEEDED


async def test_what_a_keeper_does_not_take_is_told(client: Client, index: PackageIndex) -> None:
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}/{'d/' * 70}x.txt": ""}))
    ended = await client.run("python", "pass", packages=[name])
    assert ended.status is Status.COMPILE_ERROR
    assert "folders more than 64 deep" in ended.error


async def test_an_index_leads_an_installer_nowhere_else(client: Client, index: PackageIndex) -> None:
    name, moved = a_name(), a_name()
    links = "".join(
        f'<a href="{url}{name}-1-py3-none-any.whl">{name}-1-py3-none-any.whl</a>'
        for url in ("http://169.254.169.254/", "https://localhost:1/", "file:///etc/")
    )
    index.answers[f"/simple/{name}/"] = lambda handler: send(handler, links.encode(), "text/html")
    index.answers[f"/simple/{moved}/"] = redirect("http://169.254.169.254/")
    for package in (name, moved):
        assert (await client.run("python", "pass", packages=[package])).status is Status.COMPILE_ERROR


async def test_an_index_that_is_busy_is_tried_again_and_then_is_no_fault_of_the_task(
    client: Client, index: PackageIndex
) -> None:
    name = a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}.py": SAYS}))
    page = f"/simple/{name}/"
    index.answers[page] = lambda handler: send(handler, b"busy", "text/plain", status=503)
    running = asyncio.create_task(client.run("python", f"import {name}", packages=[name]))
    while index.requests.count(page) < 3:  # two by the first attempt's installer  # noqa: ASYNC110 - it is another thread's
        await asyncio.sleep(0.01)
    del index.answers[page]
    assert stdout(await running) == "installed\n"


async def test_a_cancelled_task_does_not_wait_for_its_packages(client: Client, index: PackageIndex) -> None:
    name = a_name()
    asked, may_go = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        asyncio.run_coroutine_threadsafe(may_go.wait(), loop).result(30)
        send(handler, b"", "text/html", status=404)

    index.answers[f"/simple/{name}/"] = wait
    task_id = await client.submit("python", "pass", packages=[name])
    await asked.wait()
    assert (await client.get(task_id)).status is Status.RUNNING
    await client.cancel(task_id)
    assert (await client.get(task_id)).status is Status.CANCELLED
    may_go.set()


def test_the_command_line_names_packages(stack: Stack, index: PackageIndex, tmp_path: Path) -> None:
    name, other = a_name(), a_name()
    index.add(name, "1", a_wheel(name, "1", {f"{name}.py": SAYS}))
    index.add(other, "1", a_wheel(other, "1", {f"{other}.py": ""}))
    (tmp_path / "main.py").write_text(f"import {other}, {name}")
    command = [sys.executable, "-m", "coderunner", "--gateway", stack.gateways[0].target]
    command += ["run", "--package", f"{name}==1", "--package", other, str(tmp_path / "main.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "installed\n"
