"""What Go with packages does beside what every language does."""

from __future__ import annotations

import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.language import Language
from node.domain.program import program_of
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.conformance.programs import LEISURE
from tests.fakes.node import FakeDelivery

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCE = """package main

import (
\t"fmt"

\tlru "github.com/hashicorp/golang-lru/v2"
\t"github.com/google/uuid"
\t"github.com/pkg/errors"
\t"github.com/stretchr/testify/assert"
\t"github.com/tidwall/gjson"
\t"golang.org/x/exp/constraints"
\t"golang.org/x/text/cases"
\t"golang.org/x/text/language"
\t"gopkg.in/yaml.v3"
)

func smaller[T constraints.Ordered](a, b T) T {
\tif a < b {
\t\treturn a
\t}
\treturn b
}

type told struct{}

func (told) Errorf(format string, arguments ...any) { fmt.Println("told") }

func main() {
\tcache, _ := lru.New[string, int](1)
\tcache.Add("a", 1)
\tcache.Add("b", 2)
\ttext, _ := yaml.Marshal(map[string]int{"a": smaller(1, 2)})
\tfmt.Print(cache.Len(), " ", uuid.Nil.Version(), " ", errors.New("x"), " ", string(text))
\tassert.Equal(told{}, 1, 2)
\tfmt.Println(gjson.Get(`{"a": [1, 2]}`, "a.1"), cases.Title(language.English).String("hello"))
}
"""


async def built_and_run(bench: Workbench, language: Language, *options: str, **files: str) -> Execution:
    sources = [SourceFile(name.replace("_mod", ".mod").replace("_go", ".go"), text) for name, text in files.items()]
    task = a_task("go-batteries", language=language.name, files=sources, limits=some_limits(**LEISURE))
    program = program_of(language, "1", sources, entry_point="main.go", options=options)
    return await bench.execute(Attempt(FakeDelivery(task), "n1", 0.0), program)


@pytest.mark.parametrize("options", [(), ("-tags=some",)], ids=["directly", "by go build"])
async def test_packages_are_compiled_with_the_program(
    bench: Workbench, language: Language, options: tuple[str, ...]
) -> None:
    execution = await built_and_run(bench, language, *options, main_go=SOURCE)
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.stdout == "1 VERSION_0 x a: 1\ntold\n2 Hello\n"


async def test_a_package_that_there_is_not_is_told_as_go_tells_it(bench: Workbench, language: Language) -> None:
    source = 'package main\n\nimport "github.com/none/such"\n\nfunc main() { such.Do() }\n'
    execution = await built_and_run(bench, language, main_go=source)
    assert execution.status is Status.COMPILE_ERROR
    assert execution.compile is not None
    assert 'main.go:3:8: cannot find package "github.com/none/such"' in execution.compile.stderr


async def test_a_module_of_the_programs_is_built_as_ever(bench: Workbench, language: Language) -> None:
    source = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("built") }\n'
    execution = await built_and_run(bench, language, main_go=source, go_mod="module example.com/one\n\ngo 1.24\n")
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.stdout == "built\n"
