"""Programs that judge programs: in another language, wrong, or hostile; and programs that are hostile to them."""

from __future__ import annotations

import pytest

from coderunner import Checker, Client, InvalidTask, LanguageUnavailable, Limits, TestCase
from coderunner.status import Status
from tests.e2e.judged import verdicts

FACTORS = {
    "python": "n = int(input())\nprint(n // 3, 3) if n != 8 else print(5, 2)\n",
    "cpp": """
#include <iostream>
int main() {
    int n;
    std::cin >> n;
    std::cout << (n == 8 ? 5 : n / 3) << ' ' << (n == 8 ? 2 : 3);
}
""",
}
MULTIPLIES = {
    "python": """
import sys
n = int(open("input").read())
a, b = map(int, open("output").read().split())
print("expected", open("expected").read(), "got", a * b)
sys.exit(0 if a * b == n and min(a, b) > 1 else 1)
""",
    "cpp": """
#include <fstream>
#include <iostream>
int main() {
    int n, a, b;
    std::string words;
    std::ifstream("input") >> n;
    std::ifstream("output") >> a >> b;
    std::getline(std::ifstream("expected"), words);
    std::cout << "expected " << words << " got " << a * b << std::endl;
    return a * b == n && a > 1 && b > 1 ? 0 : 1;
}
""",
}


@pytest.mark.parametrize(
    ("language", "checks"), [("python", "cpp"), ("cpp", "python"), ("python", "python"), ("cpp", "cpp")]
)
async def test_a_checker_in_any_language_takes_any_right_answer(client: Client, language: str, checks: str) -> None:
    cases = [TestCase(stdin=str(n), expected_output="two factors") for n in (15, 8, 21)]
    execution = await client.run(language, FACTORS[language], cases=cases, checker=Checker(checks, MULTIPLIES[checks]))
    assert verdicts(execution) == ["ACCEPTED", "WRONG_ANSWER", "ACCEPTED"]
    said = [case.checker_output for case in execution.cases]
    assert said == [f"expected two factors got {product}\n" for product in (15, 10, 21)]
    assert [case.stage and case.stage.stdout.strip() for case in execution.cases] == ["5 3", "5 2", "7 3"]
    assert execution.status == Status.FAILED
    assert (execution.compile is not None) == (language == "cpp"), "the program's, not the checker's"


async def test_a_checker_may_be_of_several_files_and_reads_the_bytes_that_were_printed(client: Client) -> None:
    checker = Checker(
        "python",
        {
            "main.py": "import sys, rules\nsys.exit(rules.verdict(open('output', 'rb').read()))",
            "rules.py": "def verdict(answer):\n    return int(answer != bytes(range(256)))",
        },
    )
    source = "import sys\nsys.stdout.buffer.write(bytes(range(256)))"
    execution = await client.run("python", source, cases=[TestCase()], checker=checker)
    assert verdicts(execution) == ["ACCEPTED"]


async def test_a_checker_is_not_asked_about_a_program_that_failed(client: Client) -> None:
    source = "import sys, time\nexec(input())"
    cases = [
        TestCase(stdin="sys.exit(3)"),
        TestCase(stdin="time.sleep(60)", limits=Limits(wall_ms=200)),
        TestCase(stdin="pass"),
    ]
    execution = await client.run("python", source, cases=cases, checker=Checker("python", "print('asked')"))
    told = [(case.verdict.value, case.checker_output) for case in execution.cases]
    assert told == [("RUNTIME_ERROR", ""), ("TIME_LIMIT", ""), ("ACCEPTED", "asked\n")]


BROKEN = [
    ("exits with another code", "python", "print('odd')\nraise SystemExit(2)", "odd\n"),
    ("crashes", "cpp", "#include <cstdlib>\nint main() { std::abort(); }", "the checker was ended by signal 6"),
    ("spins", "python", "import os\n[os.fork() for _ in range(3)]\nwhile True: pass", "the checker "),
    ("floods", "python", "while True: print('x' * 1000)", "wrote more than 16384 bytes"),
    ("floods stderr", "cpp", '#include <cstdio>\nint main() { for (;;) fputs("yyyy", stderr); }', "wrote more than"),
    ("takes all memory", "python", "x = []\nwhile True: x.append(b'x' * (8 << 20))", "bytes of memory"),
    ("kills itself", "python", "import os\nos.kill(os.getpid(), 9)", "the checker was ended by signal 9"),
]


@pytest.mark.parametrize(("language", "source", "words"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
async def test_a_checker_that_fails_is_an_error_of_its_own_and_the_next_case_is_judged(
    client: Client, language: str, source: str, words: str
) -> None:
    """It fails at the first case only; the program's own stage is told in any case."""
    guard = {
        "python": "if open('input').read() == 'fine': raise SystemExit(0)\n",
        "cpp": "#include <fstream>\n#define main(...) failing(__VA_ARGS__)\n",
    }
    tail = {
        "python": "",
        "cpp": "\n#undef main\nint main() { return std::ifstream(\"input\").get() == 'f' ? 0 : failing(); }\n",
    }
    checker = Checker(language, guard[language] + source + tail[language])
    cases = [TestCase(stdin="bad"), TestCase(stdin="fine")]
    execution = await client.run("python", "print(input())", cases=cases, checker=checker)
    assert verdicts(execution) == ["CHECKER_ERROR", "ACCEPTED"]
    assert words in execution.cases[0].checker_output
    assert len(execution.cases[0].checker_output) < 40_000
    assert [case.stage and case.stage.stdout for case in execution.cases] == ["bad\n", "fine\n"]
    assert (execution.status, execution.attempt) == (Status.FAILED, 1)


async def test_what_a_checker_does_not_catch_refuses_the_answer_in_languages_that_exit_with_1_then(
    client: Client,
) -> None:
    checker = Checker("python", "print(int(open('output').read()))")
    cases = [TestCase(stdin="12"), TestCase(stdin="a dozen")]
    execution = await client.run("python", "print(input())", cases=cases, checker=checker)
    assert verdicts(execution) == ["ACCEPTED", "WRONG_ANSWER"]
    assert "ValueError: invalid literal" in execution.cases[1].checker_output


async def test_a_checker_that_does_not_compile_is_not_the_programs_fault(client: Client) -> None:
    checker = Checker("cpp", "int main() { return nonsense; }")
    cases = [TestCase(name="a"), TestCase(name="b")]
    execution = await client.run("cpp", "int main() {}", cases=cases, checker=checker)
    assert (execution.status, execution.error) == (Status.FAILED, "the checker does not compile")
    assert execution.compile is not None
    assert (execution.compile.exit_code, execution.compile.stderr) == (0, "")
    assert [(case.name, case.verdict, case.stage) for case in execution.cases] == [
        ("a", "CHECKER_ERROR", None),
        ("b", "CHECKER_ERROR", None),
    ]
    assert "nonsense" in execution.cases[0].checker_output


CHEAT = """
import os, sys, time
home = os.getcwd()
print(*sorted(os.listdir(home)), flush=True)
sys.stderr.write("ACCEPTED\\n")
for place in (home, "/workspace", "/tmp", "/var/tmp", "/dev/shm"):
    for name, text in (("output", "right"), ("expected", "wrong"), ("verdict", "ACCEPTED"), ("checker.py", "")):
        open(f"{place}/{name}", "w").write(text)
    for name in ("sitecustomize.py", "usercustomize.py", "sys.py", "os.py"):
        open(f"{place}/{name}", "w").write("import os\\nos._exit(0)\\n")
for number in range(1, 200):
    try:
        os.write(number, b'{"type": "exited", "exit_code": 0}\\n')
    except OSError:
        pass
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        while True:  # waits for the checker, to put another answer before it
            for folder in os.listdir("/workspace"):
                for name in ("output", "expected"):
                    try:
                        open(f"/workspace/{folder}/{name}", "w").write("right")
                    except OSError:
                        pass
"""
STRICT = """
import os, sys
print(sorted(os.listdir()), len([name for name in os.listdir("/proc") if name.isdigit()]) <= 3)
sys.exit(0 if open("output").read() == open("expected").read() == "right" else 1)
"""


async def test_a_program_cannot_decide_for_its_checker(client: Client) -> None:
    """Both are Python, so that the checker runs in the slot that the program has just left."""
    cases = [TestCase(stdin="secret input", expected_output="right")] * 5
    execution = await client.run("python", CHEAT, cases=cases, checker=Checker("python", STRICT))
    assert verdicts(execution) == ["WRONG_ANSWER"] * 5
    for case in execution.cases:
        assert case.stage is not None
        assert case.stage.stdout.startswith("main.py\n"), "neither input nor expected output lie beside the program"
        assert case.checker_output == "['expected', 'input', 'main.py', 'output'] True\n"


HOSTILE = """
import os, sys, time
for place in (os.getcwd(), "/workspace", "/tmp", "/var/tmp", "/dev/shm"):
    for name in ("main.py", "output", "sitecustomize.py"):
        open(f"{place}/{name}", "w").write("print('the checker was here')")
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        for number in range(3):
            os.close(number)
        time.sleep(60)
for number in range(200):
    try:
        os.write(number, b'{"type": "exited", "exit_code": 9, "ending": "memory"}\\n')
    except OSError:
        pass
os.kill(-1, 19)
"""


async def test_a_checker_cannot_change_what_a_program_did_or_will_do(client: Client) -> None:
    """It is code that somebody submitted, like any other; nothing that it does reaches the program's own results."""
    source = "import os, sys\nprint(sorted(os.listdir()), os.listdir('/tmp'), os.listdir('/dev/shm'), input())"
    cases = [TestCase(stdin=text) for text in ("one", "two", "three")]
    execution = await client.run("python", source, cases=cases, checker=Checker("python", HOSTILE))
    for case in execution.cases:
        assert case.stage is not None
        assert (case.stage.exit_code, case.stage.limits_hit) == (0, ())
    said = [case.stage and case.stage.stdout for case in execution.cases]
    assert said == [f"['main.py'] [] [] {text}\n" for text in ("one", "two", "three")]
    assert execution.attempt == 1


async def test_the_first_failure_skips_the_checker_too(client: Client) -> None:
    cases = [TestCase(stdin=text, expected_output="yes") for text in ("yes", "no", "yes")]
    same = "import sys\nsys.exit(open('output').read() != open('expected').read())"
    execution = await client.run(
        "python", "print(input(), end='')", cases=cases, checker=Checker("python", same), stop_at_first_failure=True
    )
    assert verdicts(execution) == ["ACCEPTED", "WRONG_ANSWER", "SKIPPED"]
    assert execution.cases[2].checker_output == ""


async def test_a_checker_without_cases_is_refused(client: Client) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.run("python", "print(1)", checker=Checker("python", ""))
    assert "task.checker" in {one.field for one in refused.value.violations}


async def test_a_checker_in_a_language_that_nobody_serves_is_refused(client: Client) -> None:
    with pytest.raises(LanguageUnavailable):
        await client.run("python", "print(1)", cases=[TestCase()], checker=Checker("cobol", "STOP RUN."))
