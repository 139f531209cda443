"""Which programs may end otherwise when they run again, as far as it can be told, by the product's own language
files; and what a node says of an outcome that others would take."""

from __future__ import annotations

import pytest

from node.domain.answers import varies
from node.domain.language import Language
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR

LANGUAGES = {language.id: language for language in load_languages(LANGUAGES_DIR)}

VARY = [
    ("python", "import time\nprint(time.time())"),
    ("python", "import os, sys, datetime"),
    ("python", "from random import choice"),
    ("python", "import os\nprint(os.urandom(4))"),
    ("python", "import os\nprint(os.getpid())"),
    ("python", "import numpy as np\nprint(np.random.rand(3))"),
    ("python", "print(id(object()))"),
    ("python", "print(open('/proc/self/stat').read())"),
    ("python", "exec(input())"),
    ("javascript", "console.log(Date.now())"),
    ("javascript", "console.log(new Date)"),
    ("javascript", "console.log(Math.random())"),
    ("javascript", "console.log(require('os').hostname())"),
    ("javascript", "console.log(process.hrtime())"),
    ("javascript", "import {randomUUID} from 'node:crypto'"),
    ("java", "class A { long t = System.nanoTime(); }"),
    ("java", "import java.util.Random;"),
    ("java", "var d = java.time.LocalDate.now();"),
    ("java", "new Thread(() -> {}).start();"),
    ("go", 'import "time"'),
    ("go", 'import (\n\t"fmt"\n\t"math/rand"\n)'),
    ("go", "go work()"),
    ("go", "for k := range map[string]int{} { }"),
    ("go", "pid := os.Getpid()"),
    ("cpp", "#include <chrono>"),
    ("cpp", "srand(time(0));"),
    ("cpp", "std::random_device seed;"),
    ("cpp", 'printf("%p", &x);'),
    ("cpp", "std::thread work(f);"),
    ("cpp", "std::cout << __TIME__;"),
    ("bash", "echo $RANDOM"),
    ("bash", "echo ${RANDOM}"),
    ("bash", "date +%s"),
    ("bash", "echo $$"),
    ("bash", "hostname"),
    ("bash", "cat /proc/cpuinfo"),
]

DO_NOT = [
    ("python", "print('what is the time?')"),
    ("python", "import sys, math, re, json, collections\nprint(sorted({3, 1, 2}))"),
    ("python", "timeout = 3\nrandomly = 4\nvalid(5)"),
    ("javascript", "console.log([3, 1, 2].sort(), 'up to date')"),
    ("javascript", "const fs = require('fs'); console.log(fs.readFileSync(0, 'utf8').length)"),
    ("java", 'public class Main { public static void main(String[] a) { System.out.println("hi"); } }'),
    ("go", 'import "fmt"\nfunc main() { fmt.Println("time to go home") }'),
    ("cpp", "#include <bits/stdc++.h>\nint main() { int time = 3; std::vector<int> v(time); std::cout << v.size(); }"),
    ("bash", "for i in 1 2 3; do echo $((i * i)); done"),
    ("bash", 'read -r a b; echo "$((a + b))"'),
]


@pytest.mark.parametrize(("language", "source"), VARY)
def test_what_reads_clock_chance_or_machine_is_told(language: str, source: str) -> None:
    assert varies(LANGUAGES[language], {"main": source})


@pytest.mark.parametrize(("language", "source"), DO_NOT)
def test_what_does_not_is_left_alone(language: str, source: str) -> None:
    assert varies(LANGUAGES[language], {"main": source}) == ""


def test_every_language_of_the_product_has_its_signs() -> None:
    assert all(language.varies for language in LANGUAGES.values())


def test_the_sign_names_the_file_and_the_line() -> None:
    said = varies(LANGUAGES["python"], {"a.py": "x = 1", "b.py": "x = 1\nimport random\n"})
    assert said == "b.py:2: uses random numbers [python-random]"


def test_a_language_without_signs_tells_nothing() -> None:
    bare = Language(
        name="none",
        image="none",
        source_name="main",
        run_command=("true",),
        version_command=("true",),
        version_pattern="(.)",
    )
    assert varies(bare, {"main": "import time"}) == ""


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: str(one.name))
def test_the_longest_source_is_looked_through_in_linear_time(language: Language) -> None:
    """The patterns are RE2's; a source of one long line of what almost matches is the worst that comes."""
    source = "import " + "a.b," * 60_000 + "\n" + "(" * 10_000
    assert varies(language, {"main": source}) == ""
