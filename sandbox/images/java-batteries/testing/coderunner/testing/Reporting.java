package coderunner.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Tells the node of each test as it begins and ends. */
final class Reporting implements TestExecutionListener {
    private final Report report;
    private final Map<String, Long> began = new HashMap<>();

    Reporting(Report report) {
        this.report = report;
    }

    @Override
    public synchronized void executionStarted(TestIdentifier test) {
        began.put(test.getUniqueId(), System.nanoTime());
        if (test.isTest()) {
            report.started(suite(test), name(test));
        }
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        report.started(suite(test), name(test));
        report.ended(suite(test), name(test), "SKIPPED", 0, reason == null ? "" : reason, "", 0);
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        var status = status(result);
        if (!test.isTest() && status.equals("PASSED")) {
            return;
        }
        if (!test.isTest()) {
            report.started(suite(test), name(test));
            status = status.equals("SKIPPED") ? status : "ERROR";
        }
        var durationMs = (System.nanoTime() - began.getOrDefault(test.getUniqueId(), System.nanoTime())) / 1e6;
        var thrown = result.getThrowable();
        var place = thrown.flatMap(Reporting::place);
        var file = place.map(StackTraceElement::getFileName).orElse("");
        var line = place.map(StackTraceElement::getLineNumber).orElse(0);
        var message = thrown.map(Throwable::toString).orElse("");
        report.ended(suite(test), name(test), status, durationMs, message, file, Math.max(line, 0));
    }

    private static String status(TestExecutionResult result) {
        return switch (result.getStatus()) {
            case SUCCESSFUL -> "PASSED";
            case ABORTED -> "SKIPPED"; // an assumption that does not hold
            case FAILED -> result.getThrowable().filter(AssertionError.class::isInstance).isPresent() ? "FAILED" : "ERROR";
        };
    }

    /** Where in a class of the work directory it was thrown: such a one comes from no jar and no module. */
    private static Optional<StackTraceElement> place(Throwable thrown) {
        for (var frame : thrown.getStackTrace()) {
            var path = frame.getClassName().replace('.', '/') + ".class";
            if (frame.getModuleName() == null && new java.io.File(path).exists()) {
                return Optional.of(frame);
            }
        }
        return Optional.empty();
    }

    private static String suite(TestIdentifier test) {
        var source = test.getSource().orElse(null);
        return source instanceof MethodSource method ? method.getClassName() : "";
    }

    private static String name(TestIdentifier test) {
        var source = test.getSource().orElse(null);
        if (source instanceof MethodSource method) {
            var isOneOfSeveral = test.getUniqueId().contains("-invocation:") || test.getUniqueId().contains("dynamic-test:");
            return method.getMethodName() + (isOneOfSeveral ? test.getDisplayName() : "");
        }
        return source instanceof ClassSource type ? type.getClassName() : test.getDisplayName();
    }
}
