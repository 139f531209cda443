"""What waits in Go's slots: a program and a compilation notice nothing of it."""

from __future__ import annotations

import json

import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import AttachedAgent, Report
from tests.integration.agent.slot_fixtures import slot_of
from tests.integration.agent.told import told

GOBUILD = "/opt/coderunner/go/gobuild"
WAITING = "grep -ls '^/opt/coderunner/go/{}' /proc/[0-9]*/cmdline"
KILL = "kill -9 {0}; while grep -qs 'State:.[^XZ]' /proc/{0}/task/*/status; do :; done"
"""Returns once all its threads are dead, whether or not the agent has heard of it."""
LOOK_AROUND = r"""
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

func main() {
	status, _ := os.ReadFile("/proc/self/status")
	kept := []string{}
	for _, line := range strings.Split(string(status), "\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp":
			kept = append(kept, line)
		}
	}
	limits, _ := os.ReadFile("/proc/self/limits")
	command, _ := os.ReadFile("/proc/self/cmdline")
	descriptors := []string{}
	for number := range 20 {
		var found syscall.Stat_t
		if syscall.Fstat(number, &found) == nil && found.Mode&syscall.S_IFMT == syscall.S_IFIFO {
			descriptors = append(descriptors, string(rune('a'+number)))
		}
	}
	environment := os.Environ()
	sort.Strings(environment)
	directory, _ := os.Getwd()
	leader, _, _ := syscall.Syscall(syscall.SYS_GETSID, 0, 0, 0)
	json.NewEncoder(os.Stdout).Encode([]any{
		os.Args, environment, kept, string(limits), string(command), descriptors,
		filepath.Dir(directory), int(leader) == os.Getpid(), syscall.Getpgrp() == os.Getpid(), os.Getppid(),
	})
}
"""
PROGRAMS = {
    "it runs": {"main.go": 'package main\nimport "fmt"\nfunc main() { fmt.Println("hello") }\n'},
    "two files": {"main.go": "package main\nfunc main() { f() }\n", "f.go": "package main\nfunc f() { println(1) }\n"},
    "errors": {"main.go": 'package main\nimport "os"\nfunc main() { x := 1; y() }\n'},
    "no main": {"main.go": "package main\nfunc f() { }\n"},
    "an unknown package": {"main.go": 'package main\nimport "example.org/a"\nfunc main() { a.F() }\n'},
    "for go build": {"main.go": "package main\nfunc main() { println(1) }\n", "go.mod": "module a\ngo 1.24\n"},
    "no program": {"main.go": "package"},
}
compiler = slot_of("go", Role.COMPILE)
runner = slot_of("go")


def compiled(slot: AttachedAgent, files: dict[str, str], *, warm: bool = True, **limits: int) -> Report:
    """With the limits that the waiting process was started with, unless ``limits`` says others."""
    command = [GOBUILD, "-o", "program", *files] if "go.mod" not in files else [GOBUILD, "-o", "program", "main.go"]
    usual = {"processes": 128 + 8, "file_bytes": 256 << 20, "disk_bytes": 256 << 20, "memory_bytes": 1 << 30}
    return slot.run(files, command, collect=["program"], warm=warm, **{**usual, **limits})


def waiting(slot: AttachedAgent, tool: str = "") -> set[str]:
    """Command lines, below /proc, of what waits, or of one tool of it; all three tools have been started by then."""
    all_there = f"until [ $({WAITING.format('')} | wc -l) -ge 3 ]; do :; done"
    return set(slot.inside(f"{all_there}; {WAITING.format(tool)}").split())


def summary(report: Report) -> dict[str, object]:
    return {**told(report, changing=()), "artefacts": report.artefacts}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_waits_compiles_as_what_is_started_does(compiler: AttachedAgent, name: str) -> None:
    warm, cold = (summary(compiled(compiler, PROGRAMS[name], warm=warm)) for warm in (True, False))
    assert warm == cold
    assert warm["artefacts"] or warm["stderr"]


def test_compiler_and_linker_wait_and_are_used_once(compiler: AttachedAgent) -> None:
    before = waiting(compiler)
    assert len(before) == 3
    compiled(compiler, PROGRAMS["it runs"])
    compiler.hello()
    after = waiting(compiler)
    assert len(after) == 3
    assert not before & after


def test_the_linker_waits_stopped_where_it_would_read_the_program(compiler: AttachedAgent) -> None:
    """It has loaded packages by then: the plain one waits with less than 4 MiB of its own."""
    (linker,) = waiting(compiler, "tool/link")
    of_it = f"/proc/{linker.split('/')[2]}/status"
    told_of_it = compiler.inside(f"until grep -q 'State:.T' {of_it}; do :; done; grep -E 'State|RssAnon' {of_it}")
    assert int(told_of_it.split()[-2]) > 5 << 10


@pytest.mark.parametrize("signal", ["CONT", "IO", "URG"])
def test_a_linker_that_somebody_wakes_waits_on_or_is_done_without(compiler: AttachedAgent, signal: str) -> None:
    before = compiled(compiler, PROGRAMS["it runs"])
    compiler.hello()
    (linker,) = waiting(compiler, "tool/link")
    process = linker.split("/")[2]
    user = compiler.inside(f"stat -c %u /proc/{process}").strip()
    asked = compiler.api.exec_create(compiler.name, ["sh", "-c", f"kill -{signal} {process}"], user=user)
    assert compiler.api.exec_start(asked["Id"]) == b""
    assert summary(compiled(compiler, PROGRAMS["it runs"])) == summary(before)


@pytest.mark.parametrize("tool", ["tool/compile", "tool/link", "gobuild"])
def test_nobody_notices_that_what_waits_has_died(compiler: AttachedAgent, tool: str) -> None:
    before = compiled(compiler, PROGRAMS["it runs"])
    compiler.hello()
    (found,) = waiting(compiler, tool)
    process = found.split("/")[2]
    user = compiler.inside(f"stat -c %u /proc/{process}").strip()
    asked = compiler.api.exec_create(compiler.name, ["sh", "-c", KILL.format(process)], user=user)
    assert compiler.api.exec_start(asked["Id"]) == b""
    assert summary(compiled(compiler, PROGRAMS["it runs"])) == summary(before)


@pytest.mark.parametrize("env", [{}, {"A": "b c", "PATH": "/nowhere"}, {"LD_LIBRARY_PATH": "/tmp"}])
def test_a_program_that_was_waited_for_sees_what_one_that_is_started_sees(
    compiler: AttachedAgent, runner: AttachedAgent, env: dict[str, str]
) -> None:
    program = compiled(compiler, {"main.go": LOOK_AROUND}).artefacts["program"]

    def seen(*, warm: bool) -> object:
        runner.start(
            {"program": program},
            ["./program", "one", "two words", ""],
            env=env,
            warm=warm,
            executable=True,
            processes=72,
        )
        report = runner.finish()
        assert report.exit_code == 0, report
        return json.loads(report.stdout)

    assert seen(warm=True) == seen(warm=False)


def test_a_program_that_is_not_there_ends_as_a_shell_says(runner: AttachedAgent) -> None:
    report = runner.run({"main.go": ""}, ["./program"], processes=72)
    assert (report.exit_code, report.clean["ok"]) == (127, True)
    assert b"./program: " in report.stderr
