// The listener that is linked into every program of Catch2's, beside whatever reporter it has: it writes what becomes of
// each test case, line by line, into the report that tests leave for the node (docs/testing-frameworks.md).
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch_assertion_info.hpp>
#include <catch2/catch_assertion_result.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int max_tests = 500;
constexpr std::size_t name_bytes = 200, message_bytes = 2000;

// As JSON has it. A byte that belongs to no UTF-8 is passed on as it is: whoever reads the line passes over it.
std::string quoted(std::string const& text, std::size_t most) {
    std::string json = "\"";
    std::size_t end = std::min(text.size(), most);
    while (end < text.size() && end > 0 && (text[end] & 0xc0) == 0x80) --end;
    for (unsigned char one : text.substr(0, end)) {
        if (one < 0x20 || one == '"' || one == '\\') {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", one);
            json += escaped;
        } else {
            json += static_cast<char>(one);
        }
    }
    return json + '"';
}

class Listener : public Catch::EventListenerBase {
public:
    explicit Listener(Catch::IConfig const* config) : EventListenerBase(config) {
        if (char const* path = std::getenv("CODERUNNER_TEST_REPORT")) {
            report_ = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        }
    }

    void testCaseStarting(Catch::TestCaseInfo const& info) override {
        began_ = std::chrono::steady_clock::now();
        message_.clear();
        file_.clear();
        line_ = 0;
        if (++tests_ <= max_tests) {
            write("{" + names(info) + ", \"status\": \"STARTED\"}");
        } else if (tests_ == max_tests + 1) {
            write("{\"more\": true}");
        }
    }

    void assertionEnded(Catch::AssertionStats const& stats) override {
        auto const& result = stats.assertionResult;
        bool const skips = result.getResultType() == Catch::ResultWas::ExplicitSkip;
        if ((result.isOk() && !skips) || line_ > 0) return;
        file_ = result.getSourceInfo().file;
        line_ = result.getSourceInfo().line;
        if (result.hasExpression()) say(result.getExpressionInMacro());
        if (result.hasExpandedExpression()) say(result.getExpandedExpression());
        std::string const said(result.getMessage());
        say(said);
        for (auto const& info : stats.infoMessages) {
            if (info.message != said) say(info.message);
        }
        unexpected_ = result.getResultType() == Catch::ResultWas::ThrewException ||
                      result.getResultType() == Catch::ResultWas::FatalErrorCondition;
    }

    void testCaseEnded(Catch::TestCaseStats const& stats) override {
        if (tests_ > max_tests) return;
        auto const& cases = stats.totals.testCases;
        char const* status = cases.failed ? (unexpected_ ? "ERROR" : "FAILED")
                             : cases.skipped || cases.failedButOk ? "SKIPPED"
                                                                  : "PASSED";
        unexpected_ = false;
        std::chrono::duration<double, std::milli> const took = std::chrono::steady_clock::now() - began_;
        write("{" + names(*stats.testInfo) + ", \"status\": \"" + status + "\", \"duration_ms\": " +
              std::to_string(took.count()) + ", \"message\": " + quoted(message_, message_bytes) + ", \"file\": " +
              quoted(file_, name_bytes) + ", \"line\": " + std::to_string(line_) + "}");
    }

private:
    int report_ = -1;
    int tests_ = 0;
    bool unexpected_ = false;
    std::string message_, file_;
    std::size_t line_ = 0;
    std::chrono::steady_clock::time_point began_;

    void say(std::string const& line) {
        if (!message_.empty() && !line.empty()) message_ += '\n';
        message_ += line;
    }

    static std::string names(Catch::TestCaseInfo const& info) {
        std::string const suite = info.className.empty() ? info.lineInfo.file : std::string(info.className);
        return "\"suite\": " + quoted(suite, name_bytes) + ", \"name\": " + quoted(info.name, name_bytes);
    }

    void write(std::string const& line) const {
        std::string const whole = line + "\n";
        if (report_ >= 0 && ::write(report_, whole.data(), whole.size()) < 0) return; // whoever fills the disk is told of that
    }
};

CATCH_REGISTER_LISTENER(Listener)

}  // namespace
