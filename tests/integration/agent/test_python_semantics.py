"""A program that the zygote's child becomes behaves as ``python3 FILE`` does: the same program runs both ways."""

from __future__ import annotations

import io
import re
import zipfile
from functools import partial

import pytest

from tests.integration.agent.attached import AttachedAgent, Report
from tests.integration.agent.sections import read_programs
from tests.integration.agent.told import FOLDER, told


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", "import sys; print(__file__, sys.path[0], sys.argv)")
    return packed.getvalue()


BYTES = {
    "encoding cookie": b"# coding: latin-1\nprint(ascii('\xe9'))",
    "byte order mark": b"\xef\xbb\xbfprint('bom')",
    "no newline at the end": b"print('a')\n#",
    "windows line ends": b"print('a')\r\nif True:\r\n    print('b')\r\n",
    "null byte in the source": b"print('a')\x00\n",
    "empty program": b"",
    "zip archive": _archive(),
    "zip archive behind a script": b"#!/usr/bin/python3\n" + _archive(),
}


PROGRAMS = {name: {"main.py": source} for name, source in BYTES.items()} | read_programs("python_programs.txt")
_told = partial(told, changing=[FOLDER, (re.compile(rb"0x[0-9a-f]{6,}"), b"0x")])


def _run(slot: AttachedAgent, files: dict[str, bytes], *, warm: bool) -> Report:
    return slot.run(files, ["python3", "main.py", "one", "two words"], stdin=b"first\nsecond\n", warm=warm)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_zygote_s_child_is_as_python3(python_slot: AttachedAgent, name: str) -> None:
    assert _told(_run(python_slot, PROGRAMS[name], warm=True)) == _told(_run(python_slot, PROGRAMS[name], warm=False))


@pytest.mark.parametrize(
    "name", ["PYTHONHASHSEED", "PYTHONUNBUFFERED", "PYTHONWARNINGS", "PYTHONPATH", "TZ", "LC_ALL", "X"]
)
def test_an_environment_that_is_read_at_the_start_is_read(python_slot: AttachedAgent, name: str) -> None:
    values = {"PYTHONWARNINGS": "error", "PYTHONPATH": "/tmp", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}
    source = (
        "import hashlib, os, sys, time, warnings\n"
        f"print(os.environ[{name!r}], sys.path[1], sys.warnoptions, time.tzname, time.localtime(0).tm_hour)\n"
        "print(hash('a') if 'PYTHONHASHSEED' in os.environ else '', sys.stdout.write_through, sys.flags)\n"
    )
    env = {name: values.get(name, "1")}
    warm, cold = (python_slot.python(source, env=env, warm=warm) for warm in (True, False))
    assert cold.exit_code == 0
    assert _told(warm) == _told(cold)


@pytest.mark.parametrize(
    "script", ["nothing.py", ".", "folder", "folder/start.py", "folder/inner/../start.py", "./main.py"]
)
def test_a_program_is_found_as_python3_finds_it(python_slot: AttachedAgent, script: str) -> None:
    source = b"import sys; print(__file__, sys.argv, sys.orig_argv, sys.path[0])"
    files = {"main.py": source, "folder/start.py": source, "folder/inner/x.py": b""}
    warm, cold = (python_slot.run(files, ["python3", script], warm=warm) for warm in (True, False))
    assert _told(warm) == _told(cold)


def test_a_compiled_program_runs(python_slot: AttachedAgent) -> None:
    compiling = (
        "import py_compile; open('x.py', 'w').write('print(__file__, __loader__)'); py_compile.compile('x.py', 'x.pyc')"
    )
    compiled = python_slot.python(compiling, collect=["x.pyc"]).artefacts["x.pyc"]
    for name in ("main.pyc", "main.py"):
        warm, cold = (python_slot.run({name: compiled}, ["python3", name], warm=warm) for warm in (True, False))
        assert cold.stdout.startswith(b"/workspace/")
        assert _told(warm) == _told(cold)


def test_an_environment_of_the_task_is_the_programs_and_its_childrens(python_slot: AttachedAgent) -> None:
    source = "import os, subprocess; print(list(os.environ.items())); subprocess.run(['env'])"
    env = {"GREETING": "hi = ho", "EMPTY": "", "HOME": "/elsewhere", "UMLAUT": "\u00e4"}
    warm, cold = (python_slot.python(source, env=env, warm=warm) for warm in (True, False))
    assert b"GREETING=hi = ho\n" in cold.stdout
    assert _told(warm) == _told(cold)


@pytest.mark.parametrize(
    "path",
    [
        "/tmp",
        "/tmp:/nowhere",
        "/usr/lib/python3:/tmp",
        "",
        ":",
        "/tmp:",
        ":/tmp",
        "/tmp::/var",
        "lib",
        "/tmp:lib",
        "./lib",
        "/tmp/../var",
        "/tmp/",
        "//tmp",
        "/",
        "/t m:/ü",
        "/tmp:/var:/tmp",
        "/usr/lib/python3.13:/tmp",
        ":".join(f"/d{number}" for number in range(20)),
    ],
)
def test_a_search_path_is_where_the_interpreters_start_would_have_put_it(python_slot: AttachedAgent, path: str) -> None:
    source = "import os, sys\nprint(sys.path, sys.flags, os.environ['PYTHONPATH'])\n"
    warm, cold = (python_slot.python(source, env={"PYTHONPATH": path}, warm=one) for one in (True, False))
    assert _told(warm) == _told(cold)
