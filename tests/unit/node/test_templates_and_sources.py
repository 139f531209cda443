from __future__ import annotations

from dataclasses import replace

import pytest

from node.domain.language import Warm
from node.domain.program import (
    OptionRefusedError,
    artefact_key,
    compile_launch,
    program_of,
    run_launch,
    runnable_as_submitted,
    runnable_of_artefacts,
)
from node.domain.sandbox import Role
from node.domain.sources import UnusableSourceError, entry_of, matching, usual_name
from node.domain.template import expand
from schemas.task import SourceFile
from tests.builders import CPP, LIMITS, PYTHON

JAVA = replace(PYTHON, name="java", source_name="Main.java", source_name_pattern=r"^\s*public\s+class\s+(\w+)")


def test_an_element_that_is_a_placeholder_becomes_several_or_none() -> None:
    assert expand(["run", "{args}", "end"], {"args": ("a", "b c")}) == ("run", "a", "b c", "end")
    assert expand(["run", "{args}"], {"args": ()}) == ("run",)


def test_what_was_put_in_is_not_expanded_again() -> None:
    assert expand(["{entry}", "{args}"], {"entry": "{args}", "args": ["{entry}"]}) == ("{args}", "{entry}")


def test_text_fits_inside_an_element_and_a_list_does_not() -> None:
    assert expand(["-o={entry_stem}.out"], {"entry_stem": "main"}) == ("-o=main.out",)
    with pytest.raises(ValueError, match="stand alone"):
        expand(["-x={args}"], {"args": ["a"]})
    with pytest.raises(ValueError, match="no value"):
        expand(["{sources}"], {})


def test_other_braces_stay() -> None:
    assert expand(["awk", "{print $1}", "{}"], {}) == ("awk", "{print $1}", "{}")


def test_a_file_without_a_name_takes_the_usual_one_or_the_declared_one() -> None:
    assert usual_name(PYTHON, "print(1)") == "main.py"
    assert usual_name(JAVA, "import x;\npublic class Hello {}") == "Hello.java"
    assert usual_name(JAVA, "class Hidden {}") == "Main.java"


def test_a_declared_name_that_is_a_path_is_not_taken() -> None:
    greedy = replace(JAVA, source_name_pattern=r"name: (.*)")
    assert usual_name(greedy, "name: ../../etc/passwd") == "Main.java"


@pytest.mark.parametrize(
    ("files", "asked", "entry"),
    [
        ({"b.py": "", "a.py": ""}, "a.py", "a.py"),
        ({"b.py": "", "main.py": ""}, "", "main.py"),
        ({"data.txt": "", "b.py": ""}, "", "b.py"),
        ({"data.txt": ""}, "", "data.txt"),
    ],
)
def test_the_entry_is_what_was_asked_for_or_what_looks_most_like_it(
    files: dict[str, str], asked: str, entry: str
) -> None:
    assert entry_of(PYTHON, files, asked) == entry


def test_an_entry_point_that_was_not_submitted_is_unusable() -> None:
    with pytest.raises(UnusableSourceError, match="not among"):
        entry_of(PYTHON, {"a.py": ""}, "b.py")
    with pytest.raises(UnusableSourceError):
        entry_of(PYTHON, {}, "")


def test_sources_match_by_path_or_last_part() -> None:
    assert matching(["src/a.cpp", "b.cpp", "c.h"], ["*.cpp"]) == ["src/a.cpp", "b.cpp"]
    assert matching(["src/a.cpp", "a.cpp"], ["src/*.cpp"]) == ["src/a.cpp"]
    assert matching(["src/a.cpp", "b.cpp"], ["a.cpp"]) == ["src/a.cpp"]


def test_a_file_name_is_never_taken_for_an_option() -> None:
    program = program_of(PYTHON, "3", [SourceFile("-c", "x")])
    launch = run_launch(runnable_as_submitted(program), stdin="", args=["-v"], limits=LIMITS)
    assert launch.command == ("python3", "./-c", "-v")


def test_a_command_may_name_the_entry_without_its_extension() -> None:
    java = replace(JAVA, run_command=("java", "{entry_stem}", "{args}"))
    program = program_of(java, "21", [SourceFile("src/Main.java", "x")])
    assert run_launch(runnable_as_submitted(program), stdin="", args=["a"], limits=LIMITS).command == (
        "java",
        "src/Main",
        "a",
    )


def test_the_runtime_gets_the_compile_options_that_are_its_own_too() -> None:
    java = replace(JAVA, run_command=("java", "{options}", "{entry_stem}"), run_options=("--enable-.*",))
    program = replace(
        program_of(java, "21", [SourceFile("Main.java", "x")]), options=("-g", "--enable-preview", "x--enable-x")
    )
    launch = run_launch(runnable_as_submitted(program), stdin="", args=[], limits=LIMITS)
    assert launch.command == ("java", "--enable-preview", "Main")


def test_the_compiler_gets_sources_and_options_and_the_run_slot_gets_artefacts_and_data() -> None:
    files = [SourceFile("main.cpp", "int main(){}"), SourceFile("words.txt", "a b")]
    program = program_of(CPP, "14", files, options=["-O3"])
    assert CPP.compile is not None
    launch = compile_launch(program, CPP.compile)
    assert launch.command == ("g++", "-O3", "-o", "program", "main.cpp")
    crossed = runnable_of_artefacts(program, CPP.compile, {"program": b"ELF"})
    assert crossed.files == {"words.txt": b"a b", "program": b"ELF"}
    assert crossed.executables == {"program"}


def test_an_option_that_matches_only_in_part_is_refused() -> None:
    with pytest.raises(OptionRefusedError, match="-O2x"):
        program_of(CPP, "14", [SourceFile("", "x")], options=["-O2x"])
    with pytest.raises(OptionRefusedError, match="-Wfirst"):
        program_of(CPP, "14", [SourceFile("", "x")], options=["-O2", "-Wfirst", "-Wsecond"])
    with pytest.raises(OptionRefusedError):
        program_of(PYTHON, "3", [SourceFile("", "x")], options=["-O"])


def test_the_build_key_changes_with_everything_that_goes_in() -> None:
    assert CPP.compile is not None
    base = program_of(CPP, "14", [SourceFile("a.cpp", "1"), SourceFile("b.h", "2")])
    variants = [
        base,
        replace(base, version="15"),
        replace(base, options=("-O0",)),
        replace(base, files={"a.cpp": "1", "b.h": "3"}),
        replace(base, files={"a.cpp": "1", "c.h": "2"}),
        replace(base, files={"a.cpp": "12", "b.h": ""}),
        replace(base, language=replace(CPP, image="cpp:2")),
        replace(base, compile_env={"CLASSPATH": "/packages/x"}),
        replace(base, links={"node_modules": "/packages/x"}),
        replace(base, language=replace(CPP, compile=replace(CPP.compile, env={"X": "1"}))),
        replace(base, language=replace(CPP, compile=replace(CPP.compile, command=("clang++", "{sources}")))),
    ]
    launches = [compile_launch(one, one.language.compile or CPP.compile) for one in variants]
    keys = [artefact_key(one, launch, "blog", "d") for one, launch in zip(variants, launches, strict=True)]
    assert len(set(keys)) == len(variants)
    assert keys[0] == artefact_key(base, launches[0], "blog", "d")
    assert keys[0] != artefact_key(base, launches[0], "wiki", "d")
    assert keys[0] != artefact_key(base, launches[0], "blog", "e")


def test_a_task_with_its_own_environment_starts_cold_where_the_waiting_process_has_a_fixed_one() -> None:
    jvm = replace(JAVA, warm=Warm("prestart", ("java",), env_at_start=True))
    for env, warm in (({}, True), ({"A": "1"}, False)):
        program = program_of(jvm, "21", [SourceFile("", "x")], env=env)
        assert run_launch(runnable_as_submitted(program), stdin="", args=[], limits=LIMITS).warm is warm


def test_what_waits_in_a_slot_is_the_role_s_own() -> None:
    run, build = Warm("prestart", ("java",)), Warm("zygote", ("javac",))
    assert CPP.compile is not None
    both = replace(CPP, warm=run, compile=replace(CPP.compile, warm=build))
    assert (both.warm_for(Role.RUN), both.warm_for(Role.COMPILE)) == (run, build)
    assert replace(PYTHON, warm=run).warm_for(Role.COMPILE) is None


def test_only_sources_lose_what_the_language_cannot_take_and_their_lines_keep_their_numbers() -> None:
    shell = replace(PYTHON, source_name="main.fish", extensions=(".fish",), normalise=("bom", "crlf"))
    sent = "\ufeffa\r\n\r\nb\rc\n"
    files = [SourceFile("x.fish", sent), SourceFile("data", sent), SourceFile("", sent)]
    assert program_of(shell, "1", files).files == {
        "x.fish": "a\n\nb\rc\n",
        "data": sent,
        "main.fish": "a\n\nb\rc\n",
    }
    assert program_of(shell, "1", files, entry_point="data").files["data"] == "a\n\nb\rc\n"
    assert program_of(PYTHON, "1", files[:1], entry_point="x.fish").files == {"x.fish": sent}


def test_a_class_behind_a_byte_order_mark_names_its_file() -> None:
    java = replace(JAVA, normalise=("bom",))
    assert program_of(java, "1", [SourceFile("", "\ufeffpublic class Hello {}")]).entry == "Hello.java"


@pytest.mark.parametrize(("named", "told"), [("gen.go", ("--entry-point=gen.go",)), ("", ())])
def test_a_compiler_learns_whether_the_task_named_its_entry(named: str, told: tuple[str, ...]) -> None:
    assert CPP.compile is not None
    stage = replace(CPP.compile, command=("build", "{entry_point}"))
    program = program_of(CPP, "1", [SourceFile("gen.go", "")], entry_point=named)
    assert compile_launch(program, stage).command == ("build", *told)
