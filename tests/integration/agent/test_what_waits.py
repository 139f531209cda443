"""What waits in a slot becomes the program, or leaves nothing behind."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import AttachedAgent, Report
from tests.integration.agent.slot_fixtures import slot_of

javascript_slot = slot_of("javascript")
java_compiler = slot_of("java", Role.COMPILE)


@pytest.mark.parametrize("ways", [{"warm": False}, {"env": {"PYTHONHASHSEED": "1"}}, {"env": {"X": "1"}}, {}])
def test_a_program_is_alone_however_it_is_started(python_slot: AttachedAgent, ways: dict[str, object]) -> None:
    """What waited and was not taken leaves neither a process nor a directory."""
    source = "import os\nprint(os.listdir('/workspace') == [os.path.basename(os.getcwd())], os.listdir())"
    assert python_slot.python(source, **ways).stdout == b"True ['main.py']\n"


def test_the_waiting_process_takes_the_limits_of_the_run(python_slot: AttachedAgent) -> None:
    source = "import resource as r\nprint(*map(r.getrlimit, (r.RLIMIT_NOFILE, r.RLIMIT_NPROC, r.RLIMIT_FSIZE)))"
    report = python_slot.python(source, open_files=33, processes=7, file_bytes=12_345)
    assert report.stdout == b"(33, 33) (7, 7) (12345, 12345)\n"


def test_what_waits_for_javascript_becomes_the_program(javascript_slot: AttachedAgent) -> None:
    for code in (3, 4):
        files = {"main.js": f"console.log(process.argv.slice(2).join()); process.exitCode = {code};"}
        report = javascript_slot.run(files, ["node", "main.js", "a", "b"])
        assert (report.stdout, report.exit_code, report.clean["ok"]) == (b"a,b\n", code, True)


def test_the_resident_compiler_answers_fails_and_is_started_again(java_compiler: AttachedAgent) -> None:
    command = ["javac", "-proc:none", "-d", ".", "Main.java"]
    good = "public class Main { public static void main(String[] a) { } }"

    def compiled(source: str, **limits: int) -> Report:
        return java_compiler.run({"Main.java": source}, command, collect=["*.class"], **limits)

    report = compiled(good)
    assert list(report.artefacts) == ["Main.class"], report
    report = compiled("class {")
    assert (report.exit_code, report.artefacts) == (1, {})
    assert b"error" in report.stderr
    report = compiled(good, wall_ms=1)
    assert (report.ending, report.clean["ok"]) == ("wall", True)
    report = compiled(good)
    assert list(report.artefacts) == ["Main.class"], report
    java_compiler.start({"Main.java": good}, command)
    java_compiler.hello()
    report = compiled(good)
    assert list(report.artefacts) == ["Main.class"], report
