"""What is compiled, once, and what the compiler says."""

from __future__ import annotations

from node.domain.sandbox import Role
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import COMPILED, RunnerOnFakes


async def test_a_compiled_task_is_compiled_in_a_compile_slot_and_run_in_a_run_slot() -> None:
    fakes = RunnerOnFakes(ScriptedPool(COMPILED, an_outcome()))
    execution = await fakes.handle(FakeDelivery(a_task(language="cpp", files=[SourceFile("", "int main(){}")])))
    assert [role for role, _ in fakes.pool.launches] == [Role.COMPILE, Role.RUN]
    assert fakes.pool.launches[1][1].files == {"program": b"ELF"}
    assert fakes.pool.launches[1][1].executables == {"program"}
    assert execution.compile is not None
    assert execution.compile.stderr == "main.cpp:1: warning"


async def test_the_same_source_is_compiled_once_and_keeps_the_compilers_words() -> None:
    fakes = RunnerOnFakes(ScriptedPool(COMPILED))
    task = a_task(language="cpp", files=[SourceFile("", "int main(){}")])
    await fakes.handle(FakeDelivery(task))
    again = await fakes.handle(FakeDelivery(a_task("t2", language="cpp", files=task.files, stdin="other")))
    assert [role for role, _ in fakes.pool.launches] == [Role.COMPILE, Role.RUN, Role.RUN]
    assert again.compile is not None
    stage = again.compile
    assert stage.stderr == "main.cpp:1: warning"
    assert (stage.wall_ms, stage.cpu_ms, stage.peak_memory_bytes) == (0.0, 0.0, 0)
    assert fakes.pool.launches[2][1].files == {"program": b"ELF"}
    assert [task.cached for task in fakes.log.tasks] == [False, True]


async def test_nobody_learns_from_the_time_of_a_compilation_what_another_client_has_compiled() -> None:
    fakes = RunnerOnFakes(ScriptedPool(COMPILED, an_outcome(), COMPILED))
    files = [SourceFile("", "int main(){}")]
    for number, client in enumerate(("blog", "wiki")):
        await fakes.handle(FakeDelivery(a_task(f"t{number}", language="cpp", files=files, client=client)))
    assert [role for role, _ in fakes.pool.launches] == [Role.COMPILE, Role.RUN] * 2
    assert [task.cached for task in fakes.log.tasks] == [False, False]


async def test_a_compile_error_brings_the_compilers_words_and_runs_nothing() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(exit_code=1, stderr=b"expected ';'")))
    execution = await fakes.handle(FakeDelivery(a_task(language="cpp")))
    assert execution.status is Status.COMPILE_ERROR
    assert execution.compile is not None
    assert execution.compile.stderr == "expected ';'"
    assert execution.run is None
    assert len(fakes.pool.launches) == 1


async def test_a_compiler_that_leaves_nothing_is_a_compile_error() -> None:
    execution = await RunnerOnFakes(ScriptedPool(an_outcome())).handle(FakeDelivery(a_task(language="cpp")))
    assert execution.status is Status.COMPILE_ERROR
    assert "nothing to run" in execution.error
