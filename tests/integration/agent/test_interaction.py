"""A program that is talked to while it runs: input, its end, signals, a terminal, and when it waits."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.agent.attached import AttachedAgent, Report
from tests.integration.agent.slot_checks import assert_works
from tests.integration.agent.slot_fixtures import slot_of, slots_of_every_language

python_slot = slot_of("python")
slot_of_language = slots_of_every_language()

TALKED_TO = {"terminal": None, "clock_stands": False, "session_ms": 120_000}
ON_TERMINAL = {**TALKED_TO, "terminal": {"rows": 30, "columns": 90}}
ASKS_TWICE = """
first = input('first? ')
second = input('second? ')
print(first + second)
"""
PROGRAMS = {
    "python": ("main.py", "print('up', flush=True)\nprint('got', input())", ["python3", "main.py"]),
    "javascript": (
        "main.js",
        "console.log('up');process.stdin.on('data', d => { console.log('got', String(d).trim()); process.exit(0); })",
        ["node", "main.js"],
    ),
    "bash": ("main.sh", "echo up; read line; echo got $line", ["bash", "main.sh"]),
    "cpp": (
        "main.cpp",
        '#include <cstdio>\nint main(){ char b[9]; puts("up"); fflush(stdout);'
        'scanf("%8s", b); printf("got %s\\n", b); }',
        ["sh", "-c", "g++ main.cpp -o program && ./program"],
    ),
    "java": (
        "Main.java",
        """public class Main { public static void main(String[] a) throws Exception {
            System.out.println("up"); System.out.println("got " + new java.util.Scanner(System.in).nextLine()); } }""",
        ["java", "-Xint", "-Xmx128m", "Main.java"],
    ),
}


def say(slot: AttachedAgent, text: bytes = b"", *, closes: bool = False) -> None:
    slot.send({"type": "input", "run_id": "r", "closes": closes}, text)


def until(slot: AttachedAgent, kind: str, text: bytes = b"") -> bytes:
    """Reads on until a frame of this kind, and such output, came; returns all output before it."""
    seen = b""
    while True:
        header, body = slot.next()
        if header["type"] == "output":
            seen += body
        if header["type"] == kind and text in seen:
            return seen
        assert header["type"] not in ("exited", "failed"), (header, seen)


def start(slot: AttachedAgent, source: str, interaction: Mapping[str, Any] = TALKED_TO, **options: Any) -> None:
    options.setdefault("warm", interaction["terminal"] is None)
    slot.start({"main.py": source}, ["python3", "main.py"], interaction=interaction, **options)


def end(slot: AttachedAgent) -> Report:
    report = slot.finish()
    assert report.clean["ok"], report.clean
    return report


def test_a_program_gets_what_is_said_while_it_runs(python_slot: AttachedAgent) -> None:
    start(python_slot, ASKS_TWICE)
    until(python_slot, "waits", b"first? ")
    say(python_slot, b"one\n")
    until(python_slot, "waits", b"second? ")
    say(python_slot, b"two\n")
    report = end(python_slot)
    assert (report.stdout, report.exit_code) == (b"onetwo\n", 0)


def test_what_is_said_before_it_reads_is_not_lost(python_slot: AttachedAgent) -> None:
    start(python_slot, "import time\ntime.sleep(0.3)\n" + ASKS_TWICE, stdin=b"o")
    say(python_slot, b"ne\ntwo\n")
    assert end(python_slot).stdout == b"first? second? onetwo\n"


def test_the_end_of_the_input_is_the_end_of_the_file(python_slot: AttachedAgent) -> None:
    start(python_slot, "import sys\nprint(len(sys.stdin.read()))")
    say(python_slot, b"x" * 300_000)
    say(python_slot, b"y" * 300_000)
    say(python_slot, closes=True)
    assert end(python_slot).stdout == b"600000\n"


def test_input_after_its_end_and_after_the_program_s_is_ignored(python_slot: AttachedAgent) -> None:
    start(python_slot, "import sys\nprint(sys.stdin.read())")
    say(python_slot, b"all", closes=True)
    say(python_slot, b"more")
    assert end(python_slot).stdout == b"all\n"
    say(python_slot, b"late")
    python_slot.send({"type": "signal", "run_id": "r", "signal": signal.SIGTERM})
    assert_works(python_slot)


def test_a_program_that_closes_its_input_goes_on(python_slot: AttachedAgent) -> None:
    start(python_slot, "import os, time\nos.close(0)\nprint('closed', flush=True)\ntime.sleep(0.5)\nprint('done')")
    until(python_slot, "output", b"closed")
    say(python_slot, b"x" * 100_000)
    say(python_slot, b"y")
    assert end(python_slot).exit_code == 0
    assert_works(python_slot)


@pytest.mark.parametrize("language", sorted(PROGRAMS))
def test_it_is_told_when_a_program_waits_in(language: str, slot_of_language: Any) -> None:
    slot = slot_of_language(language)
    name, source, command = PROGRAMS[language]
    slot.start({name: source}, command, interaction=TALKED_TO, warm=language in ("python", "javascript"))
    until(slot, "waits", b"up")
    say(slot, b"it\n")
    assert b"got it" in end(slot).stdout


@pytest.mark.parametrize(
    "busy",
    [
        "import time\ntime.sleep(0.6)",
        "import time\nbegun = time.time()\nwhile time.time() < begun + 0.6: pass",
        "import subprocess\nsubprocess.run(['sleep', '0.6'])",
        "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n  time.sleep(0.6)\n  os._exit(0)\nos.close(w)\n"
        "os.read(r, 1)",
    ],
    ids=["sleeps", "computes", "waits for a child", "reads another pipe"],
)
def test_it_is_not_told_while_a_program(busy: str, python_slot: AttachedAgent) -> None:
    start(python_slot, busy)
    kinds: list[str] = []
    while not kinds or kinds[-1] != "exited":
        kinds.append(python_slot.next()[0]["type"])
    assert kinds == ["exited"]
    assert python_slot.next()[0]["ok"]


def test_the_clock_stands_while_it_waits_where_that_is_asked_for(python_slot: AttachedAgent) -> None:
    start(python_slot, ASKS_TWICE, {**TALKED_TO, "clock_stands": True}, wall_ms=1_000)
    until(python_slot, "waits", b"first? ")
    time.sleep(1.5)
    say(python_slot, b"one\n")
    until(python_slot, "waits", b"second? ")
    say(python_slot, b"two\n")
    report = end(python_slot)
    assert (report.ending, report.stdout) == ("exited", b"onetwo\n")
    assert report.wall_ms < 1_000


def test_the_clock_goes_on_where_it_is_not(python_slot: AttachedAgent) -> None:
    start(python_slot, ASKS_TWICE, wall_ms=700)
    until(python_slot, "waits", b"first? ")
    assert end(python_slot).ending == "wall"


def test_a_session_ends_though_its_clock_stands(python_slot: AttachedAgent) -> None:
    start(python_slot, ASKS_TWICE, {**TALKED_TO, "clock_stands": True, "session_ms": 800}, wall_ms=60_000)
    until(python_slot, "waits", b"first? ")
    report = end(python_slot)
    assert report.ending == "wall"
    assert_works(python_slot)


def test_a_signal_reaches_the_program(python_slot: AttachedAgent) -> None:
    start(python_slot, "try:\n    input('?')\nexcept KeyboardInterrupt:\n    print('interrupted')")
    until(python_slot, "waits", b"?")
    python_slot.send({"type": "signal", "run_id": "r", "signal": signal.SIGINT})
    assert end(python_slot).stdout == b"interrupted\n"


def test_who_waits_can_be_cancelled(python_slot: AttachedAgent) -> None:
    start(python_slot, ASKS_TWICE)
    until(python_slot, "waits", b"first? ")
    python_slot.send({"type": "kill", "run_id": "r"})
    assert end(python_slot).ending == "cancelled"
    assert_works(python_slot)


def test_on_a_terminal_it_is_one(python_slot: AttachedAgent) -> None:
    source = (
        "import os, sys\n"
        "print(all(os.isatty(n) for n in (0, 1, 2)), os.get_terminal_size(), open('/dev/tty').fileno() > 0)\n"
        "print('err', file=sys.stderr)\n"
        "print('got', input('? '))"
    )
    start(python_slot, source, ON_TERMINAL)
    seen = until(python_slot, "waits", b"? ")
    assert seen == b"True os.terminal_size(columns=90, lines=30) True\r\nerr\r\n? "
    say(python_slot, b"it\r")
    report = end(python_slot)
    assert (report.stdout, report.exit_code) == (b"it\r\ngot it\r\n", 0)
    assert_works(python_slot)


def test_a_terminal_s_keys_do_what_they_do_everywhere(python_slot: AttachedAgent) -> None:
    start(python_slot, "try:\n    input('? ')\nexcept KeyboardInterrupt:\n    print('interrupted')", ON_TERMINAL)
    until(python_slot, "waits", b"? ")
    say(python_slot, b"\x03")
    assert b"interrupted" in end(python_slot).stdout


def test_a_terminal_s_input_can_end(python_slot: AttachedAgent) -> None:
    start(python_slot, "import sys\nprint(repr(sys.stdin.read()))", ON_TERMINAL)
    say(python_slot, b"a line\n", closes=True)
    assert b"'a line\\n'" in end(python_slot).stdout


def test_a_terminal_can_change_its_size(python_slot: AttachedAgent) -> None:
    source = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGWINCH, lambda *_: sys.exit(str(os.get_terminal_size())))\n"
        "print('up', flush=True)\nwhile True:\n    time.sleep(1)"
    )
    start(python_slot, source, ON_TERMINAL)
    until(python_slot, "output", b"up")
    python_slot.send({"type": "resize", "run_id": "r", "rows": 5, "columns": 40})
    assert b"columns=40, lines=5" in end(python_slot).stdout


def test_nobody_else_can_make_a_terminal(python_slot: AttachedAgent) -> None:
    source = "import os\ninput()\ntry:\n    os.openpty()\nexcept OSError as error:\n    print(type(error).__name__)"
    for interaction in (ON_TERMINAL, TALKED_TO):
        start(python_slot, source, interaction)
        say(python_slot, b"\n")
        assert re.search(rb"(PermissionError|FileNotFoundError|OSError)", end(python_slot).stdout)
    assert python_slot.inside("stat -c %a /dev/pts/ptmx; ls /dev/pts") == "600\nptmx\n"


def test_a_program_that_leaves_its_terminal_to_another_ends_all_the_same(python_slot: AttachedAgent) -> None:
    source = "import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)\nprint('left')"
    start(python_slot, source, ON_TERMINAL)
    assert b"left" in end(python_slot).stdout
    assert_works(python_slot)


def test_a_flood_of_waiting_costs_the_agent_little(python_slot: AttachedAgent) -> None:
    """A program that reads with a time limit again and again, and prints in between, is looked at 100 times a second
    at most."""
    source = (
        "import select, sys, time\nend = time.time() + 1\nwhile time.time() < end:\n"
        "    print(end='.', flush=True)\n    select.select([sys.stdin], [], [], 0.003)"
    )
    start(python_slot, source)
    waits = 0
    while True:
        header, _ = python_slot.next()
        waits += header["type"] == "waits"
        if header["type"] == "exited":
            break
    assert python_slot.next()[0]["ok"]
    assert waits <= 100


def test_a_terminal_s_input_ends_in_the_middle_of_a_line(python_slot: AttachedAgent) -> None:
    start(python_slot, "import sys\nprint(repr(sys.stdin.read()))", ON_TERMINAL)
    say(python_slot, b"half", closes=True)
    assert b"'half'" in end(python_slot).stdout


def test_a_signal_that_comes_with_the_program_is_not_lost(python_slot: AttachedAgent) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        for _ in range(5):
            start(python_slot, "import time\ntime.sleep(60)", warm=False)
            python_slot.send({"type": "signal", "run_id": "r", "signal": number})
            report = end(python_slot)
            assert report.signal == number or (number == signal.SIGINT and report.exit_code), report


def test_nobody_sets_what_a_terminal_speaks(python_slot: AttachedAgent) -> None:
    """Each line discipline is a module of the host, which would be loaded."""
    source = (
        "import fcntl, struct\n"
        "print(struct.unpack('i', fcntl.ioctl(0, 0x5424, bytes(4))))\n"  # TIOCGETD
        "for request in (0x5423, 0x5423 | 1 << 40, -(1 << 32) + 0x5423):\n"
        "    for number in range(1, 30):\n"
        "        try:\n"
        "            fcntl.ioctl(0, request & 0xFFFFFFFF, struct.pack('i', number))\n"
        "        except PermissionError:\n"
        "            continue\n"
        "        print('set', number)\n"
    )
    start(python_slot, source, ON_TERMINAL)
    assert end(python_slot).stdout == b"(0,)\r\n"
