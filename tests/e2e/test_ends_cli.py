"""What ``coderunner run`` says of a program that did not end well, against real parts."""

from __future__ import annotations

from pathlib import Path

from tests.servers.command import Done, environment_for, run_command
from tests.servers.stack import Stack


def ran(stack: Stack, folder: Path, name: str, source: str, *options: str) -> Done:
    (folder / name).write_text(source)
    return run_command(["run", name, *options], environment_for(stack.gateways[0].target), folder)


def test_a_loop_without_end_is_shown_its_line(judging_stack: Stack, tmp_path: Path) -> None:
    loop = "def f(n):\n    while n:\n        n += 1\n\nf(1)\n"
    for _ in range(3):  # a busy machine may not let the interpreter answer in time
        done = ran(judging_stack, tmp_path, "loop.py", loop, "--cpu", "0.3")
        first, *mark = done.stderr.splitlines()
        assert (
            first == "coderunner: stopped at its time limit (cpu): the program used more than 300 ms of processor time"
        )
        assert (done.returncode, done.stdout) == (124, "")
        if mark:
            break
    place, line = mark
    number = 2 if "line 2" in place else 3
    assert place == f"loop.py, line {number}: time limit: was here when its time was up, in f"
    assert line == f"    {number} | {loop.splitlines()[number - 1]}"


def test_a_crash_is_told_with_what_usually_causes_it(judging_stack: Stack, tmp_path: Path) -> None:
    done = ran(judging_stack, tmp_path, "crash.cpp", "int main() { volatile int *p = nullptr; return *p; }\n")
    told, why = done.stderr.splitlines()
    assert (done.returncode, told) == (139, "coderunner: the program was ended by SIGSEGV (11)")
    assert why.startswith("SIGSEGV: used an address that is not the program's: usually ")


def test_a_program_without_memory_is_told_its_peak_and_its_line(judging_stack: Stack, tmp_path: Path) -> None:
    done = ran(judging_stack, tmp_path, "hoard.py", "def f():\n    return bytearray(1 << 50)\n\nf()\n")
    assert done.returncode == 137
    assert "line 2, in f" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("memory limit: its peak was ")
