"""Each rule, at its edge and past it."""

from __future__ import annotations

import math

import pytest

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.code import SourceRules
from broker_gateway.domain.draft import DraftCase, DraftChecker, TaskDraft
from broker_gateway.domain.judging import CaseRules
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, Allowed, LimitRules
from schemas.task import SourceFile
from tests.unit.gateway.gateway_on_fakes import draft

POLICY = AdmissionPolicy()
DEFAULT = SourceRules()


def fields(task: TaskDraft, policy: AdmissionPolicy = POLICY) -> list[str]:
    return [violation.field for violation in policy.violations(task, "task")]


def files(*names: str) -> list[SourceFile]:
    return [SourceFile(name, "x") for name in names]


def test_an_ordinary_task_is_let_in() -> None:
    task = draft(
        stdin="1\0 2",
        args=["a", "", "ü"],
        env={"LANG": "C", "_x1": ""},
        compile_options=["-O2"],
        limits={"cpu_ms": 1000, "memory_bytes": 64 << 20},
        priority="HIGH",
        cases=[DraftCase(name="one", stdin="1", expected_output="1", limits={"wall_ms": 50})],
        checker=DraftChecker("python", "", [SourceFile("", "exit(0)")]),
        idempotency_key="k" * 128,
        queue_deadline_ms=60_000,
        callback_url="https://blog.example/done?x=1",
        labels={"post": "7"},
    )
    assert POLICY.violations(task, "task") == []


def test_everything_wrong_is_told_not_only_the_first() -> None:
    task = draft(files=files("../a", "b"), priority="17", limits={"cpu_ms": 0}, env={"1": ""}, args=["\0"])
    assert fields(task) == [
        "task.files[0].name",
        "task.args[0]",
        "task.env['1']",
        "task.limits.cpu_ms",
        "task.priority",
    ]


def test_the_path_is_the_callers_own() -> None:
    assert POLICY.violations(draft(language=""), "tasks[3]")[0].field == "tasks[3].language"


@pytest.mark.parametrize("language", ["", "p" * 65, "py\nthon", "py\0"])
def test_a_language_that_cannot_be_one_is_refused(language: str) -> None:
    assert fields(draft(language=language)) == ["task.language"]


@pytest.mark.parametrize("version", ["3" * 65, "3\n"])
def test_a_version_that_cannot_be_one_is_refused(version: str) -> None:
    assert fields(draft(language_version=version)) == ["task.language_version"]


def test_a_task_without_files_is_refused() -> None:
    assert fields(draft(files=[])) == ["task.files"]


@pytest.mark.parametrize("sources", [[SourceFile("", "")], [SourceFile("a", ""), SourceFile("b", "")]])
def test_an_empty_source_is_refused(sources: list[SourceFile]) -> None:
    assert fields(draft(files=sources)) == ["task.files[0].content"]


def test_one_of_several_files_may_be_empty() -> None:
    assert fields(draft(files=[SourceFile("a/__init__.py", ""), SourceFile("main.py", "x")])) == []


def test_the_source_may_have_its_most_bytes_and_no_more() -> None:
    assert fields(draft("x" * DEFAULT.max_bytes)) == []
    assert fields(draft("x" * (DEFAULT.max_bytes + 1))) == ["task.files"]


def test_sizes_are_bytes_and_not_characters() -> None:
    assert fields(draft("ü" * (DEFAULT.max_bytes // 2))) == []
    assert fields(draft("ü" * (DEFAULT.max_bytes // 2) + "x")) == ["task.files"]


def test_the_size_is_that_of_all_files_together_and_a_setting() -> None:
    policy = AdmissionPolicy(source=SourceRules(max_bytes=3))
    two = [SourceFile("a", "xx"), SourceFile("b", "xx")]
    assert fields(draft(files=two), policy) == ["task.files"]
    assert fields(draft(files=two[:1]), policy) == []


def test_a_task_may_have_its_most_files_and_no_more() -> None:
    assert fields(draft(files=files(*map(str, range(64))))) == []
    assert fields(draft(files=files(*map(str, range(65))))) == ["task.files"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("..", ".."),
        ("../main.py", ".."),
        ("a/../b", ".."),
        ("a/..", ".."),
        ("/etc/passwd", "relative"),
        ("a\0b", "NUL"),
        ("a\nb", "control"),
        ("a\x7f", "control"),
        ("a\x9bb", "control"),
        ("a\\b", "backslash"),
        ("a//b", "empty"),
        ("a/", "empty"),
        ("./a", "components"),
        ("a/./b", "components"),
        (".", "components"),
        ("-o.py", "option"),
        ("@args.cpp", "option"),
        ("x" * 256, "255 bytes"),
        ("ü" * 128, "255 bytes"),
        ("", "empty"),
    ],
)
def test_a_file_name_that_could_do_harm_is_refused(name: str, word: str) -> None:
    violations = POLICY.violations(draft(files=files("main.py", name)), "task")
    assert [one.field for one in violations] == ["task.files[1].name"]
    assert word in violations[0].description


@pytest.mark.parametrize("name", ["main.py", "a/b/c.h", "..a", "a..b", "...", "ü.py", "a b.txt", "x" * 255, ".env"])
def test_other_file_names_are_allowed(name: str) -> None:
    assert fields(draft(files=[SourceFile(name, "x")])) == []


def test_only_a_single_file_may_go_without_a_name() -> None:
    assert fields(draft(files=files(""))) == []
    assert fields(draft(files=files("", "a"))) == ["task.files[0].name"]


def test_the_same_name_twice_is_refused() -> None:
    assert fields(draft(files=files("a", "b", "a"))) == ["task.files[2].name"]


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a/b/c", "x", "a/b")])
def test_a_name_that_is_a_file_and_a_folder_is_refused(names: tuple[str, ...]) -> None:
    deepest = max(range(len(names)), key=lambda index: len(names[index]))
    assert fields(draft(files=files(*names))) == [f"task.files[{deepest}].name"]


def test_names_that_only_begin_alike_do_not_conflict() -> None:
    assert fields(draft(files=files("a", "ab/c", "a.b/c"))) == []


def test_the_entry_point_must_be_one_of_the_files() -> None:
    assert fields(draft(files=files("a", "b"), entry_point="b")) == []
    assert fields(draft(files=files("a", "b"), entry_point="c")) == ["task.entry_point"]


def test_stdin_may_have_its_most_bytes_and_no_more() -> None:
    policy = AdmissionPolicy(inputs=InputRules(stdin_bytes=4))
    assert fields(draft(stdin="üü"), policy) == []
    assert fields(draft(stdin="üüx"), policy) == ["task.stdin"]


def test_arguments_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(args=2, args_bytes=5))
    assert fields(draft(args=["xx", "xxx"]), policy) == []
    assert fields(draft(args=["x"] * 3), policy) == ["task.args"]
    assert fields(draft(args=["xx", "xxxx"]), policy) == ["task.args"]
    assert fields(draft(args=["x", "a\0b"]), policy) == ["task.args[1]"]


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A=B", "A B", "Ü", "A\0", "A\n"])
def test_an_environment_name_that_no_shell_takes_is_refused(name: str) -> None:
    assert len(fields(draft(env={name: "x"}))) == 1


def test_the_environment_is_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(env=2, env_bytes=6))
    assert fields(draft(env={"A": "xx", "B": "xx"}), policy) == []
    assert fields(draft(env={"A": "", "B": "", "C": ""}), policy) == ["task.env"]
    assert fields(draft(env={"A": "xxxxxx"}), policy) == ["task.env"]
    assert fields(draft(env={"A": "x\0"}), policy) == ["task.env['A']"]


def test_compile_options_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(compile_options=3, compile_option_bytes=4))
    assert fields(draft(compile_options=["-O2", "-g", "-ggg"]), policy) == []
    assert fields(draft(compile_options=["-g"] * 4), policy) == ["task.compile_options"]
    assert fields(draft(compile_options=["-gggg", "", "-\n"]), policy) == [
        "task.compile_options[0]",
        "task.compile_options[1]",
        "task.compile_options[2]",
    ]


def test_labels_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(labels=1, label_name_chars=2, label_value_chars=3))
    assert fields(draft(labels={"ab": "abc"}), policy) == []
    assert fields(draft(labels={"a": "", "b": ""}), policy) == ["task.labels"]
    assert fields(draft(labels={"abc": ""}), policy) == ["task.labels['abc']"]
    assert fields(draft(labels={"": ""}), policy) == ["task.labels['']"]
    assert fields(draft(labels={"a": "abcd"}), policy) == ["task.labels['a']"]
    assert fields(draft(labels={"a": "\n"}), policy) == ["task.labels['a']"]


def test_a_hostile_name_is_quoted_short_and_printable_in_the_answer() -> None:
    (violation,) = POLICY.violations(draft(env={"ü\r\n" + "x" * 5000: ""}), "task")
    assert violation.field.isascii()
    assert violation.field.isprintable()
    assert len(violation.field) < 100


@pytest.mark.parametrize("name", sorted(LimitRules().allowed))
def test_each_limit_has_a_least_and_a_most(name: str) -> None:
    least, most = LimitRules().allowed[name]
    assert fields(draft(limits={name: least})) == []
    assert fields(draft(limits={name: most})) == []
    assert fields(draft(limits={name: least - 1})) == [f"task.limits.{name}"]
    assert fields(draft(limits={name: most + 1})) == [f"task.limits.{name}"]
    assert fields(draft(limits={name: 2**64 - 1})) == [f"task.limits.{name}"]


def test_settings_whose_default_is_out_of_its_own_range_are_an_error() -> None:
    allowed = {**LimitRules().allowed, "cpu_ms": Allowed(1, DEFAULT_LIMITS.cpu_ms - 1)}
    with pytest.raises(ValueError, match="cpu_ms"):
        LimitRules(allowed=allowed)


@pytest.mark.parametrize("priority", ["", "17", "URGENT"])
def test_an_unknown_priority_is_refused(priority: str) -> None:
    assert fields(draft(priority=priority)) == ["task.priority"]


def test_a_long_idempotency_key_is_refused() -> None:
    assert fields(draft(idempotency_key="k" * 129)) == ["task.idempotency_key"]


def test_a_queue_deadline_beyond_the_most_is_refused() -> None:
    assert fields(draft(queue_deadline_ms=24 * 3_600_000)) == []
    assert fields(draft(queue_deadline_ms=24 * 3_600_000 + 1)) == ["task.queue_deadline_ms"]


def test_cases_are_limited_in_number_and_size() -> None:
    policy = AdmissionPolicy(cases=CaseRules(cases=2, bytes_in_all=6))
    case = DraftCase(stdin="a", args=["b"], expected_output="c")
    assert fields(draft(cases=[case, case]), policy) == []
    assert fields(draft(cases=[case] * 3), policy) == ["task.cases"]
    assert fields(draft(cases=[case, DraftCase(stdin="abcd")]), policy) == ["task.cases"]


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (DraftCase(name="x" * 129), "name"),
        (DraftCase(name="\n"), "name"),
        (DraftCase(args=["\0"]), "args[0]"),
        (DraftCase(limits={"wall_ms": 0}), "limits.wall_ms"),
        (DraftCase(comparison="17"), "comparison.mode"),
        (DraftCase(comparison="float", epsilon=math.nan), "comparison.epsilon"),
        (DraftCase(comparison="float", epsilon=math.inf), "comparison.epsilon"),
        (DraftCase(comparison="float", epsilon=-1e-9), "comparison.epsilon"),
    ],
)
def test_a_case_is_held_to_the_same_rules(case: DraftCase, field: str) -> None:
    assert fields(draft(cases=[DraftCase(), case])) == [f"task.cases[1].{field}"]


def test_a_checker_is_held_to_the_same_rules_and_needs_cases() -> None:
    checker = DraftChecker("", "", files("../a"))
    assert fields(draft(checker=checker)) == ["task.checker.language", "task.checker", "task.checker.files[0].name"]
    assert fields(draft(checker=DraftChecker("python", "", files("a")), cases=[DraftCase()])) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "https://blog.example:8443/a/b?c=d&e=%20",
        "http://127.0.0.1:8080/x",
        "http://[::1]:80/",
        "grpc://blog:50052",
        "HTTPS://Blog.example/",
    ],
)
def test_a_well_formed_callback_is_let_in(url: str) -> None:
    assert fields(draft(callback_url=url)) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "blog.example/done",
        "//blog.example/",
        "ftp://h/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://:80/",
        "http://user@h/",
        "http://user:pass@h/",
        "http://@h/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:abc/",
        "http://h:/",
        "http://h:-1/",
        "http://h/#x",
        "http://h/#",
        "http://h /",
        "http://h/a b",
        "http://h/\n",
        "ht\ttp://h/",
        "http://h\\@evil/",
        "http://ü.example/",
        "http://[::1/",
        "http://[nonsense]/",
        "http://[fe80::1%25eth0]/",
        "http://-h/",
        "http://a..b/",
        "http://%68/",
        "grpc://h",
        "grpc://h:1/path",
        "grpc://h:1?x=1",
        "http://h/" + "x" * 2048,
    ],
)
def test_a_malformed_callback_is_refused(url: str) -> None:
    assert fields(draft(callback_url=url)) == ["task.callback.url"]
