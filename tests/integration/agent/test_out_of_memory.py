"""The slot outlives its program when memory is out: the kernel ends the program, whatever it did to be spared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from tests.integration.agent.attached import MIB, AttachedAgent, make_slot

LANGUAGES = ("bash", "cpp", "go", "java", "javascript", "python")
_SHIELD = """
import os, time
try:
    open('/proc/self/oom_score_adj', 'w').write('0')
except PermissionError:
    pass
"""
_MANY_AND_NOBODYS = f"""{_SHIELD}
for _ in range(40):
    if os.fork() == 0:
        break
memory, block = os.memfd_create('m'), b'x' * 65536
while True:
    os.write(memory, block)
"""
"""Forty processes that are smaller than the agent, and memory that is none of theirs."""
_FILES_IN_MEMORY = f"""{_SHIELD}
for _ in range(30):
    if os.fork() == 0:
        break
for place in ('/workspace', '/tmp', '/dev/shm', '/var/tmp'):
    file = os.open(f'{{place}}/{{os.getpid()}}', os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(file, b'x' * 65536)
    except OSError:
        pass
kept = []
while True:
    kept.append(bytearray(4096))
    time.sleep(0.0005)
"""
"""Memory that stays when the last process is gone."""
_ROUNDS = 5
_MEMORY_BYTES = 64 * MIB


@pytest.fixture(scope="module", params=LANGUAGES)
def any_slot(request: pytest.FixtureRequest, engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    with closing(make_slot(engine_api, request.param)) as slot:
        yield slot


@pytest.mark.parametrize("source", [_MANY_AND_NOBODYS, _FILES_IN_MEMORY], ids=["memfd", "tmpfs"])
def test_the_agent_outlives_a_program_that_hides_from_the_oom_killer(engine_api: docker.APIClient, source: str) -> None:
    with closing(make_slot(engine_api, "python")) as slot:
        container_bytes = _MEMORY_BYTES + 24 * MIB
        engine_api.update_container(slot.name, mem_limit=container_bytes, memswap_limit=container_bytes)
        for _ in range(_ROUNDS):
            report = slot.python(source, memory_bytes=_MEMORY_BYTES, file_bytes=1 << 40, disk_bytes=1 << 40)
            assert (report.ending, report.clean["ok"]) == ("memory", True), report
            assert slot.python("print('well')").stdout == b"well\n"


def test_no_program_can_have_the_kernel_spare_it(any_slot: AttachedAgent) -> None:
    attempt = "(echo 0 > /proc/self/oom_score_adj) 2>/dev/null; cat /proc/self/oom_score_adj"
    report = any_slot.run({}, ["sh", "-c", attempt], warm=False)
    assert (report.stdout, report.clean["ok"]) == (b"1000\n", True)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("file", ["oom_score_adj", "comm", "clear_refs", "mem", "coredump_filter"])
def test_nothing_below_proc_can_be_written(python_slot: AttachedAgent, file: str, warm: bool) -> None:
    attempt = f"try:\n    open('/proc/self/{file}', 'r+b')\nexcept OSError as e:\n    print(e.errno)"
    assert python_slot.python(attempt, warm=warm).stdout == b"13\n"


def test_a_warm_javascript_program_cannot_be_spared_either(engine_api: docker.APIClient) -> None:
    attempt = (
        "const fs = require('fs'), file = '/proc/self/oom_score_adj'\n"
        "try { fs.writeFileSync(file, '0') } catch (error) { console.log(error.code) }\n"
        "console.log(fs.readFileSync(file, 'utf8').trim())"
    )
    with closing(make_slot(engine_api, "javascript")) as slot:
        report = slot.run({"main.js": attempt}, ["node", "main.js"])
        assert report.stdout == b"EACCES\n1000\n"


def test_files_are_moved_and_linked_between_directories_as_anywhere(python_slot: AttachedAgent) -> None:
    source = (
        "import os\nos.mkdir('a')\nos.mkdir('b')\nopen('a/f', 'w').write('kept')\nos.rename('a/f', 'b/g')\n"
        "os.link('b/g', 'a/h')\nprint(open('a/h').read())\nopen('/dev/null', 'w').write('x')\n"
        "memory = os.memfd_create('m')\nopen(f'/proc/self/fd/{memory}', 'r+').write('x')"
    )
    for warm in (True, False):
        report = python_slot.python(source, warm=warm)
        assert (report.stdout, report.exit_code) == (b"kept\n", 0), report.stderr
