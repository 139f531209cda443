"""gobuild compiles and links directly where it may, and says what `go build` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
export GODEBUG=goindex=0  # else it fails for packages older than two seconds, which it would index in the image
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


def test_a_package_older_than_two_seconds_is_built_without_an_index_in_the_read_only_cache(slot: SlotOf) -> None:
    """From that age on `go build` keeps an index of a package's files, and fails where it cannot write it."""
    build = [GOBUILD, "-o", "program", "main.go", "main.go", "p/p.go"]
    _, built = slot("go").do({"run": ["sleep", "2.5"]}, {"run": build}, files=PROGRAMS["a module with a package"])
    assert built == [0, "", ""]


@pytest.mark.parametrize("name", ["hello", "two files", "a module with a package", "a panic"])
def test_what_was_built_runs_as_what_go_build_built(slot: SlotOf, name: str) -> None:
    files = PROGRAMS[name]
    sources = [file for file in files if file.endswith(".go")]
    theirs = ["."] if "go.mod" in files else sources
    build = [{"run": [GOBUILD, "-o", "program", sources[0], *sources]}, {"run": ["sh", "-c", GO_BUILD, "sh", *theirs]}]
    _, _, ours, by_go = slot("go").do(*build, {"run": ["./program"]}, {"run": ["./theirs"]}, files=files)
    assert ours == by_go
    assert ours[1] + ours[2]


EXCLUDED = 'package main\n\nfunc init() { println("should not be here") }\n'
FOLDERS: dict[str, dict[str, str]] = {
    "tests beside the program": {
        "main.go": HELLO,
        "main_test.go": 'package main\nimport "testing"\nfunc TestMain(t *testing.T) { t.Fatal() }\n',
        "outer_test.go": "package main_test\n",
    },
    "files for other platforms": {
        "main.go": "package main\nfunc main() { println(name) }\n",
        "name_linux.go": 'package main\nconst name = "linux"\n',
        "name_windows.go": 'package main\nconst name = "windows"\n',
        "name_arm64.go": "package main\nconst name = 64\n",
        "name_linux_arm64.go": "package main\nconst name = 65\n",
        "old.go": '//go:build !linux || (darwin && cgo)\n\npackage main\nconst name = "other"\n',
        "very_new.go": "//go:build go1.99\n\npackage main\nconst name = 1.99\n",
        "with_cgo.go": "//go:build cgo\n\npackage main\nconst name = 0\n",
    },
    "a generator, hidden files": {
        "gen.go": "//go:build ignore\n\n" + EXCLUDED + "func main() { }\n",
        "_old.go": EXCLUDED + "func main() { }\n",
        ".saved.go": EXCLUDED + "func main() { }\n",
        "program.go": HELLO,
    },
    "the order of initialisation": {
        "main.go": "package main\nfunc main() { }\nfunc init() { println(`main`) }\n",
        "z.go": "package main\nfunc init() { println(`z`) }\n",
        "a.go": "package main\nfunc init() { println(`a`) }\n",
    },
    "embedded files": {
        "main.go": 'package main\nimport (\n"embed"\n"fmt"\n)\n//go:embed data/* words.txt\nvar files embed.FS\n'
        "//go:embed words.txt\nvar words string\nfunc main() {\nfmt.Print(words)\n"
        'b, err := files.ReadFile("data/a.json")\nfmt.Println(string(b), err)\n}\n',
        "words.txt": "to be\n",
        "data/a.json": "{}",
        "main_test.go": "package main\n",
    },
    "another folder without a module": {"main.go": HELLO, "other/other.go": "package other\n"},
}
MODULE = "module example.org/it\n\ngo 1.24\n"
MODULES: dict[str, tuple[dict[str, str], str]] = {
    "packages in folders": (
        {
            "go.mod": MODULE,
            "main.go": 'package main\nimport "example.org/it/internal/deep"\nfunc main() { println(deep.Word()) }\n',
            "internal/deep/deep.go": 'package deep\nfunc Word() string { return "deep" + suffix }\n',
            "internal/deep/deep_linux.go": 'package deep\nconst suffix = "!"\n',
            "internal/deep/deep_windows.go": "package deep\nconst suffix = 1\n",
            "internal/deep/deep_test.go": "package deep\nfunc broken( {\n",
        },
        ".",
    ),
    "the program in a folder, named last": (
        {
            "go.mod": MODULE,
            "greet/greet.go": 'package greet\nimport _ "embed"\n//go:embed word.txt\nvar Word string\n',
            "greet/word.txt": "hi",
            "cmd/it/main.go": 'package main\nimport "example.org/it/greet"\nfunc main() { println(greet.Word) }\n',
        },
        "./cmd/it",
    ),
}


def built_and_run(slot: Slot, files: dict[str, str], theirs: str, *given: str) -> list[Any]:
    """The same program by gobuild and by `go build`, each built and run."""
    sources = [file for file in files if file.endswith(".go")]
    by_go = f"printf '{MODULE}' >go.mod; {GO_BUILD}"
    steps = [
        {"run": [GOBUILD, "-o", "program", *given, sources[0], *sources]},
        {"run": ["./program"]},
        {"run": ["sh", "-c", by_go, "sh", *given, theirs]},
        {"run": ["./theirs"]},
    ]
    return slot.do(*steps, files=files)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_built_of_the_files_that_go_build_takes(slot: SlotOf, name: str) -> None:
    ours, our_run, by_go, their_run = built_and_run(slot("go"), FOLDERS[name], ".")
    assert by_go == [0, "", ""]
    assert ours == by_go
    assert our_run == their_run
    assert our_run[0] == 0
    assert our_run[1] + our_run[2]


def test_tags_choose_the_files_of_a_folder(slot: SlotOf) -> None:
    files = {
        "main.go": "package main\nfunc main() { println(name) }\n",
        "a.go": '//go:build special\n\npackage main\nconst name = "special"\n',
        "b.go": '//go:build !special\n\npackage main\nconst name = "usual"\n',
    }
    ours, our_run, by_go, their_run = built_and_run(slot("go"), files, ".", "-tags=other,special")
    assert (ours, our_run) == (by_go, their_run)
    assert our_run == [0, "", "special\n"]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_built_as_go_build_builds_it(slot: SlotOf, name: str) -> None:
    files, theirs = MODULES[name]
    ours, our_run, by_go, their_run = built_and_run(slot("go"), files, theirs)
    assert by_go == [0, "", ""]
    assert ours == by_go
    assert our_run == their_run
    assert our_run[0] == 0
    assert our_run[2]


def test_a_module_may_be_in_a_folder(slot: SlotOf) -> None:
    files, _ = MODULES["packages in folders"]
    nested = {f"it/{file}": text for file, text in files.items()}
    sources = [file for file in nested if file.endswith(".go")]
    built, ran = slot("go").do(
        {"run": [GOBUILD, "-o", "program", sources[0], *sources]}, {"run": ["./program"]}, files=nested
    )
    assert (built, ran) == ([0, "", ""], [0, "", "deep!\n"])


def test_a_file_that_the_rules_leave_out_is_built_where_it_is_the_only_one(slot: SlotOf) -> None:
    """As `go run FILE` does."""
    files = {"gen.go": "//go:build ignore\n\n" + HELLO}
    built, ran = slot("go").do(
        {"run": [GOBUILD, "-o", "program", "gen.go", "gen.go"]}, {"run": ["./program"]}, files=files
    )
    assert (built, ran) == ([0, "", ""], [0, "hello\n", ""])


LEFT_OUT: dict[str, dict[str, str]] = {
    "a generator": {"gen.go": "//go:build ignore\n\n" + HELLO, "main.go": EXCLUDED + "func main() { }\n"},
    "a generator in a module": {
        "tools/gen.go": "//go:build ignore\n\npackage main\n"
        'import "example.org/it/p"\nfunc main() { println(p.Word) }\n',
        "p/p.go": 'package p\nconst Word = "p"\n',
        "main.go": EXCLUDED + "func main() { }\n",
        "go.mod": MODULE,
    },
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_file_that_the_rules_leave_out_is_run_where_it_is_named(slot: SlotOf, name: str) -> None:
    """As `go run FILE` does, which is `go build FILE` and the program."""
    files = LEFT_OUT[name]
    entry, *_ = sources = [file for file in files if file.endswith(".go")]
    built, ran, by_go, their_run = slot("go").do(
        {"run": [GOBUILD, "-o", "program", f"--entry-point={entry}", entry, *sources]},
        {"run": ["./program"]},
        {"run": ["sh", "-c", GO_BUILD, "sh", entry]},
        {"run": ["./theirs"]},
        files=files,
    )
    assert built == by_go == [0, "", ""]
    assert ran == their_run
    assert "should not be here" not in str(ran)


def test_a_test_that_is_named_is_refused_as_go_run_refuses_it(slot: SlotOf) -> None:
    files = {"main_test.go": HELLO, "main.go": HELLO}
    ours, by_go = slot("go").do(
        {"run": [GOBUILD, "-o", "program", "--entry-point=main_test.go", *files]},
        {"run": ["sh", "-c", "GOCACHE=/tmp/cache GOENV=off GOTELEMETRY=off go run main_test.go"]},
        files=files,
    )
    assert ours == by_go
    assert ours[0] == 1


def test_a_file_that_the_rules_leave_out_is_left_out_where_nobody_named_it(slot: SlotOf) -> None:
    files = {"gen.go": "//go:build ignore\n\n" + EXCLUDED + "func main() { }\n", "program.go": HELLO}
    built, ran = slot("go").do(
        {"run": [GOBUILD, "-o", "program", "gen.go", *files]}, {"run": ["./program"]}, files=files
    )
    assert (built, ran) == ([0, "", ""], [0, "hello\n", ""])


def test_a_folder_of_standard_library_programs_needs_no_go_build_either(slot: SlotOf) -> None:
    """`go build` cannot work here: its cache has nowhere to be."""
    files = FOLDERS["tests beside the program"]
    command = ["sh", "-c", f"TMPDIR=/workspace PATH=/nowhere {GOBUILD} -o program *.go && ls /workspace"]
    code, listed, said = slot("go").run(*command, files=files)
    assert (code, listed, said) == (0, "task\n", "")


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
