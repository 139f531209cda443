"""An interpreter that was started ahead and waits where it first touches its program (``start``): the program notices
nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import docker
import pytest

from node.infrastructure.languages import load_language
from tests.integration.agent.attached import AttachedAgent, make_slot
from tests.integration.agent.told import FOLDER, told

PYTHON = """
name = "{name}"
image = "coderunner/waiting"
source_name = "main.py"
version_command = ["python3", "--version"]
version_pattern = '(3.*)'
memory_overhead_mib = 32
[run]
command = {command}
[warm]
kind = "prestart"
command = {warm}
"""
OPENS = ["python3", "{entry}", "{args}"]
LAST_LIBRARY = "/etc/debian_version"
LOOKS_FIRST = [
    "python3",
    "-c",
    f"""
import os, sys
file = open("main.py", "rb")
if file.peek(2)[:2] == b"#!":
    print("a shebang", file=sys.stderr)
os.stat({LAST_LIBRARY!r})
exec(file.read())
""",
    "{args}",
]
START = "/opt/coderunner/waiting/start"
WAITS = {
    "opens": (OPENS, [START, "main.py", "{command}"]),
    "looks-first": (LOOKS_FIRST, [START, "--until", LAST_LIBRARY, "main.py", "{command}"]),
}
PROGRAMS = {
    "words": "print('hello')",
    "input": "print(input(), open('/dev/stdin').read())",
    "a failure": "import sys\nprint('a')\nsys.exit(7)",
    "an error": "def f():\n    return 1 / 0\nf()",
    "faulty text": "print(",
    "nothing": "",
    "a signal": "import os\nos.kill(os.getpid(), 11)",
    "environment": "import os\nprint(sorted(os.environ.items()))",
    "environment of what it starts": "import os, sys\nsys.stdout.flush()\nos.system('env | sort')",
    "descriptors": "import os\nprint([n for n in range(3) if os.fstat(n)], len(os.listdir('/proc/self/fd')))",
    "threads": "import os\nprint(os.listdir('/proc/self/task') == [str(os.getpid())])",
    "how it was started": "print(open('/proc/self/cmdline').read(), open('/proc/self/comm').read())",
    "itself": "import os, sys\nprint(sys.argv, os.path.getsize('main.py'), os.getcwd(), os.listdir())",
    "files of every mode": (
        "import os\n"
        "for flags in (os.O_CREAT, os.O_CREAT | os.O_EXCL, os.O_TMPFILE | os.O_RDWR):\n"
        "    name = '.' if flags & os.O_TMPFILE == os.O_TMPFILE else f'f{flags}'\n"
        "    print(oct(os.fstat(os.open(name, flags, 0o640)).st_mode))\n"
        "open('main.py', 'a').close()\n"
    ),
}
Slots = Callable[[str], AttachedAgent]
_told = partial(told, changing=[FOLDER])


@pytest.fixture(scope="module")
def slots(engine_api: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slots]:
    """A slot of each of ``WAITS``, made when it is first asked for."""
    folder: Path = tmp_path_factory.mktemp("languages")
    made: dict[str, AttachedAgent] = {}
    with ExitStack() as undo:

        def of(name: str) -> AttachedAgent:
            if name not in made:
                path = folder / f"{name}.toml"
                command, warm = (json.dumps(words) for words in WAITS[name])
                path.write_text(PYTHON.format(name=name, command=command, warm=warm))
                made[name] = undo.enter_context(closing(make_slot(engine_api, load_language(path))))
            return made[name]

        yield of


def command_of(kind: str) -> list[str]:
    return ["python3", "main.py"] if kind == "opens" else LOOKS_FIRST[:-1]


@pytest.mark.parametrize("kind", WAITS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_waited_does_as_what_is_started(slots: Slots, name: str, kind: str) -> None:
    def run(*, warm: bool) -> dict[str, object]:
        report = slots(kind).run({"main.py": PROGRAMS[name]}, command_of(kind), stdin=b"one\ntwo\n", warm=warm)
        assert report.exited["warm"] is warm
        return _told(report)

    assert run(warm=True) == run(warm=False)


@pytest.mark.parametrize("kind", WAITS)
@pytest.mark.parametrize(
    "more", [["one", "two words", ""], ["--help"], ["\u00e4"]], ids=["arguments", "an option", "umlaut"]
)
def test_other_words_than_it_was_started_with_are_the_programs(slots: Slots, kind: str, more: list[str]) -> None:
    files = {"main.py": "import sys\nprint(sys.argv)"}
    warm, cold = (slots(kind).run(files, [*command_of(kind), *more], warm=warm) for warm in (True, False))
    assert repr(more)[1:-1] in cold.stdout.decode()
    assert _told(warm) == _told(cold)


@pytest.mark.parametrize(
    "command", [["python3", "other.py"], ["python3", "-O", "main.py"], ["nothing"], ["sh", "-c", "exit 3"]]
)
def test_another_command_is_started_in_its_place(slots: Slots, command: list[str]) -> None:
    files = {"main.py": "print(__file__, __debug__)", "other.py": "print('other', __file__)"}
    warm, cold = (slots("opens").run(files, command, warm=warm) for warm in (True, False))
    assert _told(warm) == _told(cold)


def test_a_program_that_is_not_there_is_told_by_the_interpreter(slots: Slots) -> None:
    warm, cold = (slots("opens").run({"other.py": ""}, ["python3", "main.py"], warm=warm) for warm in (True, False))
    assert b"No such file" in cold.stderr
    assert _told(warm) == _told(cold)


def test_a_program_with_a_shebang_is_seen_from_its_first_read(slots: Slots) -> None:
    files = {"main.py": "#!/usr/bin/python3\nprint('hello')\n"}
    warm, cold = (slots("looks-first").run(files, command_of("looks-first"), warm=warm) for warm in (True, False))
    assert cold.stderr == b"a shebang\n"
    assert _told(warm) == _told(cold)


def test_the_environment_of_the_task_is_the_programs(slots: Slots) -> None:
    files = {"main.py": "import os\nos.system('echo $GREETING $LD_PRELOAD $CODERUNNER_WAITS_AT')"}
    report = slots("opens").run(files, command_of("opens"), env={"GREETING": "hello there"})
    assert report.stdout == b"hello there\n"


def test_nobody_notices_that_what_waits_has_died(slots: Slots) -> None:
    slot = slots("opens")
    slot.hello()
    for _ in range(2):
        slot.inside("for p in /proc/[0-9]*; do grep -qs '^python3.main.py' $p/cmdline && kill -9 ${p#/proc/}; done")
        report = slot.run({"main.py": "print('hello')"}, command_of("opens"))
        assert report.stdout == b"hello\n"
        slot.hello()
