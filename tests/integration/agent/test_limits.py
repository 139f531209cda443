"""Every limit of a run: that it holds, how it is told, and what the usage figures say."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import MIB, AttachedAgent, Report

SPIN_IN_THREE = "import os\nos.fork()\nos.fork()\nwhile True: pass"
GROW = "kept = []\nwhile True: kept.append(bytearray(1 << 20))"


def _clean(report: Report) -> Report:
    assert report.clean["ok"], report.clean
    return report


def test_cpu_time_is_that_of_all_processes(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python(SPIN_IN_THREE, cpu_ms=400, wall_ms=8_000))
    assert (report.ending, report.limits_hit, report.signal) == ("cpu", ["cpu"], 9)
    assert 400 <= report.cpu_ms < 700
    assert report.wall_ms < 8_000


def test_cpu_time_of_children_that_have_ended_counts(python_slot: AttachedAgent) -> None:
    source = (
        "import os, time\nwhile True:\n    pid = os.fork()\n    if pid == 0:\n"
        "        while time.process_time() < 0.03: pass\n        os._exit(0)\n    os.waitpid(pid, 0)"
    )
    assert _clean(python_slot.python(source, cpu_ms=300, wall_ms=8_000)).ending == "cpu"


def test_wall_time_is_up_for_one_who_sleeps(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python("print('so far', flush=True)\nimport time\ntime.sleep(30)", wall_ms=300))
    assert (report.ending, report.limits_hit, report.stdout) == ("wall", ["wall"], b"so far\n")
    assert 300 <= report.wall_ms < 1_500
    assert report.cpu_ms < 200


@pytest.mark.parametrize(
    "source",
    [
        GROW,
        "import mmap\nkept = []\nwhile True:\n    kept += [mmap.mmap(-1, 1 << 20)]\n    kept[-1].write(bytes(1 << 20))",
        "import os\nfd = os.memfd_create('m')\nwhile True: os.write(fd, b'x' * (1 << 20))",
        f"import os\nos.fork()\nos.fork()\n{GROW}",
    ],
    ids=["heap", "mmap", "memfd", "four-processes"],
)
def test_memory_is_up(python_slot: AttachedAgent, source: str) -> None:
    """The slot of this test grants 256 MiB and some for what waits in it."""
    report = _clean(python_slot.python(source, file_bytes=1 << 40))
    assert (report.ending, report.signal) == ("memory", 9)
    assert "memory" in report.limits_hit
    assert 150 * MIB < report.peak_memory_bytes < 300 * MIB  # v1 keeps one mark per slot; the rest is sampled


def test_a_sigkill_of_its_own_is_not_taken_for_the_oom_killer(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    assert (report.ending, report.exit_code, report.signal, report.limits_hit) == ("exited", None, 9, [])


def test_a_child_that_is_out_of_memory_is_told_and_its_parent_goes_on(python_slot: AttachedAgent) -> None:
    source = f"import os\nif os.fork() == 0:\n    {GROW.replace(chr(10), chr(10) + '    ')}\nprint(os.wait()[1])"
    report = _clean(python_slot.python(source))
    assert (report.ending, report.exit_code, report.stdout) == ("exited", 0, b"9\n")
    assert report.limits_hit == ["memory"]


def test_memory_errors_without_the_oom_killer_just_fail(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python("bytearray(1 << 60)"))
    assert (report.ending, report.exit_code, report.limits_hit) == ("exited", 1, [])


THREADS = """
import sys, threading, time
most, code = int(sys.argv[1]), int(sys.argv[2])
made, stay = 0, threading.Event()
try:
    while made < most:
        threading.Thread(target=stay.wait, daemon=True).start()
        made += 1
except RuntimeError:
    pass
print(made, flush=True)
if len(sys.argv) > 3:
    time.sleep(0.3)
sys.exit(code)
"""


def test_processes_and_threads_share_a_limit(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python(THREADS, "99", "1", "stay", processes=10))
    assert report.stdout == b"9\n"
    assert report.limits_hit == ["processes"]


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_a_program_that_was_refused_a_thread_is_told_so_however_it_ends(python_slot: AttachedAgent, warm: bool) -> None:
    report = _clean(python_slot.python(THREADS, "99", "0", warm=warm))
    assert (report.stdout, report.exit_code) == (b"63\n", 0)
    assert report.limits_hit == ["processes"]


@pytest.mark.parametrize("processes", [1, 10, 64])
def test_a_program_that_has_all_its_processes_and_wants_no_more_is_told_nothing(
    python_slot: AttachedAgent, processes: int
) -> None:
    report = _clean(python_slot.python(THREADS, str(processes - 1), "0", "stay", processes=processes))
    assert report.stdout == f"{processes - 1}\n".encode()
    assert report.limits_hit == []


def test_a_program_below_the_limit_of_processes_has_not_hit_it(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python("import subprocess\nsubprocess.run(['sleep', '0.2'])", processes=10))
    assert report.limits_hit == []


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("line", ["'x' * 99 + chr(10)", "'x' * 100"], ids=["lines", "no newline"])
def test_output_is_cut_at_its_limit(python_slot: AttachedAgent, stream: str, line: str) -> None:
    report = _clean(python_slot.python(f"import sys\nwhile True: sys.{stream}.write({line})", output_bytes=5_000))
    assert (report.ending, report.limits_hit) == ("output", ["output"])
    assert len(getattr(report, stream)) == 5_000
    assert report.exited[f"{stream}_truncated"]
    other = "stderr" if stream == "stdout" else "stdout"
    assert (getattr(report, other), report.exited[f"{other}_truncated"]) == (b"", False)


def test_output_of_exactly_the_limit_is_whole(python_slot: AttachedAgent) -> None:
    report = _clean(python_slot.python("print('x' * 4_999)", output_bytes=5_000))
    assert (report.ending, len(report.stdout), report.stdout_truncated) == ("exited", 5_000, False)


def test_much_output_before_the_end_is_whole(python_slot: AttachedAgent) -> None:
    source = "import os, sys\nos.write(1, b'o' * 150_000)\nos.write(2, b'e' * 150_000)\nos._exit(3)"
    report = _clean(python_slot.python(source, output_bytes=200_000))
    assert (report.exit_code, len(report.stdout), len(report.stderr)) == (3, 150_000, 150_000)


def test_a_file_has_a_largest_size(python_slot: AttachedAgent) -> None:
    source = (
        "import os\nfd = os.open('f', os.O_CREAT | os.O_WRONLY)\nprint(os.write(fd, b'x' * 5000))\nos.write(fd, b'x')"
    )
    report = _clean(python_slot.python(source, file_bytes=4_096))
    assert report.stdout == b"4096\n"
    assert b"File too large" in report.stderr


def test_a_program_that_dies_of_its_file_size_says_so(python_slot: AttachedAgent) -> None:
    source = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('f', 'wb').write(b'x' * 9_000)"
    report = _clean(python_slot.python(source, file_bytes=4_096))
    assert (report.ending, report.limits_hit) == ("exited", ["file_size"])
    assert report.signal == 25


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_the_disk_has_an_end(python_slot: AttachedAgent, warm: bool) -> None:
    source = (
        "n = 0\ntry:\n    while True:\n        open(str(n), 'wb').write(b'x' * (1 << 20))\n        n += 1\n"
        "except OSError as e:\n    print(e)"
    )
    report = _clean(python_slot.python(source, warm=warm))
    assert "disk" in report.limits_hit


def test_a_run_may_be_granted_less_disk_than_its_slot_has(python_slot: AttachedAgent) -> None:
    source = "import time\nfor n in range(30):\n    open(str(n), 'wb').write(b'x' * (1 << 20))\n    time.sleep(0.02)"
    report = _clean(python_slot.python(source, disk_bytes=8 * MIB))
    assert (report.ending, report.limits_hit) == ("disk", ["disk"])


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm"])
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_every_place_that_is_full_is_told(python_slot: AttachedAgent, place: str, warm: bool) -> None:
    source = f"""
file = open('{place}/f', 'wb', buffering=0)
try:
    while True:
        file.write(b'x' * 65536)
except OSError as error:
    print(error.errno)
"""
    report = _clean(python_slot.python(source, warm=warm))
    assert (report.stdout, report.limits_hit) == (b"28\n", ["disk"])


def test_all_places_share_one_limit_of_disk(python_slot: AttachedAgent) -> None:
    source = (
        "for place, mib in (('/tmp', 20), ('/dev/shm', 10), ('/var/tmp', 2), ('.', 20)):\n"
        "    open(place + '/f', 'wb').write(b'x' * (mib << 20))\n"
    )
    report = _clean(python_slot.python(source, disk_bytes=4_096))
    assert (report.ending, report.limits_hit) == ("disk", ["disk"])
    report = _clean(python_slot.python(source, disk_bytes=51 * MIB))
    assert (report.ending, report.limits_hit) == ("disk", ["disk"])
    report = _clean(python_slot.python(source, disk_bytes=53 * MIB))
    assert (report.ending, report.limits_hit) == ("exited", [])


def test_a_file_without_a_name_counts_while_it_is_open(python_slot: AttachedAgent) -> None:
    source = (
        "import os, time\nf = open('/tmp/f', 'wb', buffering=0)\nos.unlink('/tmp/f')\n"
        "f.write(b'x' * (20 << 20))\ntime.sleep(0.3)"
    )
    report = _clean(python_slot.python(source, disk_bytes=10 * MIB))
    assert (report.ending, report.limits_hit) == ("disk", ["disk"])


def test_files_have_an_end_too(python_slot: AttachedAgent) -> None:
    source = (
        "n = 0\ntry:\n    while True:\n        open(str(n), 'w').close()\n        n += 1\n"
        "except OSError:\n    print(n < 20_000)"
    )
    report = _clean(python_slot.python(source))
    assert report.stdout == b"True\n"
    assert "disk" in report.limits_hit


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_open_files_have_a_limit(python_slot: AttachedAgent, warm: bool) -> None:
    source = (
        "import os\nn = 0\ntry:\n    while True:\n        n = os.dup(0)\nexcept OSError as e:\n    print(n, e.errno)"
    )
    report = _clean(python_slot.python(source, open_files=50, warm=warm))
    assert report.stdout == b"49 24\n"


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize(("spare", "told"), [(0, ["open_files"]), (1, [])])
def test_the_use_of_all_descriptors_is_told(
    python_slot: AttachedAgent, spare: int, told: list[str], warm: bool
) -> None:
    source = f"import os, time\nwhile os.dup(0) < 49 - {spare}: pass\ntime.sleep(0.3)"
    report = _clean(python_slot.python(source, open_files=50, warm=warm))
    assert report.limits_hit == told


@pytest.mark.parametrize("name", ["NPROC", "FSIZE", "NOFILE", "CORE", "MSGQUEUE"])
def test_a_limit_cannot_be_raised(python_slot: AttachedAgent, name: str) -> None:
    source = (
        f"import resource as r\nnow = r.getrlimit(r.RLIMIT_{name})\n"
        f"try:\n    r.setrlimit(r.RLIMIT_{name}, (now[1] + 1, now[1] + 1))\n    print('raised')\n"
        "except (ValueError, OSError):\n    print('refused')"
    )
    assert _clean(python_slot.python(source)).stdout == b"refused\n"


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_usage_is_the_programs(python_slot: AttachedAgent, warm: bool) -> None:
    source = (
        "import os, time\nbegan = time.process_time()\nkept = bytearray(b'x') * (50 << 20)\n"
        "while time.process_time() < began + 0.3: pass\ntime.sleep(0.2)\nended = time.process_time()\n"
        "print(ended - began, ended, flush=True)\nos._exit(0)"
    )
    report = _clean(python_slot.python(source, warm=warm))
    since_it_began_ms, since_its_fork_ms = (float(word) * 1e3 for word in report.stdout.split())
    assert 300 <= since_it_began_ms <= report.cpu_ms < since_its_fork_ms + 150
    assert report.wall_ms >= 500
    assert 45 * MIB < report.peak_memory_bytes < 75 * MIB


def test_a_small_program_after_a_large_one_is_small(python_slot: AttachedAgent) -> None:
    _clean(python_slot.python("kept = bytearray(b'x') * (150 << 20)"))
    report = _clean(python_slot.python("import time\ntime.sleep(0.25)"))
    assert report.peak_memory_bytes < 20 * MIB
    assert report.cpu_ms < 100
