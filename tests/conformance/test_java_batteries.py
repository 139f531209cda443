"""What Java with libraries does beside what every language does."""

from __future__ import annotations

import pytest

from node.application.workbench import Workbench
from node.domain.language import Language
from schemas.status import Status
from schemas.task import SourceFile
from tests.conformance.programs import Expected
from tests.conformance.test_conformance import executed
from tests.integration.sandbox.testing import ends, executed_tests

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIBRARIES = """
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.gson.Gson;
import java.util.Map;
import org.apache.commons.collections4.ListUtils;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.io.IOUtils;
import org.apache.commons.lang3.StringUtils;
import org.apache.commons.math3.util.ArithmeticUtils;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.slf4j.LoggerFactory;

public class Main {
    public static void main(String[] args) throws Exception {
        LoggerFactory.getLogger(Main.class).info("logged");
        System.out.println(StringUtils.reverse("abc") + new LevenshteinDistance().apply("a", "b"));
        System.out.println(ImmutableList.of(1, 2) + new Gson().toJson(Map.of("a", 1)));
        System.out.println(new ObjectMapper().readTree("[1, 2]").get(1) + " " + ArithmeticUtils.gcd(12, 18));
        System.out.print(ListUtils.union(ImmutableList.of(1), ImmutableList.of(2)));
        System.out.println(CSVFormat.DEFAULT.format("a", "b c"));
        System.out.println(IOUtils.toString(IOUtils.toInputStream("read", "UTF-8"), "UTF-8"));
        System.out.println(System.getProperty("java.class.path").startsWith(".:/opt/coderunner/java/lib/apiguardian"));
    }
}
"""
JUNIT = """
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SumsTest {
    @Test void good() { assertThat(1 + 2).isEqualTo(3); }
    @Test void bad() {
        assertEquals(4, 1 + 2, "the sum");
    }
    @Test void error() { throw new IllegalStateException("no database"); }
    @Test @Disabled("later") void skipped() {}
    @Test void assumed() { assumeTrue(false, "not here"); }
    @ParameterizedTest @ValueSource(ints = {1, 2}) void each(int number) { assertEquals(1, number); }
}

class BrokenTest {
    @BeforeAll static void begin() { throw new IllegalStateException("no database"); }
    @Test void never() {}
}
"""
JUNIT_4 = "public class OldTest {\n    @org.junit.Test public void old() {}\n}\n"


async def test_its_libraries_are_found(bench: Workbench, language: Language) -> None:
    execution = await executed(bench, language, [SourceFile("", LIBRARIES)], Expected())
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.stdout.split("\n") == ["cba1", '[1, 2]{"a":1}', "2 6", "[1, 2]a,b c", "read", "true", ""]
    assert "logged" in execution.run.stderr


async def test_of_junit(bench: Workbench) -> None:
    execution = await executed_tests(
        bench, "java-batteries", "junit", {"SumsTest.java": JUNIT, "OldTest.java": JUNIT_4}
    )
    assert execution.status is Status.FAILED, execution
    assert ends(execution) == {
        "good": "PASSED",
        "bad": "FAILED",
        "error": "ERROR",
        "skipped": "SKIPPED",
        "assumed": "SKIPPED",
        "each[1] 1": "PASSED",
        "each[2] 2": "FAILED",
        "BrokenTest": "ERROR",
        "old": "PASSED",
    }
    by_name = {test.name: test for test in execution.tests}
    bad = by_name["bad"]
    assert (bad.suite, bad.file, bad.line) == ("SumsTest", "SumsTest.java", 16)
    assert "the sum" in bad.message
    assert by_name["skipped"].message == "later"


async def test_junit_tells_of_what_a_limit_ends(bench: Workbench) -> None:
    source = (
        "import org.junit.jupiter.api.*;\n@TestMethodOrder(MethodOrderer.MethodName.class)\nclass LoopTest {\n"
        "    @Test void aFirst() {}\n    @Test void endless() { for (;;) {} }\n}\n"
    )
    limits = {"cpu_ms": 6_000}
    execution = await executed_tests(bench, "java-batteries", "junit", {"": source}, limits=limits)
    assert (execution.status, ends(execution)) == (Status.TIME_LIMIT, {"aFirst": "PASSED", "endless": "ERROR"})


async def test_junit_without_tests_and_with_what_does_not_compile(bench: Workbench) -> None:
    execution = await executed_tests(bench, "java-batteries", "junit", {"": "class NothingTest {}"})
    assert (execution.status, execution.error) == (Status.FAILED, "no tests were found")
    execution = await executed_tests(bench, "java-batteries", "junit", {"": "class ATest { @Test void a() {} }"})
    assert (execution.status, execution.tests) == (Status.COMPILE_ERROR, [])
