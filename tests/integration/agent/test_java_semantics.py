"""A program that a waiting JVM takes behaves as with ``java``: the same classes run both ways."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from node.domain.sandbox import Role
from node.infrastructure.languages import load_language
from tests.integration.agent.attached import MIB, REPOSITORY, AttachedAgent
from tests.integration.agent.sections import read_programs
from tests.integration.agent.slot_fixtures import slot_of
from tests.integration.agent.told import FOLDER, told

PROGRAMS = read_programs("java_programs.txt", "Main.java")
LANGUAGE = load_language(REPOSITORY / "sandbox" / "languages" / "java.toml")
LAUNCH = LANGUAGE.run_command[0]
PLAIN = ["java", "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=70"]
"""What the launcher chooses and a program may see: the garbage collector, and how large the heap may become."""
WAITING = 64 + LANGUAGE.processes_overhead
"""Processes that the one that waits was started with: only a task that is granted the same may have it."""
KNOWN_TO_DIFFER = {
    "descriptors": "the launcher's class path; no child inherits it",
    "command of the process": "it is the launcher",
    "classes of ours": "the launcher's helper is on the class path",
}
_told = partial(told, changing=[FOLDER, (re.compile(rb"@[0-9a-f]{5,8}\b"), b"@<hash>")])
compiler = slot_of("java", Role.COMPILE)
slot = slot_of("java")


def _compiled(compiler: AttachedAgent, files: dict[str, bytes]) -> dict[str, bytes]:
    command = ["javac", "-proc:none", "-nowarn", "-d", ".", *files]
    report = compiler.run(files, command, collect=["*.class"], memory_bytes=1_024 * MIB, processes=256)
    assert report.exit_code == 0, report.stderr
    return report.artefacts


def _both(slot: AttachedAgent, classes: dict[str, bytes], plain: str, entry: str) -> list[dict[str, object]]:
    options: dict[str, Any] = {
        "stdin": b"first\nsecond\n",
        "env": {"GREETING": "hi = ho", "EMPTY": "", "TZ": "Asia/Tokyo", "HOME": "/elsewhere"},
        "processes": WAITING,
    }
    arguments = ["one", "two words", "", "\u00fc\u2192"]
    warm = slot.run(classes, [LAUNCH, entry, *arguments], warm=True, **options)
    cold = slot.run(classes, [*PLAIN, plain, *arguments], warm=False, **options)
    return [_told(warm), _told(cold)]


def test_it_is_the_process_that_waited(compiler: AttachedAgent, slot: AttachedAgent) -> None:
    body = "System.out.println(ProcessHandle.current().pid());"
    source = f"public class Main {{ public static void main(String[] args) {{ {body} }} }}"
    classes = _compiled(compiler, {"Main.java": source.encode()})
    waited = slot.inside("cd /proc; grep -l '^launch' [0-9]*/comm | cut -d/ -f1")
    assert slot.run(classes, [LAUNCH, "Main"], processes=WAITING).stdout.decode() == waited


def _cases() -> list[object]:
    marks = {name: pytest.mark.xfail(reason=reason, strict=True) for name, reason in KNOWN_TO_DIFFER.items()}
    return [pytest.param(name, marks=marks.get(name, ())) for name in PROGRAMS]


@pytest.mark.parametrize("name", _cases())
def test_a_waiting_jvm_is_as_java(compiler: AttachedAgent, slot: AttachedAgent, name: str) -> None:
    warm, cold = _both(slot, _compiled(compiler, PROGRAMS[name]), "Main", "Main")
    assert warm == cold


@pytest.mark.parametrize(
    ("files", "plain", "entry"),
    [
        ({"com/example/Main.java": "package com.example; %s"}, "com.example.Main", "com/example/Main"),
        ({"Main.java": "package com.example; %s"}, "com.example.Main", "Main"),
        (
            {"app/Main.java": "package a.b; %s", "app/Other.java": "package a.b; class Other { }"},
            "a.b.Main",
            "app/Main",
        ),
        ({"module-info.java": "module m { }", "Main.java": "%s"}, "Main", "Main"),
        ({"module-info.java": "module m { }", "app/Main.java": "package app; %s"}, "app.Main", "module-info"),
    ],
    ids=["in its folder", "beside", "in another folder", "beside a module", "in a module that is the entry"],
)
def test_a_main_class_may_be_in_a_package_or_beside_a_module(
    compiler: AttachedAgent, slot: AttachedAgent, files: dict[str, str], plain: str, entry: str
) -> None:
    body = 'System.out.println(Main.class + System.getProperty("sun.java.command")); throw new Exception("e");'
    main = f"public class Main {{ public static void main(String[] args) throws Exception {{ {body} }} }}"
    sources = {name: text.replace("%s", main).encode() for name, text in files.items()}
    warm, cold = _both(slot, _compiled(compiler, sources), plain, entry)
    assert warm == cold
