package coderunner.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** What tests leave for the node, written line by line while they run (docs/testing-frameworks.md). */
final class Report {
    private static final int MAX_TESTS = 500;
    private static final int NAME_CHARS = 200;
    private static final int MESSAGE_CHARS = 2000;

    private final Set<String> told = new HashSet<>();
    private final OutputStream file = open();
    private int tests;

    private static OutputStream open() {
        var path = System.getenv("CODERUNNER_TEST_REPORT");
        try {
            return path == null
                    ? OutputStream.nullOutputStream()
                    : Files.newOutputStream(Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException error) {
            return OutputStream.nullOutputStream();
        }
    }

    /** A test begins. What follows the first 500 is not told. */
    void started(String suite, String name) {
        tests++;
        if (tests <= MAX_TESTS) {
            told.add(suite + "\n" + name);
            write("{%s, \"status\": \"STARTED\"}".formatted(names(suite, name)));
        } else if (tests == MAX_TESTS + 1) {
            write("{\"more\": true}");
        }
    }

    void ended(String suite, String name, String status, double durationMs, String message, String file, int line) {
        if (told.remove(suite + "\n" + name)) {
            var form = "{%s, \"status\": \"%s\", \"duration_ms\": %.3f, \"message\": %s, \"file\": %s, \"line\": %d}";
            var texts = new String[] {quoted(message, MESSAGE_CHARS), quoted(file, NAME_CHARS)};
            write(String.format(Locale.ROOT, form, names(suite, name), status, durationMs, texts[0], texts[1], line));
        }
    }

    private static String names(String suite, String name) {
        return "\"suite\": " + quoted(suite, NAME_CHARS) + ", \"name\": " + quoted(name, NAME_CHARS);
    }

    private void write(String line) {
        try {
            file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException full) {
            return; // whoever fills the disk is told of that
        }
    }

    /** As JSON has it; all that is not plain ASCII as its number. */
    private static String quoted(String text, int most) {
        var json = new StringBuilder("\"");
        for (var character : text.substring(0, Math.min(text.length(), most)).toCharArray()) {
            if (character < ' ' || character > '~' || character == '"' || character == '\\') {
                json.append("\\u%04x".formatted((int) character));
            } else {
                json.append(character);
            }
        }
        return json.append('"').toString();
    }
}
