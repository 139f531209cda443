"""What every image must be, whatever language it is for."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable

import docker
import pytest

from tests.integration.images.image_slot import LANGUAGES, Slot

SlotOf = Callable[[str], Slot]


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_image_holds_no_program_that_raises_privileges(slot: SlotOf, name: str) -> None:
    assert slot(name).as_root("find", "/", "-xdev", "-perm", "/6000") == ""


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_image_holds_no_package_lists_or_caches(slot: SlotOf, name: str) -> None:
    found = slot(name).as_root("find", "/var/lib/apt/lists", "/var/cache/apt", "-type", "f", "-size", "+0")
    assert found.split() in ([], ["/var/lib/apt/lists/lock"])


@pytest.mark.parametrize("name", LANGUAGES)
def test_nothing_in_an_image_can_be_changed_by_the_slots_user(slot: SlotOf, name: str) -> None:
    _, writable, _ = slot(name).run("find", "/usr", "/opt", "/etc", "-xdev", "-writable", "-not", "-type", "l")
    assert writable == ""


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_unprivileged_user_reads_the_version_on_a_read_only_root(slot: SlotOf, name: str) -> None:
    language = slot(name).language
    code, out, err = slot(name).run(*language["version_command"])
    assert code == 0
    assert re.search(language["version_pattern"], out + err), out + err


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_agent_has_its_python_and_its_place(slot: SlotOf, name: str) -> None:
    modules = "json, os, pwd, resource, selectors, signal, socket, struct, subprocess, ctypes"
    assert slot(name).run("python3", "-I", "-S", "-B", "-c", f"import {modules}") == (0, "", "")
    assert slot(name).as_root("ls", "-A", "/opt/coderunner/agent") == ""


def test_images_that_are_current_are_not_built_again(engine: docker.DockerClient) -> None:
    before = {name: engine.images.get(language["image"]).id for name, language in LANGUAGES.items()}
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "sandbox.builder"], capture_output=True, text=True, check=True)
    elapsed = time.monotonic() - started
    assert {line.split(": ")[-1] for line in done.stdout.splitlines()} == {"is current"}
    assert {name: engine.images.get(language["image"]).id for name, language in LANGUAGES.items()} == before
    assert elapsed < 10  # under a second on an idle machine


def test_an_unknown_image_ends_with_one_sentence() -> None:
    command = [sys.executable, "-m", "sandbox.builder", "--only", "cuneiform"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "There is no image 'cuneiform'; known are assembly, base, base-bookworm, base-bullseye"
    )
    assert done.stderr.count("\n") == 1


def test_an_engine_that_does_not_answer_ends_with_one_sentence() -> None:
    command = [sys.executable, "-m", "sandbox.builder"]
    environment = {"DOCKER_HOST": "tcp://127.0.0.1:1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("No Docker engine answers")
    assert done.stderr.count("\n") == 1


def test_python_writes_line_by_line_into_a_pipe(slot: SlotOf) -> None:
    program = "import os, sys; print('first'); sys.stdout.write('half'); os._exit(0)"
    assert slot("python").run("python3", "-c", program) == (0, "first\n", "")
