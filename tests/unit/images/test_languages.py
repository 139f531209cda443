"""The language files: complete, and their patterns do what they say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from node.domain.patterns import first_group, first_line, matches_in_full
from sandbox import IMAGES_DIR as IMAGES

FILES = sorted((IMAGES.parent / "languages").glob("*.toml"))
LANGUAGES: dict[str, dict[str, Any]] = {path.stem: tomllib.loads(path.read_text()) for path in FILES}

VERSIONS = {
    "bash": ("GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)", "5.2.37"),
    "c": ("gcc (Debian 14.2.0-19) 14.2.0", "14.2.0"),
    "cpp": ("g++ (Debian 14.2.0-19) 14.2.0", "14.2.0"),
    "go": ("go version go1.24.4 linux/amd64", "1.24.4"),
    "java": ('openjdk version "21.0.8" 2025-07-15', "21.0.8"),
    "javascript": ("v20.19.2", "20.19.2"),
    "python": ("Python 3.13.5", "3.13.5"),
}
REFUSED = {
    "bash": ["exec 3<>/dev/tcp/example.org/80"],
    "c": ['system("ls");', 'asm("nop");', "#include <sys/ptrace.h>"],
    "cpp": ['system("ls");', 'asm volatile("nop");', "#include <sys/ptrace.h>", "#include <linux/bpf.h>"],
    "go": ['import "os/exec"', '	"net/http"', "//go:linkname f runtime.f", 'import "C"'],
    "java": [
        "Runtime.getRuntime().exec(x);",
        "new ProcessBuilder(x)",
        "import sun.misc.Unsafe;",
        "import java.net.Socket;",
    ],
    "javascript": [
        "require('child_process')",
        "import net from 'node:net'",
        "await import('http')",
        "process.dlopen(x)",
    ],
    "python": ["import subprocess", "  os.system('ls')", "from ctypes import *", "import socket"],
}
ACCEPTED = {
    "bash": ["echo /dev/null"],
    "c": ["file_system(x);", "int fork_count;"],
    "cpp": ["file_system(x);", "#include <sys/types.h>", "int fork_count;", "#include <bits/stdc++.h>"],
    "go": ['import "fmt"', '	"strings"', 'x := "network"'],
    "java": ["import java.util.*;", "executor.execute(task);", "String unsafe;"],
    "javascript": ["require('fs')", "import path from 'node:path'", "const net = 1"],
    "python": ["import os, sys", "subprocess_count = 1", "print('import socket')", "from collections import deque"],
}


@pytest.mark.parametrize("name", VERSIONS)
def test_the_version_is_read_from_what_the_tool_prints(name: str) -> None:
    printed, version = VERSIONS[name]
    found = re.search(LANGUAGES[name]["version_pattern"], printed)
    assert found is not None
    assert found[1] == version


def hits(name: str, line: str) -> list[str]:
    return [rule["id"] for rule in LANGUAGES[name]["rules"] if first_line(rule["pattern"], line.encode())]


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in REFUSED.items() for line in lines])
def test_a_rule_finds_what_it_is_for(name: str, line: str) -> None:
    assert hits(name, line)


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in ACCEPTED.items() for line in lines])
def test_no_rule_minds_ordinary_code(name: str, line: str) -> None:
    assert hits(name, line) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("public class Greeter { }", "Greeter"),
        ("import x;\n\npublic final class A {}\nclass B {}", "A"),
        ("public sealed interface Shape permits X {}", "Shape"),
        ("public record Point(int x) {}", "Point"),
        ("class Hidden { }", ""),
    ],
)
def test_a_java_file_is_named_after_its_public_type(source: str, name: str) -> None:
    assert first_group(LANGUAGES["java"]["source_name_pattern"], source) == name


@pytest.mark.parametrize(
    ("name", "option", "allowed"),
    [
        ("c", "-std=c99", True),
        ("c", "-B/tmp", False),
        ("cpp", "-O3", True),
        ("cpp", "-std=c++23", True),
        ("cpp", "-fsanitize=address", True),
        ("cpp", "-B/tmp", False),
        ("cpp", "-fplugin=x.so", False),
        ("cpp", "-specs=x", False),
        ("cpp", "-wrapper", False),
        ("cpp", "-Wl,-rpath,/", False),
        ("cpp", "@options", False),
        ("cpp", "-I/etc", False),
        ("java", "-Xlint:all", True),
        ("java", "--release=17", True),
        ("java", "--release", True),
        ("java", "21", True),
        ("java", "--enable-preview", True),
        ("java", "--source-path", False),
        ("java", "Other.java", False),
        ("java", "-processorpath", False),
        ("java", "-Xplugin:x", False),
        ("java", "-J-Xmx9g", False),
        ("go", "-gcflags=-N -l", True),
        ("go", "-toolexec=sh", False),
        ("go", "-ldflags=-extld=x", False),
    ],
)
def test_options_that_could_run_something_else_are_not_allowed(name: str, option: str, allowed: bool) -> None:
    patterns = LANGUAGES[name]["compile"]["options_allowed"]
    assert any(matches_in_full(pattern, option) for pattern in patterns) is allowed


@pytest.mark.parametrize(
    "name", [name for name in LANGUAGES if "default_options" in LANGUAGES[name].get("compile", {})]
)
def test_a_tasks_own_options_may_be_the_default_ones(name: str) -> None:
    stage = LANGUAGES[name]["compile"]
    for option in stage["default_options"]:
        assert any(matches_in_full(pattern, option) for pattern in stage["options_allowed"]), option


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_language_has_an_image_of_its_own(path: Path) -> None:
    language = LANGUAGES[path.stem]
    assert path.stem == "-".join(filter(None, [language["name"], language.get("series")]))
    assert (IMAGES / language["image"].removeprefix("coderunner/") / "Dockerfile").is_file()
