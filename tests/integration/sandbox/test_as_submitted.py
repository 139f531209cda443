"""Sources and options as people send them: what the plain tool makes of the clean source is what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer
from tests.integration.plain_image import plain_in_image
from tests.integration.sandbox.languages import AT_LEISURE, DEFAULT, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

PROGRAMS = {
    "bash": 'if true; then\n  cat <<END\ntext\nEND\nfi\ncase "$1" in\n"") echo "none" ;;\nesac\n',
    "c": '#include <stdio.h>\n#define TWO(a) \\\n  puts(a)\nint main(void) {\n  TWO("one\\ntwo");\n}\n',
    "cpp": '#include <cstdio>\n#define TWO(a) \\\n  puts(a)\nint main() {\n  TWO(R"(one\ntwo)");\n}\n',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(`one\ntwo`)\n}\n',
    "java": "public class Main {\n  public static void main(String[] s) {\n"
    '    System.out.println("""\n      a\n      b""");\n  }\n}\n',
    "javascript": "#!/usr/bin/env node\nconsole.log(`one\ntwo`)\n",
    "python": "#!/usr/bin/env python3\nif True:\n    print('''one\ntwo''')\n",
}
"""Of every language: one whose lines go on, and text over more than one line."""
BUILT = {
    "javascript": ["node", "{name}"],
    "c": ["sh", "-c", "gcc {name} -o program && ./program"],
    "cpp": ["sh", "-c", "g++ {name} -o program && ./program"],
    "go": ["sh", "-c", "GOCACHE=/tmp/cache go run {name}"],
    "java": ["java", "-Xint", "{name}"],
}
MARK = "\ufeff"


async def bench_of(engine: PrefixedEngine, name: str) -> Workbench:
    return Workbench(await engine.pool(language(name)), MemoryArtefactStore(), RecordingAnnouncer())


async def executed(bench: Workbench, name: str, files: dict[str, str], options: Sequence[str] = ()) -> Execution:
    sources = [SourceFile(file, content) for file, content in files.items()]
    attempt = Attempt(FakeDelivery(a_task(language=name, files=sources, limits=some_limits(**AT_LEISURE))), "n1", 0.0)
    return await bench.execute(attempt, program_of(language(name), "1", sources, options=options))


@pytest.mark.parametrize("name", DEFAULT)
async def test_a_source_from_windows_runs_as_the_clean_one_with_the_plain_tool(
    engine: PrefixedEngine, name: str
) -> None:
    served, source = language(name), PROGRAMS[name]
    command = BUILT.get(name, [*served.run_command[:-2], "{name}"])
    plain = plain_in_image(
        served.image, {served.source_name: source}, [part.format(name=served.source_name) for part in command]
    )
    assert plain.returncode == 0, plain.stderr
    bench = await bench_of(engine, name)
    for sent in (source.replace("\n", "\r\n"), MARK + source, MARK + source.replace("\n", "\r\n")):
        execution = await executed(bench, name, {served.source_name: sent})
        assert execution.status is Status.SUCCEEDED, execution
        assert execution.run is not None
        assert execution.run.stdout == plain.stdout.decode()


async def test_an_error_in_a_script_from_windows_has_its_own_line(engine: PrefixedEngine) -> None:
    execution = await executed(await bench_of(engine, "bash"), "bash", {"main.sh": MARK + "echo a\r\n\r\nnowhere\r\n"})
    assert [(one.file, one.line) for one in execution.diagnostics] == [("main.sh", 3)]


async def test_data_keeps_its_carriage_returns_and_its_mark(engine: PrefixedEngine) -> None:
    files = {"main.sh": "od -An -tx1 data.csv", "data.csv": MARK + "a\r\n"}
    execution = await executed(await bench_of(engine, "bash"), "bash", files)
    assert execution.run is not None
    assert execution.run.stdout.split() == ["ef", "bb", "bf", "61", "0d", "0a"]


@pytest.mark.parametrize(
    "value",
    [
        '"two words"',
        "two words",
        'R"(a\'b $HOME `x` \\n)"',
        '"semi;colon" "&& more | %s"',
        "$(id)",
        '"x = 1, \u00e4"',
        "",
    ],
)
async def test_a_macro_has_the_value_that_the_plain_compiler_gives_it(engine: PrefixedEngine, value: str) -> None:
    source = (
        "#include <cstdio>\n#define S(x) #x\n#define T(...) S((__VA_ARGS__))\n"
        'int main() { puts(T(NAME)); puts(TWICE("x")); }\n'
    )
    options = [f"-DNAME={value}", "-DTWICE(a)=a a"]
    build = 'g++ "$@" main.cpp -o program && ./program'
    plain = plain_in_image(language("cpp").image, {"main.cpp": source}, ["sh", "-c", build, "sh", *options])
    execution = await executed(await bench_of(engine, "cpp"), "cpp", {"main.cpp": source}, options)
    assert plain.returncode == 0, plain.stderr
    assert execution.run is not None, execution
    assert execution.run.stdout == plain.stdout.decode()
