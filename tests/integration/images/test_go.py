"""gobuild compiles and links directly where it may, and says what `go build` says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.images.image_slot import Slot

SlotOf = Callable[[str], Slot]
GOBUILD = "/opt/coderunner/go/gobuild"
HELLO = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'
# `go build` with the same flags and a cache that it may write to, which starts with the image's.
GO_BUILD = """
mkdir /workspace/cache && for part in /opt/coderunner/go/cache/??; do ln -s "$part" /workspace/cache/; done
date +%s >/workspace/cache/trim.txt
export GOCACHE=/workspace/cache GOPATH=/opt/coderunner/go/path GOPROXY=off GOENV=off GOTELEMETRY=off CGO_ENABLED=0
go build -trimpath -gcflags=all=-dwarf=false -ldflags='-s -w' -o theirs "$@"
code=$?
rm -r /workspace/cache
exit $code
"""
PROGRAMS: dict[str, dict[str, str]] = {
    "hello": {"main.go": HELLO},
    "two files": {
        "main.go": "package main\nfunc main() { f() }\n",
        "f.go": 'package main\nfunc f() { println("f") }\n',
    },
    "type errors": {"main.go": 'package main\nimport "os"\nfunc main() { x := 1; y() }\n'},
    "many errors": {"main.go": "package main\nfunc main() {\n" + "\n".join(f"a{i}()" for i in range(20)) + "\n}\n"},
    "a syntax error": {"main.go": "package main\nfunc main() { x := }\n"},
    "no package clause": {"main.go": "func main() { }\n"},
    "no main": {"main.go": "package main\nfunc f() { }\n"},
    "an unknown package": {"main.go": 'package main\nimport "example.org/a"\nfunc main() { a.F() }\n'},
    "a package of the toolchain's own": {"main.go": 'package main\nimport _ "internal/abi"\nfunc main() { }\n'},
    "an embedded file": {
        "main.go": 'package main\nimport _ "embed"\n//go:embed main.go\nvar s string\nfunc main() { print(s) }\n'
    },
    "a module with a package": {
        "main.go": 'package main\nimport "example/p"\nfunc main() { p.F() }\n',
        "go.mod": "module example\ngo 1.24\n",
        "p/p.go": 'package p\nfunc F() { println("p") }\n',
    },
    "C": {"main.go": 'package main\n// int x;\nimport "C"\nfunc main() { println(C.x) }\n'},
    "a panic": {"main.go": "package main\nfunc main() { var m map[string]int; m[`a`] = 1 }\n"},
    "the network's packages": {
        "main.go": 'package main\nimport "net/http"\nfunc main() { print(http.StatusText(404)) }\n'
    },
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_built_as_go_build_builds_it(slot: SlotOf, name: str) -> None:
    files = PROGRAMS[name]
    sources = [file for file in files if file.endswith(".go")]
    theirs = ["."] if "go.mod" in files else sources
    steps = [{"run": [GOBUILD, "-o", "program", sources[0], *sources]}, {"run": ["sh", "-c", GO_BUILD, "sh", *theirs]}]
    ours, by_go = slot("go").do(*steps, files=files)
    assert ours == by_go
    assert ours[0] == (1 if ours[2] else 0)


@pytest.mark.parametrize("name", ["hello", "two files", "a module with a package", "a panic"])
def test_what_was_built_runs_as_what_go_build_built(slot: SlotOf, name: str) -> None:
    files = PROGRAMS[name]
    sources = [file for file in files if file.endswith(".go")]
    theirs = ["."] if "go.mod" in files else sources
    build = [{"run": [GOBUILD, "-o", "program", sources[0], *sources]}, {"run": ["sh", "-c", GO_BUILD, "sh", *theirs]}]
    _, _, ours, by_go = slot("go").do(*build, {"run": ["./program"]}, {"run": ["./theirs"]}, files=files)
    assert ours == by_go
    assert ours[1] + ours[2]


def test_a_standard_library_program_needs_no_go_build(slot: SlotOf) -> None:
    """`go build` cannot work here: its cache has nowhere to be."""
    command = ["sh", "-c", f"TMPDIR=/workspace PATH=/nowhere {GOBUILD} -o program main.go && ls /workspace"]
    code, listed, said = slot("go").run(*command, files={"main.go": HELLO})
    assert (code, listed, said) == (0, "task\n", "")


def test_a_package_that_is_no_program_is_refused(slot: SlotOf) -> None:
    code, _, said = slot("go").run(GOBUILD, "-o", "program", "main.go", files={"main.go": "package other\n"})
    assert (code, said) == (1, "package command-line-arguments is not a main package\n")


def test_options_take_effect(slot: SlotOf) -> None:
    files = {
        "main.go": "package main\nfunc main() { println(name) }\n",
        "a.go": '//go:build special\n\npackage main\nconst name = "special"\n',
        "b.go": '//go:build !special\n\npackage main\nconst name = "usual"\n',
    }
    command = [GOBUILD, "-o", "program", "-tags=special", *files]
    built, ran = slot("go").do(
        {"run": command}, {"run": ["./program"]}, files={**files, "go.mod": "module x\ngo 1.24\n"}
    )
    assert (built[0], ran) == (0, [0, "", "special\n"])


def test_a_file_for_another_platform_is_left_to_go_build(slot: SlotOf) -> None:
    files = {"main.go": "package main\nfunc main() { f() }\n", "f_windows.go": "package main\nfunc f() { }\n"}
    code, _, said = slot("go").run(GOBUILD, "-o", "program", *files, files={**files, "go.mod": "module x\ngo 1.24\n"})
    assert (code, "undefined: f" in said) == (1, True)


def test_no_task_can_write_to_the_cache(slot: SlotOf) -> None:
    assert slot("go").as_root("find", "/opt/coderunner/go/cache", "-perm", "/222") == ""
