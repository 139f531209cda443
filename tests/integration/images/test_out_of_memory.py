"""What the runtimes print when memory runs out is what the language files look for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from node.domain.patterns import matches_in
from tests.integration.images.image_slot import LANGUAGES, Slot

SlotOf = Callable[[str], Slot]
JAVA = ["java", "-Xmx16m", "Main.java"]
NODE = ["node", "--max-old-space-size=20", "main.js"]
CPP = ["sh", "-c", "g++ -o program main.cpp $OPTIONS && ./program"]
BASH = ["bash", "-c", "ulimit -v 60000; bash main.sh"]
GO = ["sh", "-c", "/opt/coderunner/go/gobuild -o program main.go && ./program"]


def java(body: str) -> dict[str, str]:
    return {"Main.java": f"class Main {{ public static void main(String[] a) throws Exception {{ {body} }} }}"}


def cpp(body: str) -> dict[str, str]:
    return {"main.cpp": f"#include <vector>\nint main() {{ {body} }}"}


HEAP = "var all = new java.util.ArrayList<int[]>(); for (;;) all.add(new int[1 << 16]);"
IN_A_POOL = "java.util.concurrent.CompletableFuture.supplyAsync(() -> new int[1 << 30]).get();"
DIED: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "Java's heap": ("java", java(HEAP), JAVA),
    "Java's heap, in another thread": ("java", java(IN_A_POOL), JAVA),
    "Java's largest array": ("java", java("System.out.println(new int[Integer.MAX_VALUE]);"), JAVA),
    "Java's direct buffers": ("java", java("java.nio.ByteBuffer.allocateDirect(1 << 30);"), JAVA),
    "Node's heap": ("javascript", {"main.js": "const all = []; for (;;) all.push({ a: [1, 2, 3] });"}, NODE),
    "Node's buffers": ("javascript", {"main.js": "new ArrayBuffer(1e12)"}, NODE),
    "Python": ("python", {"main.py": "b'x' * (1 << 50)"}, ["python3", "main.py"]),
    "Bash": ("bash", {"main.sh": "x=$(head -c 100M /dev/zero | tr '\\0' x)\necho ${#x}\n"}, BASH),
    "Bash, which formats": ("bash", {"main.sh": "printf -v x '%099999999d' 1\nexit 1\n"}, BASH),
    "Bash, which expands": ("bash", {"main.sh": "for i in {1..100000000}; do :; done\nexit 1\n"}, BASH),
    "C++": ("cpp", cpp("std::vector<char> all(1ull << 50);"), CPP),
    "C++ with the address sanitizer": ("cpp", cpp("std::vector<char> all(1ull << 50);"), CPP),
    "Go": ("go", {"main.go": "package main\n\nfunc main() { println(len(make([]byte, 1<<46))) }\n"}, GO),
}


@pytest.mark.parametrize("name", DIED)
def test_a_program_that_dies_for_want_of_memory_is_known_by_its_last_words(slot: SlotOf, name: str) -> None:
    language, files, command = DIED[name]
    step: dict[str, Any] = {"OPTIONS": "-fsanitize=address"} if "sanitizer" in name else {}
    code, _, stderr = slot(language).run(*command, files=files, env=step)
    assert code != 0
    assert matches_in(LANGUAGES[language]["run"]["out_of_memory_pattern"], stderr.encode()), stderr


OTHER_DEATHS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "Java": ("java", java('throw new IllegalStateException("out of memory");'), JAVA),
    "Java at the limit of threads": (
        "java",
        java('throw new OutOfMemoryError("unable to create native thread: possibly out of memory");'),
        JAVA,
    ),
    "Node": ("javascript", {"main.js": "throw new RangeError('out of memory')"}, NODE),
    "Python": ("python", {"main.py": "raise ValueError('MemoryError')"}, ["python3", "main.py"]),
    "Bash": ("bash", {"main.sh": "echo 'error: cannot allocate memory' >&2\nexit 1\n"}, BASH),
    "C++": ("cpp", cpp("throw std::vector<int>();"), CPP),
    "Go": ("go", {"main.go": 'package main\n\nfunc main() { panic("out of memory") }\n'}, GO),
}


@pytest.mark.parametrize("name", OTHER_DEATHS)
def test_a_program_that_dies_of_something_else_is_not_mistaken(slot: SlotOf, name: str) -> None:
    language, files, command = OTHER_DEATHS[name]
    code, _, stderr = slot(language).run(*command, files=files)
    assert code != 0
    assert re.search("(?i)memory|terminate called", stderr)
    assert not matches_in(LANGUAGES[language]["run"]["out_of_memory_pattern"], stderr.encode())
