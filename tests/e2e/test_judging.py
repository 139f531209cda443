"""Tasks with cases, from the client through gateway, bus and node to containers and back."""

from __future__ import annotations

import os

import pytest

from coderunner import Client, Comparison, InvalidTask, Limits, Output, Task, TestCase
from coderunner.status import Status
from tests.e2e.judged import MIB, OBEDIENT, out, verdicts

EPS = Comparison("FLOAT", 0.01)
ECHO = {
    "python": "import sys\nsys.stdout.write(sys.stdin.read())\n",
    "cpp": "#include <iostream>\nint main() { std::cout << std::cin.rdbuf(); }\n",
}
COMPARED = [
    (Comparison("EXACT"), "1 2\n", "1 2\n", True),
    (Comparison("EXACT"), "1 2\n", "1 2", False),
    (Comparison("TRIMMED"), "1 2  \r\n\n", "1 2", True),
    (Comparison("TRIMMED"), " 1 2", "1 2", False),
    (Comparison("TOKENS"), "1\t 2\n3\n", "1 2 3", True),
    (Comparison("TOKENS"), "12 3", "1 23", False),
    (EPS, "x 3.145\n2e3", "x 3.1416 2000.001", True),
    (EPS, "x 3.16", "x 3.1416", True),
    (EPS, "x 3.2", "x 3.1416", False),
    (EPS, "y 3.1416", "x 3.1416", False),
    (Comparison("FLOAT"), "0.3333333", "0.33333334", True),
    (Comparison("FLOAT"), "0.33333", "0.33334", False),
]
"""What is printed, what is expected, whether that will do."""


@pytest.mark.parametrize("language", ["python", "cpp"])
async def test_each_comparison_accepts_what_it_should_and_nothing_else(client: Client, language: str) -> None:
    cases = [
        TestCase(stdin=printed, expected_output=expected, comparison=comparison)
        for comparison, printed, expected, _ in COMPARED
    ]
    execution = await client.run(language, ECHO[language], cases=cases)
    assert verdicts(execution) == ["ACCEPTED" if accepted else "WRONG_ANSWER" for *_, accepted in COMPARED]
    assert [out(case) for case in execution.cases] == [printed for _, printed, *_ in COMPARED]
    assert [case.name for case in execution.cases] == [str(number) for number in range(1, len(COMPARED) + 1)]
    assert (execution.status, execution.run, execution.attempt) == (Status.FAILED, None, 1)


STAMPED = """
#include <chrono>
#include <iostream>
#include <thread>
#warning told once
int main() {
    std::cout << __TIME__ << std::endl;
    std::this_thread::sleep_for(std::chrono::milliseconds(1050));
}
"""


async def test_a_program_is_compiled_once_for_all_its_cases(client: Client) -> None:
    """Compiled again for another case, it would print another second."""
    heard: list[Output] = []
    execution = await client.run("cpp", STAMPED, cases=[TestCase(), TestCase(), TestCase()], on_output=heard.append)
    stamps = [out(case) for case in execution.cases]
    assert len(set(stamps)) == 1, stamps
    assert execution.compile is not None
    assert execution.compile.stderr.count("told once") == 2, "the warning, and the line that it shows"
    assert "".join(one.text for one in heard if one.stage == "compile") == execution.compile.stderr
    again = await client.run("cpp", STAMPED, cases=[TestCase()])
    assert out(again.cases[0]) == stamps[0], "kept by the hash of what went into it"


async def test_a_program_that_does_not_compile_has_no_cases(client: Client) -> None:
    execution = await client.run("cpp", "int main() { return x; }", cases=[TestCase(), TestCase()])
    assert (execution.status, execution.cases) == (Status.COMPILE_ERROR, ())
    assert execution.compile is not None
    assert "was not declared" in execution.compile.stderr


@pytest.mark.parametrize("language", ["python", "cpp"])
async def test_after_the_first_failure_the_rest_is_skipped_if_that_was_asked_for(client: Client, language: str) -> None:
    cases = [TestCase(stdin=text, expected_output="yes") for text in ("yes", "no", "yes", "yes")]
    whole = await client.run(language, ECHO[language], cases=cases)
    assert verdicts(whole) == ["ACCEPTED", "WRONG_ANSWER", "ACCEPTED", "ACCEPTED"]
    stopped = await client.run(language, ECHO[language], cases=cases, stop_at_first_failure=True)
    assert verdicts(stopped) == ["ACCEPTED", "WRONG_ANSWER", "SKIPPED", "SKIPPED"]
    assert [case.stage for case in stopped.cases[2:]] == [None, None]
    assert (stopped.status, whole.status) == (Status.FAILED, Status.FAILED)


ENDINGS = [
    ("pass", Limits(), "ACCEPTED", ""),
    ("print('so far', flush=True); time.sleep(60)", Limits(wall_ms=300), "TIME_LIMIT", "wall"),
    ("pass", Limits(), "ACCEPTED", ""),
    ("os.fork()\nwhile True: pass".replace("\n", "; exec('") + "')", Limits(cpu_ms=400), "TIME_LIMIT", "cpu"),
    ("take(100)", Limits(memory_bytes=64 * MIB), "MEMORY_LIMIT", "memory"),
    ("take(100)", Limits(), "ACCEPTED", ""),
    ("take(400)", Limits(memory_bytes=512 * MIB), "ACCEPTED", ""),
    ("take(400)", Limits(), "MEMORY_LIMIT", "memory"),
    ("take(400)", Limits(), "MEMORY_LIMIT", "memory"),
    ("print('x' * 2000)", Limits(output_bytes=1000), "OUTPUT_LIMIT", "output"),
    ("sys.exit(3)", Limits(), "RUNTIME_ERROR", ""),
    ("os.abort()", Limits(), "RUNTIME_ERROR", ""),
    ("pass", Limits(), "ACCEPTED", ""),
]
"""What a case asks of the program, its own limits, its verdict, the limit that is told."""


async def test_every_case_has_limits_of_its_own_and_the_next_one_runs_as_if_nothing_had_been(client: Client) -> None:
    cases = [TestCase(stdin=wish + "\n", expected_output="done", limits=limits) for wish, limits, *_ in ENDINGS]
    execution = await client.run("python", OBEDIENT, cases=cases)
    assert verdicts(execution) == [verdict for *_, verdict, _ in ENDINGS]
    stages = [case.stage for case in execution.cases]
    for stage, (wish, _, _, limit) in zip(stages, ENDINGS, strict=True):
        assert stage is not None
        assert not limit or limit in stage.limits_hit, (wish, stage)
    assert (out(execution.cases[1]), len(out(execution.cases[9]))) == ("so far\n", 1000)
    codes = [(stage and stage.exit_code, stage and stage.signal) for stage in stages[-3:]]
    assert codes == [(3, None), (None, 6), (0, None)]
    assert execution.attempt == 1


LITTER = """
import os, sys, time
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/workspace", os.getcwd())
print(os.getuid())
print(sorted(name for place in PLACES for name in os.listdir(place) if name != os.path.basename(os.getcwd())))
print(len([name for name in os.listdir("/proc") if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid()]))
print(open(__file__).read() == open(0).read())
for place in PLACES:
    open(f"{place}/left", "w").write("the answer")
open(__file__, "a").write("print('more')")
if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(0.01)
        os.write(1, b"x")
"""


async def test_a_case_finds_nothing_of_the_one_before_it(client: Client) -> None:
    execution = await client.run("python", LITTER, cases=[TestCase(stdin=LITTER)] * 4)
    said = [out(case).split("\n") for case in execution.cases]
    slots = {uid for uid, *_ in said}
    assert len(slots) == 1, "one slot for all of them"
    for _, files, processes, unchanged, *_ in said:
        assert (files, processes, unchanged) == ("['main.py']", "1", "True")


REPLACED = """
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
int main(int, char** argv) {
    puts("the program");
    fflush(stdout);
    return system("rm -f program main.cpp && printf '#!/bin/sh\\necho not the program' > program && chmod +x program");
}
"""


async def test_a_program_cannot_put_another_in_its_place(client: Client) -> None:
    execution = await client.run("cpp", REPLACED, cases=[TestCase(expected_output="the program")] * 3)
    assert verdicts(execution) == ["ACCEPTED"] * 3


WORKS = [
    ("kept = take(2)\nwhile time.process_time() < 0.4: pass", 350, 300, 2),
    ("kept = take(3)\ntime.sleep(0.4)", 0, 400, 3),
    ("take(100)", 0, 0, 100),
    ("pass", 0, 0, 0),
]
"""What a case asks for; at least so many ms of processor time, ms of wall time, MiB."""
KERNEL_STEP_BYTES = 64 * 4096 * (os.cpu_count() or 1)
"""By so much the kernel's account of memory may be off: on each core it charges up to 64 pages before they are used."""


async def test_usage_is_each_cases_own(client: Client) -> None:
    cases = [TestCase(stdin=f"exec({wish!r})\n", expected_output="done") for wish, *_ in WORKS]
    execution = await client.run("python", OBEDIENT, cases=cases)
    assert verdicts(execution) == ["ACCEPTED"] * 4
    for case, (_, cpu_ms, wall_ms, mib) in zip(execution.cases, WORKS, strict=True):
        stage = case.stage
        assert stage is not None
        assert cpu_ms <= stage.cpu_ms < cpu_ms + 250, case
        assert wall_ms <= stage.wall_ms < wall_ms + 5_000, case
        assert mib * MIB - KERNEL_STEP_BYTES <= stage.peak_memory_bytes < (mib + 40) * MIB, case


async def test_arguments_are_the_cases_and_the_environment_is_the_tasks(client: Client) -> None:
    source = "import os, sys\nprint(sys.argv[1:], os.environ['K'], sys.stdin.read())"
    cases = [
        TestCase(name="first", args=["a", "b c"], stdin="in"),
        TestCase(name="first", args=["-x; id"]),
        TestCase(stdin="é\0\n"),
    ]
    execution = await client.run("python", source, cases=cases, env={"K": "V"}, args=["not used"], stdin="not used")
    assert [case.name for case in execution.cases] == ["first", "first", "3"]
    assert [out(case) for case in execution.cases] == ["['a', 'b c'] V in\n", "['-x; id'] V \n", "[] V é\0\n\n"]


async def test_what_is_not_text_equals_no_text(client: Client) -> None:
    source = "import sys\nsys.stdout.buffer.write(b'a\\xff\\n')"
    modes = ("EXACT", "TRIMMED", "TOKENS", "FLOAT")
    cases = [TestCase(expected_output="a\ufffd\n", comparison=Comparison(mode)) for mode in modes]  # type: ignore[arg-type] # each is one
    execution = await client.run("python", source, cases=cases)
    assert verdicts(execution) == ["WRONG_ANSWER"] * 4
    assert [case.stage and case.stage.stdout_invalid_utf8 for case in execution.cases] == [True] * 4


async def test_every_character_of_every_case_is_live_once_and_in_order(client: Client) -> None:
    heard: list[Output] = []
    source = "import time\nfor n in range(3):\n    print(n, input(), flush=True)\n    time.sleep(0.1)"
    cases = [TestCase(stdin=f"{letter}\n" * 3) for letter in "abc"]
    execution = await client.run("python", source, cases=cases, on_output=heard.append)
    stages = [one.stage for one in heard]
    assert stages == sorted(stages)
    for index, case in enumerate(execution.cases):
        assert "".join(one.text for one in heard if one.stage == f"case:{index}") == out(case)
    assert out(execution.cases[1]) == "0 b\n1 b\n2 b\n"


async def test_a_task_cancelled_between_its_cases_keeps_what_was_judged(client: Client) -> None:
    source = "print(input(), flush=True)\nif input() == 'wait': import time; time.sleep(60)"
    cases = [
        TestCase(stdin="one\ngo\n", expected_output="one"),
        TestCase(stdin="two\nwait\n", expected_output="two"),
        TestCase(stdin="three\ngo\n", expected_output="three"),
    ]
    task_id = await client.submit("python", source, cases=cases)
    async for event in client.watch(task_id):
        if isinstance(event, Output) and "two" in event.text:
            break
    execution = (await client.cancel(task_id)).execution
    assert execution.status == Status.CANCELLED
    assert verdicts(execution) == ["ACCEPTED", "SKIPPED", "SKIPPED"]
    assert out(execution.cases[1]) == "two\n"
    assert execution.cases[2].stage is None


async def test_more_output_than_one_message_holds_is_judged_whole_and_told_in_part(client: Client) -> None:
    source = "print(' ' * 900_000, input())"
    cases = [TestCase(stdin=text, expected_output="yes", comparison=Comparison("TOKENS")) for text in ("yes", "no") * 6]
    execution = await client.run("python", source, cases=cases, limits=Limits(output_bytes=MIB))
    assert verdicts(execution) == ["ACCEPTED", "WRONG_ANSWER"] * 6
    told = [(out(case), case.stage is not None and case.stage.stdout_truncated) for case in execution.cases]
    assert all(text.isspace() if is_cut else text.split() == [cases[n].stdin] for n, (text, is_cut) in enumerate(told))
    assert sum(is_cut for _, is_cut in told) >= len(cases) // 2
    assert execution.warnings


async def test_the_tasks_of_a_batch_are_judged_each_on_its_own(client: Client) -> None:
    case = TestCase(stdin="yes", expected_output="yes")
    wrong = TestCase(stdin="no", expected_output="yes")
    answers = await client.submit_batch(
        [
            Task(language="python", source=ECHO["python"], cases=[case, wrong]),
            Task(language="cobol", source="DISPLAY 'YES'.", cases=[case]),
            Task(language="cpp", source=ECHO["cpp"], cases=[case] * 3),
            Task(language="python", source=ECHO["python"], cases=[case] * 101),
            Task(language="python", source="1", cases=[TestCase(name="a\nb"), TestCase(limits=Limits(cpu_ms=0))]),
            Task(language="python", source=ECHO["python"]),
        ]
    )
    assert [bool(answer.id) for answer in answers] == [True, False, True, False, False, True]
    first, third, last = [await client.follow(answer.id) for answer in answers if answer.id]
    assert (first.status, verdicts(first)) == (Status.FAILED, ["ACCEPTED", "WRONG_ANSWER"])
    assert (third.status, verdicts(third)) == (Status.SUCCEEDED, ["ACCEPTED"] * 3)
    assert (last.status, last.cases) == (Status.SUCCEEDED, ())
    refused = answers[4].error
    assert isinstance(refused, InvalidTask)
    fields = sorted(one.field.partition("].")[2] for one in refused.violations)
    assert fields == ["cases[0].name", "cases[1].limits.cpu_ms"]
