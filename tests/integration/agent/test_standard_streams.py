"""A program opens its standard streams by their names, as it can where the plain tool runs on pipes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.plain_tool import as_told, plain
from tests.integration.agent.slot_fixtures import NAMES, slots_of_every_language

SlotOf = Callable[[str], AttachedAgent]
slot_of_language = slots_of_every_language()

SHELL = """
cat /dev/stdin
echo out >/dev/stdout
echo err >/dev/stderr
echo also out >/proc/self/fd/1
echo also err | tee /dev/fd/2 >/dev/null
stat -L -c '%F %a %u' /dev/stdin /dev/stdout /dev/stderr
"""
PYTHON = """
print(open('/dev/stdin').read())
open('/dev/stdout', 'w').write('out')
open('/proc/self/fd/2', 'w').write('err')
"""
JAVASCRIPT = """
const fs = require('fs');
fs.writeFileSync('/dev/stdout', fs.readFileSync('/dev/stdin', 'utf8').toUpperCase());
fs.writeFileSync('/proc/self/fd/2', 'err');
"""
JAVA = """
import java.nio.file.*;
public class Main {
    public static void main(String[] args) throws Exception {
        Files.write(Path.of("/dev/stdout"), Files.readAllBytes(Path.of("/dev/stdin")));
        Files.writeString(Path.of("/proc/self/fd/2"), "err");
    }
}
"""
CPP = """
#include <fstream>
#include <string>
int main() {
    std::ifstream in("/dev/stdin");
    std::ofstream out("/dev/stdout"), err("/proc/self/fd/2");
    for (std::string line; std::getline(in, line);) out << line << '|';
    err << "err";
}
"""
PROGRAMS = {
    "python": ("main.py", PYTHON, ["python3", "main.py"]),
    "javascript": ("main.js", JAVASCRIPT, ["node", "main.js"]),
    "java": ("Main.java", JAVA, ["java", "-Xint", "-Xmx128m", "Main.java"]),
    "cpp": ("main.cpp", CPP, ["sh", "-c", "g++ main.cpp -o program && ./program"]),
}


@pytest.mark.parametrize("language", NAMES)
def test_the_standard_streams_open_by_their_names(slot_of_language: SlotOf, language: str) -> None:
    slot = slot_of_language(language)
    files, command = {"main.sh": SHELL}, ["sh", "main.sh"]
    own = as_told(slot.run(files, command, stdin=b"in\n", warm=False))
    assert own == plain(slot, language, files, command, b"in\n")
    assert own[0] == 0


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_opens_them_in_its_own_language(slot_of_language: SlotOf, language: str, warm: bool) -> None:
    slot = slot_of_language(language)
    name, source, command = PROGRAMS[language]
    own = as_told(slot.run({name: source}, command, stdin=b"one\ntwo\n", warm=warm and language != "java"))
    assert own == plain(slot, language, {name: source}, command, b"one\ntwo\n")
    assert own[0] == 0


def test_nobody_but_the_program_opens_them(slot_of_language: SlotOf) -> None:
    """Their mode lets in their owner alone, who is the slot's user; the agent's own descriptors stay shut."""
    source = "import os\nfor pid in (1,):\n    os.listdir(f'/proc/{pid}/fd')"
    report = slot_of_language("python").python(source)
    assert b"PermissionError" in report.stderr
    assert report.clean["ok"]


def test_a_stream_that_is_held_open_under_another_name_ends_with_its_program(slot_of_language: SlotOf) -> None:
    slot = slot_of_language("python")
    source = """
import os, time
held = [os.open(f'/proc/self/fd/{number}', os.O_RDWR) for number in (0, 1, 2)]
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print('done', flush=True)
"""
    for _ in range(2):
        assert as_told(slot.python(source)) == (0, b"done\n", b"")
