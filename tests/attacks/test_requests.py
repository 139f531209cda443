"""Attacks by words: arguments, environment, names and options that a shell, a loader or a runtime would obey."""

import pytest

from coderunner import Limits
from tests.attacks.arena import Arena, Attack, Ended, assert_clean, assert_harmless

SHELL = [
    "; touch /tmp/pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "| tee pwned",
    "&& id",
    "> pwned",
    "\n touch pwned",
    "-c",
    "--",
]
EVIL = "open('/tmp/evil-ran', 'w').close()"


def _arguments_came_as_they_are(ended: Ended) -> None:
    assert ended.stdout == f"{SHELL}\n"


def _untouched(ended: Ended) -> None:
    assert ended.stdout.endswith("agent False\nlooked\n")


def _not_evil(ended: Ended) -> None:
    assert "evil-ran" not in ended.stdout


ATTACKS = [
    Attack(
        name="arguments for a shell",
        program="python/arguments.py",
        status=["SUCCEEDED"],
        args=SHELL,
        check=_arguments_came_as_they_are,
    ),
    Attack(
        name="names for a shell",
        program="python/arguments.py",
        status=["SUCCEEDED"],
        also={"$(touch pwned).py": "", ";touch pwned;.txt": "", "a b/`id`": "", "%s%n": "", "a'b\"c": ""},
        prints="[]",
    ),
    Attack(
        name="a loader's environment",
        program="python/told_by_environment.py",
        status=["SUCCEEDED", "FAILED"],
        env={"LD_PRELOAD": "./evil.so", "LD_LIBRARY_PATH": ".", "LD_AUDIT": "./evil.so", "GLIBC_TUNABLES": "x" * 4000},
        also={"evil.so": "no library"},
    ),
    Attack(
        name="Python's environment",
        program="python/told_by_environment.py",
        status=["SUCCEEDED"],
        env={
            "PYTHONSTARTUP": "evil.py",
            "PYTHONINSPECT": "1",
            "PYTHONPATH": ".",
            "PYTHONHOME": "",
            "PYTHONBREAKPOINT": "evil",
        },
        also={"evil.py": EVIL, "sitecustomize.py": EVIL, "usercustomize.py": EVIL},
        prints="started by",
    ),
    Attack(
        name="Node's environment",
        program="javascript/told_by_environment.js",
        status=["SUCCEEDED", "FAILED"],
        env={
            "NODE_OPTIONS": "--require ./evil.js --inspect=0.0.0.0:9229",
            "NODE_PATH": ".",
            "NODE_EXTRA_CA_CERTS": "/etc/shadow",
        },
        also={"evil.js": "globalThis.evil = 1; require('fs').writeFileSync('/tmp/evil-ran', '')"},
        never=["root:$", "root:*"],
    ),
    Attack(
        name="the JVM's environment",
        program="java/Attach.java",
        status=["SUCCEEDED", "FAILED"],
        env={
            "JAVA_TOOL_OPTIONS": "-javaagent:evil.jar -Xlog:all=trace:file=/tmp/agent-was-here",
            "_JAVA_OPTIONS": "-Xmx64g",
            "JDK_JAVA_OPTIONS": "-agentpath:/tmp/evil.so",
            "CLASSPATH": "/etc",
        },
        also={"evil.jar": "no archive"},
    ),
    Attack(
        name="the search path",
        program="python/told_by_environment.py",
        status=["SUCCEEDED", "FAILED"],
        env={
            "PATH": ".:/workspace",
            "HOME": "/etc",
            "TMPDIR": "/etc",
            "IFS": "/",
            "BASH_ENV": "./evil",
            "ENV": "./evil",
        },
        also={"python3": "#!/bin/sh\ntouch /tmp/evil-ran\n"},
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_words_are_only_words(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)


@pytest.mark.parametrize("name", ["-rf", "--help", "@file", "a/../../b", "/etc/x", "..", "a\0b", "a\nb", "x" * 300, ""])
def test_a_name_that_could_be_something_else_is_refused(arena: Arena, name: str) -> None:
    ended = arena.run("python", {"main.py": "print('ran')", name: ""}, limits=Limits())
    assert (ended.status, ended.stdout) == ("REFUSED", "")
    assert "task.files[1].name" in ended.error


@pytest.mark.parametrize(
    "option",
    [
        "-o/tmp/x",
        "-fplugin=./evil.so",
        "@main.cpp",
        "-wrapper=id",
        "-B.",
        "-specs=evil",
        "-include/etc/shadow",
        "-Wl,-T/etc/passwd",
        "-I/root",
        "-x",
        "-imacros/etc/shadow",
        "-O2;id",
        "-Wp,-MD,/tmp/x",
        "-Wa,--MD,/tmp/x",
        "-save-temps=/tmp",
        "--version",
    ],
)
def test_an_option_that_is_not_allowed_is_refused(arena: Arena, option: str) -> None:
    ended = arena.run(
        "cpp", {"main.cpp": "int main() {}", "evil": "", "evil.so": ""}, limits=Limits(), options=[option]
    )
    assert ended.status == "REJECTED"
    assert_clean(arena, "cpp")
