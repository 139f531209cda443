"""What C++ with libraries does beside what every language does."""

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

LIBRARIES = {
    "boost": (
        "#include <boost/algorithm/string.hpp>\n#include <boost/filesystem.hpp>\n#include <boost/regex.hpp>\n"
        '#include <iostream>\nint main() { std::cout << boost::to_upper_copy(std::string("a")) << '
        'boost::regex_match(std::string("ab"), boost::regex("a.")) << boost::filesystem::exists("/tmp") << "\\n"; }\n',
        "A11\n",
    ),
    "eigen": (
        "#include <Eigen/Dense>\n#include <iostream>\n"
        "int main() { Eigen::Matrix2d m; m << 2, 1, 1, 3; std::cout << m.determinant() << '\\n'; }\n",
        "5\n",
    ),
    "openssl": (
        "#include <openssl/evp.h>\n#include <cstdio>\nint main() {\n"
        "  unsigned char digest[32]; unsigned size;\n"
        '  EVP_Digest("abc", 3, digest, &size, EVP_sha256(), nullptr);\n'
        '  std::printf("%02x%02x %u\\n", digest[0], digest[1], size);\n}\n',
        "ba78 32\n",
    ),
    "others": (
        "#include <fmt/core.h>\n#include <gmpxx.h>\n#include <nlohmann/json.hpp>\n#include <range/v3/all.hpp>\n"
        "int main() { mpz_class big = 1; big <<= 70;\n"
        '  fmt::print("{} {} {}\\n", nlohmann::json{{"a", 1}}.dump(), big.get_str(), '
        "ranges::accumulate(ranges::views::ints(1, 4), 0)); }\n",
        '{"a":1} 1180591620717411303424 6\n',
    ),
}
CATCH2 = """#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <vector>
TEST_CASE("good") { REQUIRE(1 + 2 == 3); }
TEST_CASE("bad", "[sums]") {
    CHECK(1 + 2 == 4);
}
TEST_CASE("error") { throw std::runtime_error("no database"); }
TEST_CASE("skipped") { SKIP("later"); }
TEST_CASE("expected", "[!shouldfail]") { REQUIRE(false); }
"""


@pytest.mark.parametrize("name", LIBRARIES)
async def test_its_libraries_are_found_and_linked(bench: Workbench, language: Language, name: str) -> None:
    source, printed = LIBRARIES[name]
    execution = await executed(bench, language, [SourceFile("", source)], Expected())
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.stdout == printed


async def test_of_catch2(bench: Workbench) -> None:
    execution = await executed_tests(bench, "cpp-batteries", "catch2", {"sums.cpp": CATCH2})
    assert execution.status is Status.FAILED, execution
    assert ends(execution) == {
        "good": "PASSED",
        "bad": "FAILED",
        "error": "ERROR",
        "skipped": "SKIPPED",
        "expected": "SKIPPED",
    }
    by_name = {test.name: test for test in execution.tests}
    bad = by_name["bad"]
    assert (bad.suite, bad.message, bad.file, bad.line) == ("sums.cpp", "CHECK( 1 + 2 == 4 )\n3 == 4", "sums.cpp", 6)
    assert "no database" in by_name["error"].message
    assert by_name["skipped"].message == "later"


async def test_catch2_tells_of_what_a_signal_and_a_limit_end(bench: Workbench) -> None:
    source = "#include <catch2/catch_test_macros.hpp>\n#include <csignal>\n"
    first = 'TEST_CASE("first") { SUCCEED(); }\n'
    crash = 'TEST_CASE("crash") { std::raise(SIGSEGV); }\n'
    execution = await executed_tests(bench, "cpp-batteries", "catch2", {"": source + first + crash})
    assert (execution.status, ends(execution)) == (Status.FAILED, {"first": "PASSED", "crash": "ERROR"})
    endless = 'TEST_CASE("endless") { for (volatile int n = 0;; n = n + 1) {} }\n'
    limits = {"cpu_ms": 1_000}
    execution = await executed_tests(bench, "cpp-batteries", "catch2", {"": source + first + endless}, limits=limits)
    assert (execution.status, ends(execution)) == (Status.TIME_LIMIT, {"first": "PASSED", "endless": "ERROR"})


async def test_catch2_without_tests_and_with_what_does_not_compile(bench: Workbench) -> None:
    none = {"": "#include <catch2/catch_test_macros.hpp>\n"}
    execution = await executed_tests(bench, "cpp-batteries", "catch2", none)
    assert (execution.status, execution.error) == (Status.FAILED, "no tests were found")
    execution = await executed_tests(bench, "cpp-batteries", "catch2", {"": "TEST_CASE("})
    assert (execution.status, execution.tests) == (Status.COMPILE_ERROR, [])
