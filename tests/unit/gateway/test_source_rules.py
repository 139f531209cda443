"""Each rule of source files and their names, at its edge and past it."""

from __future__ import annotations

import pytest

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.code import SourceRules
from schemas.task import SourceFile
from tests.builders import a_draft
from tests.unit.gateway.violations import POLICY, fields, files

DEFAULT = SourceRules()


def test_a_task_without_files_is_refused() -> None:
    assert fields(a_draft(files=[])) == ["task.files"]


@pytest.mark.parametrize("sources", [[SourceFile("", "")], [SourceFile("a", ""), SourceFile("b", "")]])
def test_an_empty_source_is_refused(sources: list[SourceFile]) -> None:
    assert fields(a_draft(files=sources)) == ["task.files[0].content"]


def test_one_of_several_files_may_be_empty() -> None:
    assert fields(a_draft(files=[SourceFile("a/__init__.py", ""), SourceFile("main.py", "x")])) == []


def test_the_source_may_have_its_most_bytes_and_no_more() -> None:
    assert fields(a_draft("x" * DEFAULT.max_bytes)) == []
    assert fields(a_draft("x" * (DEFAULT.max_bytes + 1))) == ["task.files"]


def test_sizes_are_bytes_and_not_characters() -> None:
    assert fields(a_draft("ü" * (DEFAULT.max_bytes // 2))) == []
    assert fields(a_draft("ü" * (DEFAULT.max_bytes // 2) + "x")) == ["task.files"]


def test_the_size_is_that_of_all_files_together_and_a_setting() -> None:
    policy = AdmissionPolicy(source=SourceRules(max_bytes=3))
    two = [SourceFile("a", "xx"), SourceFile("b", "xx")]
    assert fields(a_draft(files=two), policy) == ["task.files"]
    assert fields(a_draft(files=two[:1]), policy) == []


def test_a_task_may_have_its_most_files_and_no_more() -> None:
    assert fields(a_draft(files=files(*map(str, range(64))))) == []
    assert fields(a_draft(files=files(*map(str, range(65))))) == ["task.files"]


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
    violations = POLICY.violations(a_draft(files=files("main.py", name)), "task")
    assert [one.field for one in violations] == ["task.files[1].name"]
    assert word in violations[0].description


@pytest.mark.parametrize("name", ["main.py", "a/b/c.h", "..a", "a..b", "...", "ü.py", "a b.txt", "x" * 255, ".env"])
def test_other_file_names_are_allowed(name: str) -> None:
    assert fields(a_draft(files=[SourceFile(name, "x")])) == []


def test_only_a_single_file_may_go_without_a_name() -> None:
    assert fields(a_draft(files=files(""))) == []
    assert fields(a_draft(files=files("", "a"))) == ["task.files[0].name"]


def test_the_same_name_twice_is_refused() -> None:
    assert fields(a_draft(files=files("a", "b", "a"))) == ["task.files[2].name"]


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a/b/c", "x", "a/b")])
def test_a_name_that_is_a_file_and_a_folder_is_refused(names: tuple[str, ...]) -> None:
    deepest = max(range(len(names)), key=lambda index: len(names[index]))
    assert fields(a_draft(files=files(*names))) == [f"task.files[{deepest}].name"]


def test_an_absolute_name_lies_in_no_folder_and_is_told_of_once() -> None:
    assert fields(a_draft(files=files("", "/a"))) == ["task.files[0].name", "task.files[1].name"]


def test_names_that_only_begin_alike_do_not_conflict() -> None:
    assert fields(a_draft(files=files("a", "ab/c", "a.b/c"))) == []


def test_the_entry_point_must_be_one_of_the_files() -> None:
    assert fields(a_draft(files=files("a", "b"), entry_point="b")) == []
    assert fields(a_draft(files=files("a", "b"), entry_point="c")) == ["task.entry_point"]
    assert fields(a_draft(files=files("b", "c"), entry_point="a")) == ["task.entry_point"]


def test_a_name_of_other_characters_may_have_255_bytes_and_no_more() -> None:
    assert fields(a_draft(files=files("ü" * 127 + "x"))) == []
    assert fields(a_draft(files=files("ü" * 127 + "xx"))) == ["task.files[0].name"]
