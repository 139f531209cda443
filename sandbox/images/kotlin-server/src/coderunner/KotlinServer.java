package coderunner;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.jetbrains.kotlin.cli.jvm.compiler.KotlinCoreEnvironment;

/**
 * The resident Kotlin compiler: takes requests on stdin and answers on stdout, one at a time, as docs/agent-protocol.md says.
 * A compilation that overflows stack or heap, or that crashes the compiler, ends this process, and another is started.
 */
final class KotlinServer {
    private static final long STACK_BYTES = 16L << 20;
    private static final int CRASHED_EXIT_CODE = 3;
    private static final int WARM_UP_ROUNDS = 6;
    private static final String LIBRARY = "/opt/coderunner/kotlin/jars/kotlin-stdlib.jar";
    private static final String PACKAGES = "--packages=";
    /** Jars on the class path may tell of languages for scripts, whose classes the compiler would load. */
    private static final String NO_SCRIPTS = "-Xdisable-default-scripting-plugin";
    private static final String WARM_UP = """
            data class Point(val x: Int, val y: Int)
            fun main(args: Array<String>) {
                val words = generateSequence { readLine() }.flatMap { it.split(" ").asSequence() }.toList()
                val counts = words.groupBy { it }.mapValues { it.value.size }.toSortedMap()
                for ((word, count) in counts) println("$word ${count + 1}")
                val points = (1..5).map { Point(it, it * it) }.filter { it.y > 2 }
                println(points.joinToString { p -> "${p.x}" } + when (args.size) { 0 -> "none"; else -> "some" })
            }
            """;

    private final DataInputStream requests = new DataInputStream(new FileInputStream(FileDescriptor.in));
    private final DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));

    private record Result(int exitCode, String diagnostics) {}

    public static void main(String[] args) throws Exception {
        System.setOut(System.err);
        System.setProperty("kotlin.environment.keepalive", "true");
        var server = new KotlinServer();
        server.warmUp();
        server.serve();
    }

    private void serve() throws Exception {
        while (true) {
            List<String> request;
            try {
                request = readList();
            } catch (EOFException closed) {
                return;
            }
            var directory = Path.of(request.get(0));
            answer(inDeepStack(directory, request.subList(2, request.size())));
        }
    }

    /** Compiles a typical program; stops early once a request waits. */
    private void warmUp() throws Exception {
        var directory = Files.createTempDirectory("warm-up-");
        Files.writeString(directory.resolve("Main.kt"), WARM_UP);
        for (var round = 0; round < WARM_UP_ROUNDS && requests.available() == 0; round++) {
            inDeepStack(directory, List.of("Main.kt"));
        }
        try (var made = Files.walk(directory)) {
            for (var path : made.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static Result inDeepStack(Path directory, List<String> words) throws InterruptedException {
        var result = new Result[1];
        var thread = new Thread(null, () -> result[0] = compile(directory, words), "kotlinc", STACK_BYTES);
        thread.setUncaughtExceptionHandler((failed, error) -> Runtime.getRuntime().halt(CRASHED_EXIT_CODE));
        thread.start();
        thread.join();
        return result[0];
    }

    private static Result compile(Path directory, List<String> words) {
        var arguments = new ArrayList<>(List.of("-nowarn", "-no-reflect", "-no-stdlib", "-d", directory.toString()));
        var classPath = LIBRARY;
        for (var word : words) {
            if (word.startsWith(PACKAGES)) {
                classPath += jars(word.substring(PACKAGES.length()));
                arguments.add(NO_SCRIPTS);
            } else {
                arguments.add(word.endsWith(".kt") ? directory.resolve(word).toString() : word);
            }
        }
        arguments.addAll(List.of("-cp", classPath));
        var said = new ByteArrayOutputStream();
        var printed = new PrintStream(said, false, StandardCharsets.UTF_8);
        ExitCode code = new K2JVMCompiler().exec(printed, arguments.toArray(String[]::new));
        printed.flush();
        if (arguments.contains(NO_SCRIPTS)) {
            forgetJars();
        }
        return new Result(code.getCode(), said.toString(StandardCharsets.UTF_8).replace(directory + "/", ""));
    }

    /** Between compilations the compiler keeps open what it has read; of packages there are ever others. */
    private static void forgetJars() {
        try {
            var companion = KotlinCoreEnvironment.Companion;
            var dispose = companion.getClass().getDeclaredMethod("disposeApplicationEnvironment"); // private in 1.3
            dispose.setAccessible(true);
            dispose.invoke(companion);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    /** The jars in a folder of packages, as what a class path ends with. */
    private static String jars(String folder) {
        try (var names = Files.lines(Path.of(folder, "class-path"))) {
            return names.map(name -> File.pathSeparator + folder + "/" + name).collect(Collectors.joining());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private List<String> readList() throws IOException {
        var count = requests.readInt();
        var list = new ArrayList<String>(count);
        for (var i = 0; i < count; i++) {
            list.add(new String(requests.readNBytes(requests.readInt()), StandardCharsets.UTF_8));
        }
        return list;
    }

    private void answer(Result result) throws IOException {
        var diagnostics = result.diagnostics().getBytes(StandardCharsets.UTF_8);
        var message = ByteBuffer.allocate(8 + diagnostics.length);
        message.putInt(result.exitCode()).putInt(diagnostics.length).put(diagnostics);
        answers.write(message.array());
        answers.flush();
    }
}
