"""The seccomp profile in real containers: what it refuses, and that the toolchains live with it."""

from __future__ import annotations

import json
import platform
from typing import Any

import pytest

from node.domain.sandbox import Launch, Outcome, Role
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

# Without its zygote: what is tested is the profile.
PYTHON = language("python", warm=None)

# Numbers of x86-64; where there are such, with arguments that an unfiltered kernel would not answer with EPERM merely
# for want of a capability.
CALLS: dict[str, tuple[int | bytes, ...]] = {
    "keyctl": (250, 0, -3, 0),
    "add_key": (248, 0, 0, 0, 0, -3),
    "request_key": (249, 0, 0, 0, 0),
    "io_uring_setup": (425, 1, 0),
    "io_uring_enter": (426, -1, 0, 0, 0),
    "userfaultfd": (323, 1),
    "bpf": (321, 99, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "unshare": (272, 0),
    "setns": (308, -1, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "umount2": (166, 0, 0),
    "pivot_root": (155, 0, 0),
    "chroot": (161, 0),
    "fsopen": (430, 0, 0),
    "open_tree": (428, -1, 0, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "process_vm_writev": (311, 1, 0, 0, 0, 0, 0),
    "kcmp": (312, 1, 1, 0, 0, 0),
    "pidfd_getfd": (438, -1, 0, 0),
    "shmget": (29, 0, 4096, 0o1600),
    "shmat": (30, 0, 0, 0),
    "msgget": (68, 0, 0o1600),
    "semget": (64, 0, 1, 0o1600),
    "mq_open": (240, 0, 0, 0, 0),
    "name_to_handle_at": (303, -1, 0, 0, 0, 0),
    "open_by_handle_at": (304, -1, 0, 0),
    "mknod (FIFO)": (133, b"fifo", 0o010600, 0),
    "mknodat (FIFO)": (259, -100, b"fifo", 0o010600, 0),
    "fanotify_init": (300, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "init_module": (175, 0, 0, 0),
    "delete_module": (176, 0, 0),
    "swapon": (167, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "setxattr": (188, b".", b"user.a", b"b", 1, 0),
    "seccomp": (317, 0, 0, 0),
    "modify_ldt": (154, 0, 0, 0),
    "personality (READ_IMPLIES_EXEC)": (135, 0x0400000),
    "clone (new user namespace)": (56, 0x10000011, 0, 0, 0, 0),
    "clone (new network)": (56, 0x40000011, 0, 0, 0, 0),
    "clone (new pids, with threads' flags)": (56, 0x20000011 | 0x100, 0, 0, 0, 0),
    "fadvise64 (DONTNEED)": (221, 0, 0, 0, 4),
    "madvise (MERGEABLE)": (28, 0, 0, 12),
    "prctl (PR_SET_MEMORY_MERGE)": (157, 67, 1, 0, 0, 0),
    "prctl (PR_SET_SECCOMP)": (157, 22, 2, 0),
    "preadv2 (RWF_NOWAIT)": (327, 0, 0, 0, 0, 0, 8),
    "cachestat": (451, 0, 0, 0, 0),
    "setsockopt (SO_ATTACH_FILTER)": (54, 0, 1, 26, 0, 0),
    "setsockopt (TCP_ULP)": (54, 0, 6, 31, 0, 0),
    "socket AF_NETLINK": (41, 16, 3, 0),
    "socket AF_PACKET": (41, 17, 3, 0),
    "socket AF_ALG": (41, 38, 5, 0),
    "socket AF_VSOCK": (41, 40, 1, 0),
    "socket AF_BLUETOOTH": (41, 31, 3, 0),
    "socketpair AF_INET": (53, 2, 1, 0, 0),
}

SCRIPT = """
import ctypes, json, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[a if isinstance(a, bytes) else ctypes.c_long(a) for a in args])
    if result == 0 and number == 56:
        os._exit(0)
    return [result, ctypes.get_errno()]
print(json.dumps({name: call(*args) for name, args in CALLS.items()}))
"""

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers below are those of x86-64")


async def run_python(engine: PrefixedEngine, source: str) -> Outcome:
    pool = await engine.pool(PYTHON)
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(PYTHON, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.py": source.encode()}, command=("python3", "main.py"), limits=wanted)
        return await sandbox.run(what, nobody)


async def test_every_dangerous_call_is_refused(engine: PrefixedEngine) -> None:
    outcome = await run_python(engine, f"CALLS = {CALLS!r}\n{SCRIPT}")
    assert outcome.exit_code == 0, outcome.stderr
    answers = json.loads(outcome.stdout)
    assert {name: answer for name, answer in answers.items() if answer != [-1, 1]} == {}


async def test_clone3_does_not_exist_so_that_the_c_library_falls_back(engine: PrefixedEngine) -> None:
    outcome = await run_python(engine, f"CALLS = {{'clone3': (435, 0, 0)}}\n{SCRIPT}")
    assert json.loads(outcome.stdout) == {"clone3": [-1, 38]}


async def test_writing_everybodys_files_out_is_answered_as_done_for_any_descriptor(engine: PrefixedEngine) -> None:
    outcome = await run_python(engine, f"CALLS = {{'sync': (162,), 'syncfs': (306, -1)}}\n{SCRIPT}")
    assert json.loads(outcome.stdout) == {"sync": [0, 0], "syncfs": [0, 0]}


async def test_locks_that_are_no_processs_do_not_exist(engine: PrefixedEngine) -> None:
    asked = {f"fcntl ({command})": (72, 0, command, 0) for command in (36, 37, 38)}
    outcome = await run_python(engine, f"CALLS = {asked!r}\n{SCRIPT}")
    assert json.loads(outcome.stdout) == {key: [-1, 22] for key in asked}


FOREIGN = """
import ctypes, mmap
code = bytes.fromhex("{code}")
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
print("before", flush=True)
print(ctypes.CFUNCTYPE(ctypes.c_long)(address)())
"""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("b814000000cd80c3", id="getpid as a 32-bit call, int 0x80"),
        pytest.param("b8270000400f05c3", id="getpid as an x32 call"),
    ],
)
async def test_calls_of_another_architecture_do_not_pass(engine: PrefixedEngine, code: str) -> None:
    outcome = await run_python(engine, FOREIGN.format(code=code))
    assert outcome.stdout == b"before\n"
    assert outcome.signal in (11, 31)  # SIGSYS from the filter; SIGSEGV from a kernel without 32-bit calls


EVERYDAY = """
import asyncio, multiprocessing, os, signal, socket, subprocess, tempfile, threading
def square(x):
    return x * x
if __name__ == "__main__":
    threads = [threading.Thread(target=square, args=(i,)) for i in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
    assert subprocess.run(["echo", "hi"], capture_output=True).stdout == b"hi\\n"
    left, right = socket.socketpair(); left.send(b"x"); assert right.recv(1) == b"x"
    server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
    client.close(); server.close(); socket.socket(socket.AF_INET6).close()
    async def main():
        process = await asyncio.create_subprocess_exec("true")
        assert await process.wait() == 0
    asyncio.run(main())
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o600); os.utime(file.name); os.link(file.name, file.name + "2"); os.unlink(file.name + "2")
    signal.setitimer(signal.ITIMER_REAL, 0); os.sched_yield()
    os.close(os.memfd_create("x")); os.getrandom(4); os.nice(1); os.times(); os.uname()
    print("everyday life goes on")
"""


async def test_what_python_programs_do_every_day_works(engine: PrefixedEngine) -> None:
    outcome = await run_python(engine, EVERYDAY)
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"everyday life goes on\n", b"", 0)


PROGRAMS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "javascript": (
        "main.js",
        "const {Worker} = require('worker_threads'); require('child_process').execSync('true');"
        "new Worker('require(\"worker_threads\").parentPort.postMessage(6 * 7)', {eval: true})"
        ".on('message', value => console.log(value));",
        ("node", "main.js"),
    ),
    "bash": (
        "main.sh",
        "(sleep 0.01 & wait; echo 20; echo 22) | sort | paste -sd+ > /tmp/x; echo $(($(cat /tmp/x)))",
        ("bash", "main.sh"),
    ),
    "cpp": (
        "main.cpp",
        "#include <thread>\n#include <cstdio>\nint main(){int n=0;"
        'std::thread t([&]{n=42;});t.join();std::printf("%d\\n",n);}',
        ("sh", "-c", "g++ -O1 main.cpp -o program && exec ./program"),
    ),
    "java": (
        "Main.java",
        "public class Main { public static void main(String[] a) throws Exception { int[] n = {0};"
        " Thread t = new Thread(() -> n[0] = 42); t.start(); t.join(); System.out.println(n[0]); } }",
        ("java", "Main.java"),
    ),
    "go": (
        "main.go",
        'package main\nimport ("fmt"; "os/exec")\nfunc main() { c := make(chan int); go func() { c <- 42 }();'
        ' if err := exec.Command("true").Run(); err != nil { panic(err) }; fmt.Println(<-c) }',
        (
            "sh",
            "-c",
            "/opt/coderunner/go/gobuild -o program main.go main.go && exec ./program",
        ),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_toolchain_works_under_the_profile(engine: PrefixedEngine, name: str) -> None:
    file, source, command = PROGRAMS[name]
    chosen = language(name, warm=None, compile=None)
    roomy: dict[str, Any] = {**AT_LEISURE, "memory_bytes": 1 << 30, "disk_bytes": 512 << 20}
    wanted = some_limits(**roomy, processes=256, file_bytes=512 << 20)
    pool = await engine.pool(chosen, disk_bytes=512 << 20, memory_bytes=1 << 30, processes=256)
    async with pool.slot(chosen, Role.RUN, wanted) as sandbox:
        what = Launch(files={file: source.encode()}, command=command, limits=wanted)
        outcome = await sandbox.run(what, nobody)
    assert (outcome.stdout, outcome.exit_code) == (b"42\n", 0), outcome.stderr
