package coderunner.testing;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Set;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs the tests among the classes of the work directory, on the JUnit platform: {@code Tests [PATTERN OF CLASS NAMES]}. */
public final class Tests {
    private Tests() {}

    public static void main(String[] arguments) {
        var roots = DiscoverySelectors.selectClasspathRoots(Set.of(Path.of("").toAbsolutePath()));
        var request = LauncherDiscoveryRequestBuilder.request().selectors(roots);
        if (arguments.length > 0) {
            request.filters(ClassNameFilter.includeClassNamePatterns(arguments));
        }
        var summary = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request.build(), new Reporting(new Report()), summary);
        var output = new PrintWriter(System.out);
        summary.getSummary().printFailuresTo(output, 20);
        summary.getSummary().printTo(output);
        output.flush();
        System.exit(summary.getSummary().getTotalFailureCount() == 0 ? 0 : 1);
    }
}
