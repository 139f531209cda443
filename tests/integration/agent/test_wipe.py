"""Whatever a program leaves behind, the slot is empty after, and nothing outside the slot was touched."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import AttachedAgent

LEFT_BEHIND = {
    "a tree of 6,000 levels": (
        "import os\nfor n in range(6_000):\n    os.mkdir('d')\n    os.chdir('d')\nopen('leaf', 'w').close()\nprint('left')"
    ),
    "a deep tree that nobody may read": (
        "import os\nfor n in range(300):\n    os.mkdir('d')\n    os.chdir('d')\n"
        "for n in range(301):\n    os.chmod('.', 0)\n    try:\n        os.chdir('..')\n    except OSError:\n        break\nprint('left')"
    ),
    "10,000 files in one directory": "for n in range(10_000): open(str(n), 'w').close()\nprint('left')",
    "4,000 directories side by side": "import os\nfor n in range(4_000): os.makedirs(f'{n}/e')\nprint('left')",
    "unreadable directories": (
        "import os\nfor place in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n"
        "    os.makedirs(f'{place}/a/b')\n    open(f'{place}/a/b/c', 'w').close()\n"
        "    os.chmod(f'{place}/a/b', 0)\n    os.chmod(f'{place}/a', 0)\nos.chmod('.', 0)\nprint('left')"
    ),
    "names that are not text": (
        "import os\nfor name in (b'\\xff\\xfe', b'new\\nline', b'-rf', b'~', b'*', b' ', b'\\x01\\x1b[2J', b'x' * 255, b'\\xc3'):\n"
        "    for place in (b'.', b'/tmp', b'/dev/shm'):\n"
        "        os.mkdir(os.path.join(place, name))\n        open(os.path.join(place, name, name), 'w').close()\nprint('left')"
    ),
    "pipes, sockets and locks": (
        "import fcntl, os, socket\ntry:\n    os.mkfifo('/tmp/p')\nexcept PermissionError:\n    pass\n"
        "s = socket.socket(socket.AF_UNIX)\ns.bind('/tmp/s')\ns.listen()\n"
        "f = open('/tmp/l', 'w')\nfcntl.flock(f, fcntl.LOCK_EX)\nprint('left')"
    ),
    "hard links": "import os\nopen('a', 'w').close()\nfor n in range(2_000): os.link('a', f'l{n}')\nprint('left')",
    "symbolic links to everywhere": (
        "import os\nfor n, goal in enumerate(('/', '/etc', '/etc/passwd', '/proc/1/root', '/proc/1/root/etc', '/opt/coderunner',\n"
        "        '/workspace', '.', '..', '/tmp', '/dev/shm', '/nowhere', 'l9', '/proc/self/fd', '/proc/1/cwd')):\n"
        "    for place in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n        os.symlink(goal, f'{place}/l{n}')\nprint('left')"
    ),
    "the work directory replaced by a link": (
        "import os\nhere = os.getcwd()\nos.rename(here, '/tmp/moved') if False else os.rename(here, here + 'x')\n"
        "os.symlink('/etc', here)\nprint('left')"
    ),
    "the work directory replaced by a file": (
        "import os\nhere = os.getcwd()\nos.rename(here, '/workspace/away')\nopen(here, 'w').close()\nprint('left')"
    ),
    "the work directory removed": "import os\nos.unlink('main.py')\nos.rmdir(os.getcwd())\nprint('left')",
    "strange modes": (
        "import os\nfor n, mode in enumerate((0, 0o1777, 0o2777, 0o4777, 0o7000)):\n"
        "    os.mkdir(f'd{n}')\n    open(f'd{n}/f', 'w').close()\n    os.chmod(f'd{n}/f', mode)\n    os.chmod(f'd{n}', mode)\nprint('left')"
    ),
    "a full disk": (
        "import os\nfor place in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n    try:\n        for n in range(99):\n"
        "            os.mkdir(f'{place}/d{n}')\n            open(f'{place}/d{n}/f', 'wb').write(b'x' * (1 << 20))\n"
        "    except OSError:\n        pass\nprint('left')"
    ),
    "no inode left": (
        "import os\ntry:\n    for n in range(99_999): os.makedirs(f'{n % 50}/{n}')\nexcept OSError:\n    print('left')"
    ),
    "100,000 files in shared memory": (
        "try:\n    for n in range(100_000): open(f'/dev/shm/{n}', 'w').close()\nexcept OSError:\n    pass\nprint('left')"
    ),
    "extended attributes": (
        "import os\nopen('f', 'w').close()\ntry:\n    for n in range(100): os.setxattr('f', f'user.{n}', b'x' * 500)\n"
        "except OSError:\n    pass\nprint('left')"
    ),
    "mapped and deleted files": (
        "import mmap, os\nf = open('/dev/shm/m', 'w+b')\nf.truncate(1 << 20)\nm = mmap.mmap(f.fileno(), 0)\n"
        "os.unlink('/dev/shm/m')\nif os.fork() == 0:\n    import time\n    time.sleep(30)\nprint('left', flush=True)\nos._exit(0)"
    ),
    "descriptors in flight": (
        "import array, os, socket\na, b = socket.socketpair()\n"
        "for s in (a, b):\n    s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [a.fileno(), b.fileno()]))])\n"
        "print('left')"
    ),
    "writers that go on": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    n = 0\n    while True:\n        n += 1\n"
        "        os.makedirs(f'/tmp/{n}/x', exist_ok=True)\n        open(f'/dev/shm/{n % 500}', 'w').close()\n"
        "time.sleep(0.1)\nprint('left', flush=True)\nos._exit(0)"
    ),
}
PROBE = """
import os
found = [f"{place}/{name}" for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue") for name in os.listdir(place)]
found += [name for name in os.listdir("/workspace") if f"/workspace/{name}" != os.getcwd()]
found += [name for name in os.listdir() if name != "main.py"]
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
found += [p for p in others if os.stat(f"/proc/{p}").st_uid == os.getuid()]
print(found)
"""


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_nothing_is_left_of(python_slot: AttachedAgent, name: str, warm: bool) -> None:
    before = python_slot.inside("sh", "-c", "cat /etc/passwd; ls -laR /opt/coderunner /etc | cksum; id")
    report = python_slot.python(LEFT_BEHIND[name], cpu_ms=20_000, wall_ms=20_000, warm=warm)
    assert report.stdout == b"left\n", report
    assert report.clean["ok"], report.clean
    assert python_slot.python(PROBE).stdout == b"[]\n"
    assert python_slot.inside("sh", "-c", "cat /etc/passwd; ls -laR /opt/coderunner /etc | cksum; id") == before


def test_memory_of_what_was_wiped_is_given_back(python_slot: AttachedAgent) -> None:
    for _ in range(6):
        source = "open('f', 'wb').write(b'x' * (60 << 20))\nkept = b'x' * (100 << 20)"
        report = python_slot.python(source)
        assert (report.ending, report.exit_code) == ("exited", 0), report


def test_system_v_objects_cost_the_slot_its_life(own_python_slot: AttachedAgent) -> None:
    """Where the profile lets them be made at all (it does not): they outlive every process, so nothing proves it clean."""
    source = "import ctypes\nprint(ctypes.CDLL(None, use_errno=True).shmget(1234, 4096, 0o1666) >= 0)"
    report = own_python_slot.python(source)
    assert report.clean["ok"] is (report.stdout == b"False\n")
