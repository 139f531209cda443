"""``coderunner run -i`` and ``-t``, as somebody who types sees them."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.servers.command import environment_for, run_command
from tests.servers.stack import Stack

ASKS = "name = input('name? ')\nprint('hello', name)\nraise SystemExit(3)\n"
PATIENCE_S = 60


class Typist:
    """The command on a terminal of its own."""

    def __init__(self, stack: Stack, folder: Path, *arguments: str) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (17, 71))
        self.terminal, self._seen = ours, b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "coderunner", *arguments],
            cwd=folder,
            env=environment_for(stack.gateways[0].target),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def sees(self, text: str) -> None:
        """Waits until that is on the terminal, behind what was seen before."""
        until = time.monotonic() + PATIENCE_S
        while text.encode() not in self._seen:
            assert select.select([self.terminal], [], [], until - time.monotonic())[0], self._seen
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:
                piece = b""
            assert piece, self._seen
            self._seen += piece
        self._seen = self._seen.partition(text.encode())[2]

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def end(self) -> int:
        code = self.process.wait(PATIENCE_S)
        os.close(self.terminal)
        return code


def program(folder: Path, source: str) -> str:
    (folder / "p.py").write_text(source)
    return "p.py"


def test_lines_that_are_typed_reach_the_program(judging_stack: Stack, tmp_path: Path) -> None:
    typist = Typist(judging_stack, tmp_path, "run", "-i", program(tmp_path, ASKS))
    typist.sees("name? ")
    typist.types("Ada\n")
    typist.sees("hello Ada")
    assert typist.end() == 3


def test_a_pipe_is_passed_on_to_its_end(judging_stack: Stack, tmp_path: Path) -> None:
    source = program(tmp_path, "import sys\nprint(len(sys.stdin.read()))")
    done = subprocess.run(
        [sys.executable, "-m", "coderunner", "run", "-i", source],
        cwd=tmp_path,
        env=environment_for(judging_stack.gateways[0].target),
        input=b"x" * 500_000,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"500000\n", b"")


def test_the_program_has_a_terminal_of_that_size_and_every_key(judging_stack: Stack, tmp_path: Path) -> None:
    source = "import os, sys, tty\ntty.setraw(0)\nprint(os.get_terminal_size(), flush=True)\n"
    source += "print(repr(sys.stdin.read(1)), end='')"
    typist = Typist(judging_stack, tmp_path, "run", "-t", program(tmp_path, source))
    typist.sees("columns=71, lines=17")
    typist.types("\x01")
    typist.sees("'\\x01'")
    assert typist.end() == 0


def test_a_terminal_that_changes_its_size_says_so(judging_stack: Stack, tmp_path: Path) -> None:
    source = """import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH})
print('? ', flush=True)
signal.sigwait({signal.SIGWINCH})
print(os.get_terminal_size(), flush=True)
input()
"""
    typist = Typist(judging_stack, tmp_path, "run", "-t", program(tmp_path, source))
    typist.sees("? ")
    termios.tcsetwinsize(typist.terminal, (9, 33))
    os.kill(typist.process.pid, signal.SIGWINCH)
    typist.sees("columns=33, lines=9")
    typist.types("\r")
    assert typist.end() == 0


def test_ctrl_c_is_the_program_s_first(judging_stack: Stack, tmp_path: Path) -> None:
    source = "import time\nwhile True:\n    try:\n        print('up', flush=True)\n        time.sleep(60)\n"
    source += "    except KeyboardInterrupt:\n        print('no', flush=True)"
    typist = Typist(judging_stack, tmp_path, "run", "-i", program(tmp_path, source))
    typist.sees("up")
    os.kill(typist.process.pid, signal.SIGINT)
    typist.sees("no")
    typist.sees("up")
    os.kill(typist.process.pid, signal.SIGINT)
    assert typist.end() == 130


def test_ctrl_and_bracket_leaves_a_terminal(judging_stack: Stack, tmp_path: Path) -> None:
    typist = Typist(judging_stack, tmp_path, "run", "-t", program(tmp_path, "input('? ')"))
    typist.sees("? ")
    typist.types("\x1d")
    assert typist.end() == 130


@pytest.mark.parametrize("excluded", [["--json"], ["--raw"], ["--stdin", "-"]])
def test_what_does_not_go_together_is_said(judging_stack: Stack, tmp_path: Path, excluded: list[str]) -> None:
    arguments = ["run", "-i", program(tmp_path, ASKS), *excluded]
    done = run_command(arguments, environment_for(judging_stack.gateways[0].target), tmp_path)
    assert done.returncode == 2
    assert "exclude" in done.stderr
