"""A program that the zygote's child becomes behaves as ``python3 FILE`` does: the same program runs both ways."""

from __future__ import annotations

import re

import pytest

from tests.integration.agent.attached import AttachedAgent, Report
from tests.integration.agent.sections import read_programs

BYTES = {
    "encoding cookie": b"# coding: latin-1\nprint(ascii('\xe9'))",
    "byte order mark": b"\xef\xbb\xbfprint('bom')",
    "no newline at the end": b"print('a')\n#",
    "windows line ends": b"print('a')\r\nif True:\r\n    print('b')\r\n",
    "null byte in the source": b"print('a')\x00\n",
    "empty program": b"",
}


PROGRAMS = {name: {"main.py": source} for name, source in BYTES.items()} | read_programs("python_programs.txt")
_DIRECTORY = re.compile(rb"/workspace/task-[0-9a-f]+")
_ADDRESS = re.compile(rb"0x[0-9a-f]{6,}")


def _run(slot: AttachedAgent, files: dict[str, bytes], *, warm: bool) -> Report:
    return slot.run(files, ["python3", "main.py", "one", "two words"], stdin=b"first\nsecond\n", warm=warm)


def _told(report: Report) -> dict[str, object]:
    text = [_ADDRESS.sub(b"0x", _DIRECTORY.sub(b"<dir>", stream)) for stream in (report.stdout, report.stderr)]
    assert report.clean["ok"], report.clean
    return {
        "ending": (report.ending, report.exit_code, report.signal),
        "stdout": text[0].decode(errors="backslashreplace"),
        "stderr": text[1].decode(errors="backslashreplace"),
    }


KNOWN_TO_DIFFER = {
    "uncaught recursion": "three frames of ours are below the program's",
    "print_stack": "three frames of ours are below the program's",
    "inspect.stack": "three frames of ours are below the program's",
    "frames above": "three frames of ours are below the program's",
    "warning of the caller": "three frames of ours are below the program's",
    "atexit that exits": "the traceback of a built-in callback shows the frame that calls it",
    "__del__ that fails": "the source line is still there to be shown",
    "what is imported already": "what the zygote needs is imported; a file of the same name still comes first",
    "null byte in the source": "compile() words it differently for a string than for a file",
    "gc": "the zygote's objects are frozen",
}
"""Every deviation there is; one that is mended must leave this list."""


def _cases() -> list[object]:
    marks = {name: pytest.mark.xfail(reason=reason, strict=True) for name, reason in KNOWN_TO_DIFFER.items()}
    return [pytest.param(name, marks=marks.get(name, ())) for name in PROGRAMS]


@pytest.mark.parametrize("name", _cases())
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
