package coderunner;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.SourceVersion;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** One call of javac: {@code javac OPTIONS -d DIRECTORY SOURCES}, in the given directory. */
final class Compilation {
    /** Exit code as javac's own: 0 success, 1 errors, 2 bad arguments. */
    record Result(int exitCode, String diagnostics) {}

    /** What javac says when it has caught its own failure, a stack overflow for one. */
    private static final String CRASHED = "An exception has occurred in the compiler (";

    /** Options whose number is a word of its own. */
    private static final List<String> VALUED = List.of("--release", "--source", "-source", "--target", "-target");

    private static final String PACKAGES = "--packages=";

    private static final JavaCompiler JAVAC = ToolProvider.getSystemJavaCompiler();

    /** Keeps the modules and jars open that every compilation reads, and their indexes; nothing of a program or its packages. */
    private static final StandardJavaFileManager KEPT = fileManager();

    static Result run(Path directory, List<String> command) {
        var options = new ArrayList<String>();
        var sources = new ArrayList<JavaFileObject>();
        var output = directory;
        var packages = "";
        for (var i = 1; i < command.size(); i++) {
            var argument = command.get(i);
            if (argument.equals("-d") && i + 1 < command.size()) {
                output = directory.resolve(command.get(++i));
            } else if (VALUED.contains(argument) && i + 1 < command.size() && command.get(i + 1).matches("\\d+")) {
                options.addAll(List.of(argument, command.get(++i)));
            } else if (argument.startsWith(PACKAGES)) {
                packages = argument.substring(PACKAGES.length());
            } else if (argument.endsWith(".java")) {
                sources.add(new Source(directory, argument));
            } else if (runsCode(argument)) {
                return new Result(2, "error: option not allowed: " + argument + "\n");
            } else {
                options.add(argument);
            }
        }
        options.add("-proc:none");
        if (sources.size() == 1) {
            ((Source) sources.get(0)).alone = true;
        }
        return compile(options, sources, packages, output);
    }

    /** Options that would have javac run code or read other files of arguments. */
    private static boolean runsCode(String argument) {
        return !argument.startsWith("-") || argument.startsWith("-processor") || argument.startsWith("--processor")
                || argument.startsWith("-Xplugin") || argument.startsWith("-J") || argument.startsWith("-A");
    }

    /** Such a one reads jars in another way (META-INF/versions). */
    private static boolean isForAnotherRelease(List<String> options) {
        return options.stream().anyMatch(option -> VALUED.stream().anyMatch(option::startsWith));
    }

    private static StandardJavaFileManager fileManager() {
        return JAVAC.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    }

    /** Nothing that is found on the class path runs here: without a place for processors, javac would look there for them, and
     * for plug-ins that start by themselves (-proc:none does not keep those away). There is no source path, as with a plain javac:
     * where a module is declared and there is one, javac asks whether our sources are below it, and fails. */
    private static Result compile(List<String> options, List<JavaFileObject> sources, String packages, Path output) {
        var diagnostics = new StringWriter();
        try (var own = packages.isEmpty() && !isForAnotherRelease(options) ? null : fileManager()) {
            var files = own == null ? KEPT : own;
            files.setLocation(StandardLocation.CLASS_OUTPUT, List.of(output.toFile()));
            files.setLocation(StandardLocation.CLASS_PATH, classPath(packages));
            files.setLocation(StandardLocation.ANNOTATION_PROCESSOR_PATH, List.<File>of());
            var succeeded = JAVAC.getTask(diagnostics, files, null, options, null, sources).call();
            if (diagnostics.toString().lines().anyMatch(line -> line.startsWith(CRASHED))) {
                throw new IllegalStateException(diagnostics.toString());
            }
            return new Result(succeeded ? 0 : 1, diagnostics.toString());
        } catch (IllegalArgumentException unknownOption) {
            return new Result(2, unknownOption.getMessage() + "\n");
        } catch (IOException error) {
            return new Result(1, diagnostics + "error: " + error.getMessage() + "\n");
        }
    }

    private static List<File> classPath(String packages) throws IOException {
        var jars = packages.isEmpty() ? new ArrayList<String>() : Packages.jars(packages);
        jars.addAll(Packages.libraries());
        return jars.stream().map(File::new).toList();
    }

    /** A submitted file; diagnostics call it by its name in the submission. */
    private static final class Source extends SimpleJavaFileObject {
        private final Path path;
        private final String name;
        private boolean alone;

        Source(Path directory, String name) {
            super(URI.create("source:///" + URI.create("x").resolve(encode(name))), Kind.SOURCE);
            this.path = directory.resolve(name);
            this.name = name;
        }

        private static String encode(String name) {
            return java.net.URLEncoder.encode(name, StandardCharsets.UTF_8).replace("%2F", "/").replace("+", "%20");
        }

        @Override
        public String getName() {
            return name;
        }

        /** As for {@code java FILE.java}: a program of one file may be called anything, whatever its public class. */
        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return super.isNameCompatible(simpleName, kind)
                    || alone && kind == Kind.SOURCE && SourceVersion.isIdentifier(simpleName);
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) throws IOException {
            return Files.readString(path, StandardCharsets.UTF_8);
        }
    }

    private Compilation() {}
}
