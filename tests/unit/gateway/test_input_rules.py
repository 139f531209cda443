"""Each rule of what a program is given, at its edge and past it."""

from __future__ import annotations

import pytest

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.program_input import InputRules
from tests.builders import a_draft
from tests.unit.gateway.violations import POLICY, fields


def test_stdin_may_have_its_most_bytes_and_no_more() -> None:
    policy = AdmissionPolicy(inputs=InputRules(stdin_bytes=4))
    assert fields(a_draft(stdin="üü"), policy) == []
    assert fields(a_draft(stdin="üüx"), policy) == ["task.stdin"]


def test_arguments_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(args=2, args_bytes=5))
    assert fields(a_draft(args=["xx", "xxx"]), policy) == []
    assert fields(a_draft(args=["x"] * 3), policy) == ["task.args"]
    assert fields(a_draft(args=["xx", "xxxx"]), policy) == ["task.args"]
    assert fields(a_draft(args=["x", "a\0b"]), policy) == ["task.args[1]"]


def test_standard_input_that_is_no_text_is_measured_in_bytes() -> None:
    policy = AdmissionPolicy(inputs=InputRules(stdin_bytes=4))
    assert fields(a_draft(stdin=b"\xff" * 4), policy) == []
    assert fields(a_draft(stdin=b"\xff" * 5), policy) == ["task.stdin"]


@pytest.mark.parametrize("pattern", ["out/*", "*", "a b/[a-z]?.png", "é", "x" * 128])
def test_patterns_of_files_to_come_back_are_relative(pattern: str) -> None:
    assert fields(a_draft(outputs=[pattern])) == []


@pytest.mark.parametrize("pattern", ["", "/etc/*", "../*", "a/../b", "./a", "a//b", "a/", "a\0", "a\n", "x" * 129])
def test_a_pattern_that_would_leave_or_is_too_long_is_refused(pattern: str) -> None:
    assert fields(a_draft(outputs=["*", pattern])) == ["task.outputs[1]"]


def test_patterns_are_limited_in_number() -> None:
    assert fields(a_draft(outputs=["*"] * 8)) == []
    assert fields(a_draft(outputs=["*"] * 9)) == ["task.outputs"]


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A=B", "A B", "Ü", "A\0", "A\n"])
def test_an_environment_name_that_no_shell_takes_is_refused(name: str) -> None:
    assert len(fields(a_draft(env={name: "x"}))) == 1


def test_the_environment_is_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(env=2, env_bytes=6))
    assert fields(a_draft(env={"A": "xx", "B": "xx"}), policy) == []
    assert fields(a_draft(env={"A": "", "B": "", "C": ""}), policy) == ["task.env"]
    assert fields(a_draft(env={"A": "xxxxxx"}), policy) == ["task.env"]
    assert fields(a_draft(env={"A": "x\0"}), policy) == ["task.env['A']"]


def test_compile_options_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(compile_options=3, compile_option_bytes=4))
    assert fields(a_draft(compile_options=["-O2", "-g", "-ggg"]), policy) == []
    assert fields(a_draft(compile_options=["-g"] * 4), policy) == ["task.compile_options"]
    assert fields(a_draft(compile_options=["-gggg", "", "-\n"]), policy) == [
        "task.compile_options[0]",
        "task.compile_options[1]",
        "task.compile_options[2]",
    ]


def test_labels_are_limited_in_number_size_and_content() -> None:
    policy = AdmissionPolicy(inputs=InputRules(labels=1, label_name_chars=2, label_value_chars=3))
    assert fields(a_draft(labels={"ab": "abc"}), policy) == []
    assert fields(a_draft(labels={"a": "", "b": ""}), policy) == ["task.labels"]
    assert fields(a_draft(labels={"abc": ""}), policy) == ["task.labels['abc']"]
    assert fields(a_draft(labels={"": ""}), policy) == ["task.labels['']"]
    assert fields(a_draft(labels={"a": "abcd"}), policy) == ["task.labels['a']"]
    assert fields(a_draft(labels={"a": "\n"}), policy) == ["task.labels['a']"]


def test_a_hostile_name_is_quoted_short_and_printable_in_the_answer() -> None:
    (violation,) = POLICY.violations(a_draft(env={"ü\r\n" + "x" * 5000: ""}), "task")
    assert violation.field.isascii()
    assert violation.field.isprintable()
    assert len(violation.field) < 100
