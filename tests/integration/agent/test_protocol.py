"""The agent on its line: every order in every state, and what it does with what is no order."""

from __future__ import annotations

import struct
import time

import docker
import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import LIMITS, MIB, AgentGoneError, AttachedAgent, make_slot

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(30)"
HELLO = "print('hello')"


def _assert_works(slot: AttachedAgent) -> None:
    report = slot.python(HELLO)
    assert (report.stdout, report.exit_code, report.clean["ok"]) == (b"hello\n", 0, True)


def _read_to_the_end(slot: AttachedAgent) -> None:
    while True:
        slot.next()


def _assert_gone(slot: AttachedAgent) -> None:
    with pytest.raises((AgentGoneError, ConnectionError, BrokenPipeError)):
        _read_to_the_end(slot)
    assert not slot.api.wait(slot.name, timeout=60).get("Error")


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 4,
        struct.pack("!II", 2 << 20, 0),
        struct.pack("!II", 2, 600 << 20) + b"{}",
        struct.pack("!II", 5, 0) + b"{not}",
        struct.pack("!II", 2, 0) + b"[]",
        struct.pack("!II", 2, 0) + b"{}",
        struct.pack("!II", 4, 0) + b"\xff\xff\xff\xff",
        struct.pack("!II", 15, 0) + b'{"type":"fly1"}',
        struct.pack("!II", 14, 0) + b'{"type":"run"}',
        struct.pack("!II", 12, 0) + b'{"type":{}}\n',
    ],
    ids=[
        "http",
        "huge header",
        "huge body",
        "no json",
        "a list",
        "no type",
        "no text",
        "no order",
        "no fields",
        "odd type",
    ],
)
def test_what_is_no_frame_ends_the_slot(own_python_slot: AttachedAgent, garbage: bytes) -> None:
    own_python_slot.send_raw(garbage)
    _assert_gone(own_python_slot)


@pytest.mark.parametrize("ways", [{"warm": False}, {"env": {"PYTHONHASHSEED": "1"}}, {"env": {"X": "1"}}, {}])
def test_a_program_is_alone_however_it_is_started(python_slot: AttachedAgent, ways: dict[str, object]) -> None:
    """What waited and was not taken leaves neither a process nor a directory."""
    source = "import os\nprint(os.listdir('/workspace') == [os.path.basename(os.getcwd())], os.listdir())"
    assert python_slot.python(source, **ways).stdout == b"True ['main.py']\n"


def test_a_frame_may_come_in_pieces(python_slot: AttachedAgent) -> None:
    sent: list[bytes] = []
    python_slot.send_raw, real = sent.append, python_slot.send_raw  # type: ignore[method-assign]
    python_slot.start({"main.py": HELLO}, ["python3", "main.py"])
    del python_slot.send_raw
    for at in range(0, len(sent[0]), 7):
        real(sent[0][at : at + 7])
    assert python_slot.finish().stdout == b"hello\n"


def test_a_kill_ends_the_run_and_keeps_its_output(python_slot: AttachedAgent) -> None:
    python_slot.start({"main.py": SLEEP}, ["python3", "main.py"], run_id="k1")
    header, body = python_slot.next()
    assert (header["type"], body) == ("output", b"up\n")
    python_slot.send({"type": "kill", "run_id": "another"})
    python_slot.send({"type": "kill", "run_id": "k1"})
    report = python_slot.finish()
    assert (report.ending, report.signal, report.clean["ok"]) == ("cancelled", 9, True)
    _assert_works(python_slot)


def test_a_kill_of_nothing_is_nothing(python_slot: AttachedAgent) -> None:
    python_slot.send({"type": "kill", "run_id": "k2"})
    _assert_works(python_slot)


def test_hello_while_a_program_runs_ends_it_and_answers_clean(python_slot: AttachedAgent) -> None:
    source = "import os\nopen('/tmp/left', 'w').close()\nos.fork()\n" + SLEEP
    python_slot.start({"main.py": source}, ["python3", "main.py"])
    assert python_slot.next()[0]["type"] == "output"
    ready = python_slot.hello()
    assert (ready["protocol"], ready["runs"] > 0) == (1, True)
    assert python_slot.inside("ls -A /tmp") == ""
    _assert_works(python_slot)


def test_hello_while_a_cold_program_runs(cold_slot: AttachedAgent) -> None:
    cold_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert cold_slot.next()[0]["type"] == "output"
    cold_slot.hello()
    _assert_works(cold_slot)


def test_hello_in_the_middle_of_a_flood(python_slot: AttachedAgent) -> None:
    source = "import os\nwhile True: os.write(1, b'x' * 4096)"
    python_slot.start({"main.py": source}, ["python3", "main.py"], output_bytes=512 * MIB)
    for _ in range(20):
        assert python_slot.next()[0]["type"] == "output"
    python_slot.hello()
    _assert_works(python_slot)


def test_another_node_takes_the_slot_over_while_a_program_runs(own_python_slot: AttachedAgent) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert own_python_slot.next()[0]["type"] == "output"
    own_python_slot.hang_up()
    own_python_slot.attach()
    own_python_slot.hello()
    _assert_works(own_python_slot)


def test_a_second_run_while_one_is_under_way_ends_the_slot(own_python_slot: AttachedAgent) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    _assert_gone(own_python_slot)


def test_hello_twice_is_answered_twice(python_slot: AttachedAgent) -> None:
    python_slot.hello()
    python_slot.hello()
    _assert_works(python_slot)


@pytest.mark.parametrize("stop", ["SIGTERM", "SIGKILL"])
def test_it_ends_at_once_when_told(own_python_slot: AttachedAgent, stop: str) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert own_python_slot.next()[0]["type"] == "output"
    began = time.monotonic()
    own_python_slot.api.kill(own_python_slot.name, stop)
    _assert_gone(own_python_slot)
    assert time.monotonic() - began < 5


def test_a_stopped_slot_starts_again_clean(own_python_slot: AttachedAgent) -> None:
    own_python_slot.python("open('/tmp/x', 'w').close()")
    own_python_slot.hang_up()
    own_python_slot.api.stop(own_python_slot.name)
    own_python_slot.attach()
    own_python_slot.api.start(own_python_slot.name)
    assert own_python_slot.hello()["runs"] == 0
    _assert_works(own_python_slot)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "a/../../out", ".", "..", "", "a//b", "a/./b", "x" * 300, "main.py/inside"]
)
def test_a_name_that_leads_out_is_refused_and_nothing_runs(python_slot: AttachedAgent, name: str, warm: bool) -> None:
    report = python_slot.run({"main.py": "print('ran')", name: "x"}, ["python3", "main.py"], warm=warm)
    assert (report.exited["type"], report.stdout, report.clean["ok"]) == ("failed", b"", True)
    _assert_works(python_slot)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_files_that_do_not_fit_are_our_failure_and_are_wiped(python_slot: AttachedAgent, warm: bool) -> None:
    report = python_slot.run({"main.py": HELLO, "big": b"x" * (70 * MIB)}, ["python3", "main.py"], warm=warm)
    assert (report.exited["type"], report.clean["ok"]) == ("failed", True)
    _assert_works(python_slot)


def test_files_in_folders_arrive_with_their_modes(cold_slot: AttachedAgent) -> None:
    report = cold_slot.run(
        {"a/b/c.txt": b"\x00\xff", "é\n": "x"}, ["sh", "-c", "od -An -tx1 a/b/c.txt; stat -c %a a a/b/c.txt; ls"]
    )
    assert report.stdout.decode().split() == ["00", "ff", "755", "644", "a", "é"]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["/nowhere/at/all"], 127, b"No such file"),
        (["main.py"], 127, b"No such file"),
        (["./main.py"], 127, b"Permission denied"),
        (["/etc"], 127, b"Permission denied"),
        (["sh", "-c", "kill -9 $$"], None, b""),
    ],
)
def test_a_command_that_cannot_be_started_says_so(
    cold_slot: AttachedAgent, command: list[str], code: int | None, words: bytes
) -> None:
    report = cold_slot.run({"main.py": HELLO}, command)
    assert report.exit_code == code
    assert words in report.stderr
    assert report.clean["ok"]


@pytest.mark.parametrize("command", [["nul\0"], ["sh", "-c", "nul\0"]])
def test_a_command_that_no_kernel_takes_is_survived(own_python_slot: AttachedAgent, command: list[str]) -> None:
    report = own_python_slot.run({"main.py": HELLO}, command, warm=False)
    assert report.exited["type"] == "failed" or report.exit_code == 127
    _assert_works(own_python_slot)


def test_a_name_with_a_nul_is_survived(own_python_slot: AttachedAgent) -> None:
    report = own_python_slot.run({"main.py": HELLO, "nul\0": "x"}, ["python3", "main.py"])
    assert (report.exited["type"], report.clean["ok"]) == ("failed", True)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000, 8_000_000])
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_standard_input_of_any_size_arrives_whole(python_slot: AttachedAgent, size: int, warm: bool) -> None:
    source = "import hashlib, sys\ndata = sys.stdin.buffer.read()\nprint(len(data), data.count(b'y'))"
    report = python_slot.python(source, stdin=b"y" * size, warm=warm)
    assert report.stdout == f"{size} {size}\n".encode()


@pytest.mark.parametrize(
    "source", ["pass", "import os\nos.close(0)", "input()", "import os\nos.execv('/bin/true', ['true'])"]
)
def test_input_that_is_not_read_holds_nobody_up(python_slot: AttachedAgent, source: str) -> None:
    report = python_slot.python(source, stdin=b"line\n" * 1_000_000)
    assert (report.ending, report.exit_code, report.clean["ok"]) == ("exited", 0, True)
    assert report.wall_ms < 3_000


def test_artefacts_come_back_and_links_do_not(cold_slot: AttachedAgent) -> None:
    source = (
        "import os\nos.mkdir('d')\nopen('d/a.bin', 'wb').write(bytes(range(256)) * 1000)\nopen('b.bin', 'w').close()\n"
        "os.symlink('/etc/passwd', 'c.bin')\nos.symlink('/etc', 'e')\nos.link('b.bin', 'g.bin')"
    )
    report = cold_slot.python(source, collect=["*.bin", "passwd"])
    assert report.artefacts == {"b.bin": b"", "d/a.bin": bytes(range(256)) * 1000, "g.bin": b""}
    assert report.clean["ok"]


@pytest.mark.parametrize(
    "source",
    [
        "open('a.bin', 'wb').write(b'x' * 2_000_000)",
        "import os\nfd = os.open('a.bin', os.O_CREAT | os.O_WRONLY)\nos.truncate(fd, 60 << 20)",
        "for n in range(3000): open(f'{n}.bin', 'w').write('x' * 1000)",
    ],
    ids=["large", "sparse", "many"],
)
def test_artefacts_beyond_their_limit_fail_the_run_and_not_the_slot(cold_slot: AttachedAgent, source: str) -> None:
    report = cold_slot.python(source, collect=["*.bin"], collect_bytes=1_000_000)
    assert (report.ending, report.artefacts, report.clean["ok"]) == ("disk", {}, True)
    assert "disk" in report.limits_hit
    _assert_works(cold_slot)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.mkdir('d')\nos.chmod('d', 0)",
        "import os\nopen('a.bin', 'w').close()\nos.chmod('a.bin', 0)",
        "import os\nos.chmod('.', 0)",
        "import os\nos.rename(os.getcwd(), '/workspace/away')",
        "import os\nhere = os.getcwd()\nos.rename(here, '/workspace/away')\nos.symlink('/etc', here)",
        "open(b'\\xff.bin', 'w').close()",
        "import os\nfor n in range(400):\n    os.mkdir('d')\n    os.chdir('d')\nopen('a.bin', 'w').close()",
    ],
    ids=["unreadable folder", "unreadable file", "unreadable root", "moved", "linked", "not text", "deep"],
)
def test_artefacts_that_cannot_be_read_are_survived(cold_slot: AttachedAgent, source: str) -> None:
    report = cold_slot.python(source, collect=["*.bin"])
    assert report.exited["type"] == "exited"
    assert report.clean["ok"]
    _assert_works(cold_slot)


def test_artefacts_of_100_mib_do_not_cost_the_agent_its_life(compile_slot: AttachedAgent) -> None:
    command = ["sh", "-c", "dd if=/dev/zero of=program bs=1M count=180 2>/dev/null"]
    report = compile_slot.run(
        {}, command, collect=["program"], collect_bytes=200 * MIB, disk_bytes=256 * MIB, file_bytes=256 * MIB
    )
    assert len(report.artefacts["program"]) == 180 * MIB
    assert report.clean["ok"]


def test_the_waiting_process_takes_the_limits_of_the_run(python_slot: AttachedAgent) -> None:
    source = "import resource as r\nprint(*map(r.getrlimit, (r.RLIMIT_NOFILE, r.RLIMIT_NPROC, r.RLIMIT_FSIZE)))"
    report = python_slot.python(source, open_files=33, processes=7, file_bytes=12_345)
    assert report.stdout == b"(33, 33) (7, 7) (12345, 12345)\n"


def test_what_waits_for_javascript_becomes_the_program(engine_api: docker.APIClient) -> None:
    slot = make_slot(engine_api, "javascript")
    try:
        for code in (3, 4):
            files = {"main.js": f"console.log(process.argv.slice(2).join()); process.exitCode = {code};"}
            report = slot.run(files, ["node", "main.js", "a", "b"])
            assert (report.stdout, report.exit_code, report.clean["ok"]) == (b"a,b\n", code, True)
    finally:
        slot.close()


def test_the_resident_compiler_answers_fails_and_is_started_again(engine_api: docker.APIClient) -> None:
    slot = make_slot(engine_api, "java", Role.COMPILE)
    command = ["javac", "-proc:none", "-d", ".", "Main.java"]
    good = "public class Main { public static void main(String[] a) { } }"
    try:
        report = slot.run({"Main.java": good}, command, collect=["*.class"])
        assert list(report.artefacts) == ["Main.class"], report
        report = slot.run({"Main.java": "class {"}, command, collect=["*.class"])
        assert (report.exit_code, report.artefacts) == (1, {})
        assert b"error" in report.stderr
        report = slot.run({"Main.java": good}, command, collect=["*.class"], wall_ms=1)
        assert (report.ending, report.clean["ok"]) == ("wall", True)
        report = slot.run({"Main.java": good}, command, collect=["*.class"])
        assert list(report.artefacts) == ["Main.class"], report
        slot.start({"Main.java": good}, command)
        slot.hello()
        report = slot.run({"Main.java": good}, command, collect=["*.class"])
        assert list(report.artefacts) == ["Main.class"], report
    finally:
        slot.close()


def test_four_hundred_runs_leave_no_descriptor_and_no_memory(own_python_slot: AttachedAgent) -> None:
    def held() -> tuple[int, int]:
        fds = len(own_python_slot.inside("ls /proc/1/fd").split())
        kib = own_python_slot.inside("grep VmRSS /proc/1/status").split()[1]
        return fds, int(kib)

    kinds = [
        (HELLO, {}),
        ("1/0", {}),
        (HELLO, {"warm": False}),
        ("import os\nos.kill(os.getpid(), 9)", {}),
        ("import os\nos.fork()\nopen('/tmp/x', 'w').close()", {"stdin": b"x" * 100_000}),
        ("print('x' * 9999)", {"output_bytes": 100}),
        (HELLO, {"env": {"A": "b"}}),
        (SLEEP, {"wall_ms": 20}),
    ]
    for source, options in kinds * 5:
        assert own_python_slot.python(source, **options).clean["ok"]
    before = held()
    for source, options in kinds * 45:
        assert own_python_slot.python(source, **options).clean["ok"]
    after = held()
    assert after[0] == before[0]
    assert after[1] - before[1] < 1_024
    assert own_python_slot.hello()["runs"] == len(kinds) * 50


def test_limits_are_all_asked_for() -> None:
    assert set(LIMITS) == set(__import__("schemas.task").task.Limits.__struct_fields__)
