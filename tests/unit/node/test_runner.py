from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from node.application.runner import Policy, TaskRunner
from node.application.running import RunningTasks
from node.application.workbench import Workbench
from node.domain.retries import MOST_DELIVERIES, after_failure, before_start
from node.domain.rules import CheckMode
from node.domain.sandbox import Ending, Role, SandboxLostError
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.execution import Execution
from schemas.status import Status, Verdict
from schemas.task import Checker, SourceFile
from tests.fakes.node import (
    FakeDelivery,
    FakeLedger,
    MemorySink,
    RecordingAnnouncer,
    RecordingLog,
    ScriptedPool,
    a_case,
    a_task,
    an_outcome,
)

COMPILED = an_outcome(stderr=b"main.cpp:1: warning", artefacts={"program": b"ELF"})


@dataclass
class Bench:
    pool: ScriptedPool
    check_mode: CheckMode = CheckMode.OFF
    sink: MemorySink = field(default_factory=MemorySink)
    announcer: RecordingAnnouncer = field(default_factory=RecordingAnnouncer)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    running: RunningTasks = field(default_factory=RunningTasks)
    log: RecordingLog = field(default_factory=RecordingLog)
    artefacts: MemoryArtefactStore = field(default_factory=MemoryArtefactStore)

    @property
    def runner(self) -> TaskRunner:
        return TaskRunner(
            Policy("n1", max_attempts=3, check_mode=self.check_mode),
            Workbench(self.pool, self.artefacts, self.announcer),
            sink=self.sink,
            announcer=self.announcer,
            ledger=self.ledger,
            running=self.running,
            log=self.log,
            clock=lambda: 1_500.0,
        )

    async def handle(self, delivery: FakeDelivery) -> Execution:
        await self.runner.handle(delivery)
        return self.sink.results[delivery.task.id].execution

    @property
    def statuses(self) -> list[Status]:
        return [event.status for event in self.announcer.events]


async def test_a_task_runs_and_its_result_is_stored_before_it_is_acknowledged() -> None:
    bench = Bench(ScriptedPool(an_outcome(stdout=b"hello\n")))
    delivery = FakeDelivery(a_task(args=["a"], stdin="in", env={"K": "v"}))
    execution = await bench.handle(delivery)
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, "n1", 1)
    assert (execution.language_version, execution.queued_ms, execution.labels) == ("3.13.5", 500.0, {"post": "7"})
    assert execution.run is not None
    assert execution.run.stdout == "hello\n"
    role, launch = bench.pool.launches[0]
    assert (role, launch.command, launch.stdin, launch.env) == (
        Role.RUN,
        ("python3", "main.py", "a"),
        b"in",
        {"K": "v"},
    )
    assert delivery.said == ["done"]
    assert bench.statuses == [Status.RUNNING, Status.SUCCEEDED]
    assert bench.log.tasks[0].stored


async def test_a_result_that_is_there_already_still_means_done() -> None:
    bench = Bench(ScriptedPool())
    await bench.handle(FakeDelivery(a_task()))
    late = FakeDelivery(a_task())
    await bench.runner.handle(late)
    assert late.said == ["done"]
    assert bench.statuses == [Status.RUNNING, Status.SUCCEEDED, Status.RUNNING]
    assert not bench.log.tasks[1].stored


async def test_a_result_that_cannot_be_stored_is_never_acknowledged() -> None:
    bench = Bench(ScriptedPool())
    bench.sink.error = TimeoutError("the bus is away")
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == []
    assert bench.log.troubles[0][:2] == ("task left unacknowledged", "t1")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (an_outcome(exit_code=3), Status.FAILED),
        (an_outcome(Ending.WALL, None, stdout=b"partial"), Status.TIME_LIMIT),
        (an_outcome(Ending.MEMORY, None), Status.MEMORY_LIMIT),
    ],
)
async def test_what_the_program_did_is_a_result(outcome: object, status: Status) -> None:
    delivery = FakeDelivery(a_task())
    execution = await Bench(ScriptedPool(outcome)).handle(delivery)  # type: ignore[arg-type] # an Outcome
    assert execution.status is status
    assert delivery.said == ["done"]


async def test_a_compiled_task_is_compiled_in_a_compile_slot_and_run_in_a_run_slot() -> None:
    bench = Bench(ScriptedPool(COMPILED, an_outcome()))
    execution = await bench.handle(FakeDelivery(a_task(language="cpp", files=[SourceFile("", "int main(){}")])))
    assert [role for role, _ in bench.pool.launches] == [Role.COMPILE, Role.RUN]
    assert bench.pool.launches[1][1].files == {"program": b"ELF"}
    assert bench.pool.launches[1][1].executables == {"program"}
    assert execution.compile is not None
    assert execution.compile.stderr == "main.cpp:1: warning"


async def test_the_same_source_is_compiled_once_and_keeps_the_compilers_words() -> None:
    bench = Bench(ScriptedPool(COMPILED))
    task = a_task(language="cpp", files=[SourceFile("", "int main(){}")])
    await bench.handle(FakeDelivery(task))
    again = await bench.handle(FakeDelivery(a_task("t2", language="cpp", files=task.files, stdin="other")))
    assert [role for role, _ in bench.pool.launches] == [Role.COMPILE, Role.RUN, Role.RUN]
    assert again.compile is not None
    assert (again.compile.stderr, again.compile.cpu_ms) == ("main.cpp:1: warning", 0.0)
    assert [task.cached for task in bench.log.tasks] == [False, True]


async def test_a_compile_error_brings_the_compilers_words_and_runs_nothing() -> None:
    bench = Bench(ScriptedPool(an_outcome(exit_code=1, stderr=b"expected ';'")))
    execution = await bench.handle(FakeDelivery(a_task(language="cpp")))
    assert execution.status is Status.COMPILE_ERROR
    assert execution.compile is not None
    assert execution.compile.stderr == "expected ';'"
    assert execution.run is None
    assert len(bench.pool.launches) == 1


async def test_a_compiler_that_leaves_nothing_is_a_compile_error() -> None:
    execution = await Bench(ScriptedPool(an_outcome())).handle(FakeDelivery(a_task(language="cpp")))
    assert execution.status is Status.COMPILE_ERROR
    assert "nothing to run" in execution.error


async def test_a_rule_rejects_with_its_id_and_line_and_nothing_runs() -> None:
    bench = Bench(ScriptedPool(), CheckMode.REJECT)
    execution = await bench.handle(FakeDelivery(a_task(files=[SourceFile("", "x=1\nexec('')")])))
    assert execution.status is Status.REJECTED
    assert execution.error == "main.py:2: exec is not for here [no-exec]"
    assert bench.pool.launches == []
    assert bench.statuses == [Status.REJECTED]


async def test_a_rule_that_only_warns_lets_the_task_run() -> None:
    execution = await Bench(ScriptedPool(), CheckMode.WARN).handle(
        FakeDelivery(a_task(files=[SourceFile("", "exec('')")]))
    )
    assert execution.status is Status.SUCCEEDED
    assert execution.warnings == ["main.py:1: exec is not for here [no-exec]"]


@pytest.mark.parametrize(
    "changes",
    [{"language": "cpp", "compile_options": ["-fplugin=x"]}, {"entry_point": "nowhere.py"}],
)
async def test_an_option_or_entry_that_cannot_be_is_rejected(changes: dict[str, object]) -> None:
    bench = Bench(ScriptedPool())
    assert (await bench.handle(FakeDelivery(a_task(**changes)))).status is Status.REJECTED
    assert bench.pool.launches == []


async def test_a_task_past_its_deadline_expires_unstarted() -> None:
    bench = Bench(ScriptedPool())
    execution = await bench.handle(FakeDelivery(a_task(expires_at_ms=1_400)))
    assert execution.status is Status.EXPIRED
    assert bench.pool.launches == []


@pytest.mark.parametrize("changes", [{"language": "cobol"}, {"language_version": "2"}, {"language_version": "3.1"}])
async def test_a_task_for_another_node_is_handed_back(changes: dict[str, object]) -> None:
    delivery = FakeDelivery(a_task(**changes))
    await Bench(ScriptedPool()).runner.handle(delivery)
    assert delivery.said == ["retry_in 0.25"]


async def test_a_version_may_be_a_prefix_by_parts_and_a_language_an_alias() -> None:
    execution = await Bench(ScriptedPool()).handle(FakeDelivery(a_task(language="py", language_version="3.13")))
    assert (execution.language, execution.status) == ("python", Status.SUCCEEDED)


async def test_a_task_that_nobody_serves_is_given_up_in_the_end() -> None:
    delivery = FakeDelivery(a_task(language="cobol"), attempt=MOST_DELIVERIES)
    execution = await Bench(ScriptedPool()).handle(delivery)
    assert execution.status is Status.INTERNAL_ERROR
    assert "does not run cobol" in execution.error


async def test_a_lost_sandbox_hands_the_task_back_at_once() -> None:
    bench = Bench(ScriptedPool(SandboxLostError("agent gone")))
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert bench.sink.results == {}
    assert bench.pool.open_slots == 0


async def test_a_task_that_found_no_slot_was_never_begun_and_is_no_poison() -> None:
    pool = ScriptedPool()
    pool.no_slot = SandboxLostError("the engine is away")
    bench = Bench(pool, ledger=FakeLedger(0))
    delivery = FakeDelivery(a_task(), attempt=7)
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 1.75"]
    assert bench.statuses == []


def test_pauses_grow_and_are_bounded() -> None:
    assert [before_start(deliveries) for deliveries in (1, 2, 100)] == [0.25, 0.5, 5.0]
    assert [after_failure(attempt) for attempt in (1, 2, 3)] == [0.0, 3.0, 3.0]


async def test_a_task_that_lost_its_sandbox_for_the_last_time_is_buried_with_a_result() -> None:
    bench = Bench(ScriptedPool(SandboxLostError("agent gone")), ledger=FakeLedger(2))
    delivery = FakeDelivery(a_task(), attempt=3)
    execution = await bench.handle(delivery)
    assert (execution.status, execution.attempt) == (Status.INTERNAL_ERROR, 3)
    assert execution.error == "gave up at attempt 3, delivery 3: the sandbox was lost: agent gone"
    assert delivery.said == [f"bury poison: {execution.error}"]


async def test_a_task_that_killed_its_nodes_is_buried_without_another_start() -> None:
    bench = Bench(ScriptedPool(), ledger=FakeLedger(3))
    execution = await bench.handle(FakeDelivery(a_task(), attempt=4))
    assert execution.status is Status.INTERNAL_ERROR
    assert bench.pool.launches == []


async def test_hand_backs_do_not_count_as_attempts() -> None:
    bench = Bench(ScriptedPool(), ledger=FakeLedger(0))
    execution = await bench.handle(FakeDelivery(a_task(), attempt=9))
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)


async def test_where_the_ledger_is_silent_deliveries_count() -> None:
    bench = Bench(ScriptedPool())
    bench.ledger.error = TimeoutError("no answer")
    assert (await bench.handle(FakeDelivery(a_task(), attempt=2))).attempt == 2


async def test_a_failure_of_ours_is_tried_again_and_never_stops_the_slot() -> None:
    bench = Bench(ScriptedPool(RuntimeError("a bug")))
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert bench.log.troubles[0] == ("task failed on us", "t1", "a bug")


async def test_a_cancelled_task_keeps_its_partial_output() -> None:
    bench = Bench(ScriptedPool())
    bench.pool.hold = True
    bench.pool.says = b"so far"
    delivery = FakeDelivery(a_task())
    handling = asyncio.create_task(bench.runner.handle(delivery))
    await bench.pool.started.wait()
    running = bench.running.get("t1")
    assert running is not None
    await running.cancel()
    await handling
    execution = bench.sink.results["t1"].execution
    assert execution.status is Status.CANCELLED
    assert execution.run is not None
    assert execution.run.stdout == "so far"
    assert delivery.said == ["done"]
    assert len(bench.running) == 0


async def test_a_task_cancelled_before_its_launch_starts_nothing() -> None:
    bench = Bench(ScriptedPool())
    delivery = FakeDelivery(a_task())
    running = bench.running.enter(delivery)
    await running.cancel()
    outcome = await running.run(None, None, None)  # type: ignore[arg-type] # nothing may be touched
    assert outcome.ending is Ending.CANCELLED


async def test_a_stopped_slot_hands_its_task_back() -> None:
    bench = Bench(ScriptedPool())
    bench.pool.hold = True
    delivery = FakeDelivery(a_task())
    handling = asyncio.create_task(bench.runner.handle(delivery))
    await bench.pool.started.wait()
    handling.cancel()
    await asyncio.wait({handling})
    assert handling.cancelled()
    assert delivery.said == ["retry_in 0"]
    assert bench.pool.open_slots == 0


async def test_a_task_that_comes_again_while_it_runs_here_is_run_once() -> None:
    bench = Bench(ScriptedPool())
    bench.pool.hold = True
    handling = asyncio.create_task(bench.runner.handle(FakeDelivery(a_task())))
    await bench.pool.started.wait()
    again = FakeDelivery(a_task(), attempt=2)
    await bench.runner.handle(again)
    assert again.said == []
    assert len(bench.pool.launches) == 1
    handling.cancel()
    await asyncio.wait({handling})


async def test_running_tasks_are_kept_alive() -> None:
    bench = Bench(ScriptedPool())
    delivery = FakeDelivery(a_task())
    bench.running.enter(delivery)
    await bench.running.keep_alive()
    assert delivery.said == ["keep_alive"]


async def test_cases_share_one_slot_and_each_has_its_verdict() -> None:
    bench = Bench(
        ScriptedPool(
            an_outcome(stdout=b"2"), an_outcome(stdout=b"5"), an_outcome(exit_code=1), an_outcome(Ending.CPU, None)
        )
    )
    cases = [a_case("one", stdin="1", expected="2"), a_case(expected="4"), a_case(), a_case()]
    execution = await bench.handle(FakeDelivery(a_task(cases=cases)))
    verdicts = [(case.name, case.verdict) for case in execution.cases]
    assert verdicts == [
        ("one", Verdict.ACCEPTED),
        ("2", Verdict.WRONG_ANSWER),
        ("3", Verdict.RUNTIME_ERROR),
        ("4", Verdict.TIME_LIMIT),
    ]
    assert execution.status is Status.FAILED
    assert execution.run is None
    assert len(bench.pool.slots) == 1
    assert bench.pool.launches[0][1].stdin == b"1"


async def test_the_first_failure_may_skip_the_rest() -> None:
    bench = Bench(ScriptedPool(an_outcome(stdout=b"x")))
    cases = [a_case(expected="y"), a_case(expected="x")]
    execution = await bench.handle(FakeDelivery(a_task(cases=cases, stop_at_first_failure=True)))
    assert [case.verdict for case in execution.cases] == [Verdict.WRONG_ANSWER, Verdict.SKIPPED]
    assert execution.cases[1].stage is None
    assert len(bench.pool.launches) == 1


async def test_a_checker_is_built_once_and_sees_input_output_and_expected() -> None:
    bench = Bench(
        ScriptedPool(
            COMPILED,
            an_outcome(stdout=b"4"),
            an_outcome(stdout=b"fine"),
            an_outcome(stdout=b"5"),
            an_outcome(exit_code=1, stdout=b"odd"),
        )
    )
    checker = Checker(language="cpp", language_version="", files=[SourceFile("", "int main(){}")])
    cases = [a_case(stdin="2", expected="e"), a_case(stdin="3")]
    execution = await bench.handle(FakeDelivery(a_task(cases=cases, checker=checker)))
    assert [(case.verdict, case.checker_output) for case in execution.cases] == [
        (Verdict.ACCEPTED, "fine"),
        (Verdict.WRONG_ANSWER, "odd"),
    ]
    files = bench.pool.launches[2][1].files
    assert (files["input"], files["output"], files["expected"], files["program"]) == (b"2", b"4", b"e", b"ELF")


async def test_no_slot_is_held_while_a_checkers_slot_is_waited_for() -> None:
    pool = ScriptedPool(an_outcome(stdout=b"4"), an_outcome())
    bench = Bench(pool)
    held: list[int] = []
    original = pool.slot

    def counting(*arguments: object) -> object:
        held.append(pool.open_slots)
        return original(*arguments)  # type: ignore[arg-type] # passed on as they came

    pool.slot = counting  # type: ignore[method-assign,assignment] # watches, changes nothing
    checker = Checker(language="python", language_version="", files=[SourceFile("", "")])
    await bench.handle(FakeDelivery(a_task(cases=[a_case()], checker=checker)))
    assert held == [0, 0]


async def test_a_checker_that_does_not_compile_is_not_the_programs_fault() -> None:
    bench = Bench(ScriptedPool(an_outcome(exit_code=1, stderr=b"oops")))
    checker = Checker(language="cpp", language_version="", files=[SourceFile("", "")])
    execution = await bench.handle(FakeDelivery(a_task(cases=[a_case(), a_case("b")], checker=checker)))
    assert (execution.status, execution.error) == (Status.FAILED, "the checker does not compile")
    assert execution.compile is None, "Python has none"
    told = [(case.name, case.verdict, case.stage, case.checker_output) for case in execution.cases]
    assert told == [("1", Verdict.CHECKER_ERROR, None, "oops"), ("b", Verdict.CHECKER_ERROR, None, "oops")]


async def test_a_task_cancelled_between_its_cases_keeps_what_was_judged() -> None:
    bench = Bench(ScriptedPool())
    bench.pool.hold = True
    bench.pool.says = b"half"
    handling = asyncio.create_task(bench.runner.handle(FakeDelivery(a_task(cases=[a_case(), a_case()]))))
    await bench.pool.started.wait()
    running = bench.running.get("t1")
    assert running is not None
    await running.cancel()
    await handling
    execution = bench.sink.results["t1"].execution
    assert execution.status is Status.CANCELLED
    assert [case.verdict for case in execution.cases] == [Verdict.SKIPPED, Verdict.SKIPPED]
    assert execution.cases[0].stage is not None
    assert execution.cases[0].stage.stdout == "half"
