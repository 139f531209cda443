"""Files that are run as tests of a framework, in slots of the default languages: each test has its entry."""

from __future__ import annotations

import pytest

from node.application.workbench import UnservedLanguageError, Workbench
from schemas.status import Status
from tests.integration.sandbox.testing import ends, executed_tests

pytestmark = pytest.mark.asyncio(loop_scope="module")

PYTEST = """import pytest
from calc import add
def test_good(): assert add(1, 2) == 3
def test_bad(): assert add(1, 2) == 4, "the sum"
@pytest.mark.skip(reason="later")
def test_skipped(): pass
@pytest.fixture
def broken(): raise RuntimeError("no database")
def test_error(broken): pass
@pytest.mark.parametrize("word", ["a::b", "c"])
def test_each(word): assert word
class TestGroup:
    def test_inner(self): raise ValueError("x")
    @pytest.mark.xfail
    def test_expected(self): assert 0
"""
UNITTEST = """import unittest
class Sums(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.assertEqual(1, 2)
    def test_error(self): raise ValueError("x")
    @unittest.skip("later")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    def test_parts(self):
        for number in range(3):
            with self.subTest(number=number): self.assertEqual(number, 1)
class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("no database")
    def test_never(self): pass
"""
NODE_TEST = """import test, { describe, it } from 'node:test';
import assert from 'node:assert';
test('good', () => {});
test('bad', () => {
  assert.strictEqual(1, 2);
});
test('skipped', { skip: 'later' }, () => {});
test('to do', { todo: true }, () => { throw new Error('no'); });
describe('group', () => {
  it('inner', async () => { throw new TypeError('x'); });
});
"""
GO_TEST = """package calc

import "testing"

func TestGood(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fail()
	}
}

func TestBad(t *testing.T) { t.Errorf("got %d\\nwant %d", Add(1, 2), 4) }

func TestSkipped(t *testing.T) { t.Skip("later") }

func TestParts(t *testing.T) {
	t.Run("a b", func(t *testing.T) { t.Fatal("no") })
	t.Run("c", func(t *testing.T) {})
}
"""
GO_PACKAGE = "package calc\n\nfunc Add(a, b int) int { return a + b }\n"
LOOPS = {
    ("python", "pytest"): ("test_a.py", "def test_first(): pass\ndef test_endless():\n    while True: pass\n"),
    ("python", "unittest"): (
        "test_a.py",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a_first(self): pass\n"
        "    def test_endless(self):\n        while True: pass\n",
    ),
    ("javascript", "node-test"): (
        "a.test.mjs",
        "import test from 'node:test';\ntest('first', () => {});\ntest('endless', () => { for (;;) {} });\n",
    ),
    ("go", "go-test"): (
        "a_test.go",
        'package a\n\nimport "testing"\n\n'
        "func TestFirst(t *testing.T) {}\n\nfunc TestEndless(t *testing.T) {\n\tfor {\n\t}\n}\n",
    ),
}


async def test_of_pytest(bench: Workbench) -> None:
    calc = "def add(a, b): return a + b\n"
    execution = await executed_tests(bench, "python", "pytest", {"test_sums.py": PYTEST, "calc.py": calc})
    assert execution.status is Status.FAILED
    assert ends(execution) == {
        "test_good": "PASSED",
        "test_bad": "FAILED",
        "test_skipped": "SKIPPED",
        "test_error": "ERROR",
        "test_each[a::b]": "PASSED",
        "test_each[c]": "PASSED",
        "test_inner": "FAILED",
        "test_expected": "SKIPPED",
    }
    by_name = {test.name: test for test in execution.tests}
    bad = by_name["test_bad"]
    assert (bad.suite, bad.file, bad.line) == ("test_sums.py", "test_sums.py", 4)
    assert "the sum" in bad.message
    assert by_name["test_inner"].suite == "test_sums.py::TestGroup"
    assert by_name["test_skipped"].message == "later"
    assert execution.run is not None
    assert execution.run.exit_code == 1
    assert "2 failed" in execution.run.stdout


async def test_of_unittest(bench: Workbench) -> None:
    execution = await executed_tests(bench, "python", "unittest", {"test_sums.py": UNITTEST})
    assert execution.status is Status.FAILED
    assert ends(execution) == {
        "setUpClass (test_sums.Broken)": "ERROR",
        "test_good": "PASSED",
        "test_bad": "FAILED",
        "test_error": "ERROR",
        "test_skipped": "SKIPPED",
        "test_expected": "SKIPPED",
        "test_parts": "FAILED",
    }
    bad = next(test for test in execution.tests if test.name == "test_bad")
    assert (bad.suite, bad.message, bad.file, bad.line) == (
        "test_sums.Sums",
        "AssertionError: 1 != 2",
        "test_sums.py",
        4,
    )


async def test_of_node_test(bench: Workbench) -> None:
    execution = await executed_tests(bench, "javascript", "node-test", {"sums.test.mjs": NODE_TEST})
    assert execution.status is Status.FAILED
    expected = {"good": "PASSED", "bad": "FAILED", "skipped": "SKIPPED", "to do": "SKIPPED", "inner": "FAILED"}
    assert ends(execution) == expected
    by_name = {test.name: test for test in execution.tests}
    assert (by_name["bad"].file, by_name["bad"].line) == ("sums.test.mjs", 5)
    assert "strictly equal" in by_name["bad"].message
    assert by_name["inner"].suite == "sums.test.mjs > group"


async def test_of_go_test_in_a_module_with_packages(bench: Workbench) -> None:
    files = {"go.mod": "module sums\n\ngo 1.24\n", "calc/calc.go": GO_PACKAGE, "calc/calc_test.go": GO_TEST}
    files["main_test.go"] = (
        'package main\n\nimport (\n\t"sums/calc"\n\t"testing"\n)\n\n'
        "func TestPanic(t *testing.T) {\n\tvar m map[int]int\n\tm[calc.Add(1, 2)] = 1\n}\n"
    )
    execution = await executed_tests(bench, "go", "go-test", files)
    assert execution.status is Status.FAILED, execution
    assert ends(execution) == {
        "TestGood": "PASSED",
        "TestBad": "FAILED",
        "TestSkipped": "SKIPPED",
        "TestParts": "FAILED",
        "TestParts/a_b": "FAILED",
        "TestParts/c": "PASSED",
        "TestPanic": "FAILED",
    }
    by_name = {test.name: test for test in execution.tests}
    bad, panicked = by_name["TestBad"], by_name["TestPanic"]
    assert (bad.suite, bad.file, bad.line) == ("calc", "calc/calc_test.go", 11)
    assert bad.message.split() == ["got", "3", "want", "4"]
    assert (panicked.message.partition(" [")[0], panicked.file, panicked.line) == (
        "panic: assignment to entry in nil map",
        "main_test.go",
        10,
    )
    assert by_name["TestSkipped"].message == "later"


@pytest.mark.parametrize(
    ("name", "framework", "source"),
    [
        ("python", "pytest", "def test_one(): pass\n"),
        ("python", "unittest", "import unittest\nclass T(unittest.TestCase):\n    def test_one(self): pass\n"),
        ("javascript", "node-test", "import test from 'node:test';\ntest('test_one', () => {});\n"),
        ("go", "go-test", 'package a\n\nimport "testing"\n\nfunc Test_one(t *testing.T) {}\n'),
    ],
)
async def test_a_single_file_needs_no_name_and_all_that_passes_succeeds(
    bench: Workbench, name: str, framework: str, source: str
) -> None:
    execution = await executed_tests(bench, name, framework, {"": source})
    assert execution.status is Status.SUCCEEDED, execution
    assert list(ends(execution).values()) == ["PASSED"]
    assert execution.error == ""


@pytest.mark.parametrize(("name", "framework"), LOOPS)
async def test_at_a_limit_the_tests_before_it_are_told_and_the_one_that_met_it_is_named(
    bench: Workbench, name: str, framework: str
) -> None:
    file, source = LOOPS[name, framework]
    execution = await executed_tests(bench, name, framework, {file: source}, limits={"cpu_ms": 1_000})
    assert execution.status is Status.TIME_LIMIT
    first, endless = execution.tests
    assert (first.status, endless.status) == ("PASSED", "ERROR")
    assert endless.message == "did not end: the program used more than 1000 ms of processor time"


@pytest.mark.parametrize(
    ("name", "framework", "files", "failing"),
    [
        ("python", "pytest", {"test_a.py": "import nothing", "test_b.py": "def test_b(): pass"}, "test_a.py"),
        ("python", "unittest", {"test_a.py": "1 +", "test_b.py": "import unittest"}, "test_a"),
        ("javascript", "node-test", {"a.test.cjs": "require('./nothing')"}, "a.test.cjs"),
    ],
)
async def test_a_file_that_cannot_be_loaded_is_an_error_of_its_own(
    bench: Workbench, name: str, framework: str, files: dict[str, str], failing: str
) -> None:
    execution = await executed_tests(bench, name, framework, files)
    assert execution.status is Status.FAILED
    assert ends(execution)[failing] == "ERROR"
    assert next(test for test in execution.tests if test.name == failing).message


async def test_tests_that_do_not_compile_are_a_compile_error(bench: Workbench) -> None:
    execution = await executed_tests(bench, "go", "go-test", {"a_test.go": "package a\n\nfunc TestA(\n"})
    assert (execution.status, execution.tests) == (Status.COMPILE_ERROR, [])
    assert [(one.file, one.line) for one in execution.diagnostics][:1] == [("a_test.go", 3)]


@pytest.mark.parametrize(
    ("name", "framework", "file", "source"),
    [
        ("python", "pytest", "test_a.py", "print('hello')"),
        ("python", "unittest", "test_a.py", "print('hello')"),
        ("javascript", "node-test", "a.test.mjs", "console.log('hello');"),
        ("go", "go-test", "a_test.go", "package a\n"),
    ],
)
async def test_where_there_are_no_tests_nothing_has_succeeded(
    bench: Workbench, name: str, framework: str, file: str, source: str
) -> None:
    execution = await executed_tests(bench, name, framework, {file: source})
    assert (execution.status, execution.error, execution.tests) == (Status.FAILED, "no tests were found", [])


async def test_a_test_that_ends_the_program_has_not_passed(bench: Workbench) -> None:
    source = "import os\ndef test_first(): pass\ndef test_leaves(): os._exit(0)\n"
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": source})
    assert execution.status is Status.FAILED
    assert ends(execution) == {"test_first": "PASSED", "test_leaves": "ERROR"}


async def test_arguments_choose_among_the_tests(bench: Workbench) -> None:
    source = "def test_one(): pass\ndef test_two(): assert 0\n"
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": source}, args=["-k", "one"])
    assert (execution.status, ends(execution)) == (Status.SUCCEEDED, {"test_one": "PASSED"})


async def test_of_more_tests_than_are_told_it_is_said(bench: Workbench) -> None:
    source = "import pytest\n@pytest.mark.parametrize('n', range(600))\ndef test_each(n): assert n < 599\n"
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": source})
    assert (execution.status, len(execution.tests)) == (Status.FAILED, 500)
    assert any("more tests ran than are told of" in warning for warning in execution.warnings)


async def test_the_report_is_no_file_of_the_program(bench: Workbench) -> None:
    execution = await executed_tests(bench, "python", "pytest", {"test_a.py": "def test_one(): pass"}, outputs=["*"])
    assert [file.name for file in execution.files] == ["test_a.py"]


async def test_another_framework_is_none_of_this_nodes(bench: Workbench) -> None:
    with pytest.raises(UnservedLanguageError, match="no tests of junit in python"):
        await executed_tests(bench, "python", "junit", {"a.py": "x"})
