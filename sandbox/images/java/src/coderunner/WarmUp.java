package coderunner;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Compiles typical programs, so that the first request finds a javac that has already been compiled itself. */
final class WarmUp {
    private static final int ROUNDS = 12;
    private static final List<String> PROGRAMS = List.of(
            "public class Main { public static void main(String[] args) { System.out.println(\"hello\"); } }",
            """
            import java.util.*;
            import java.util.stream.*;
            public class Main {
                record Point(int x, int y) { int sum() { return x + y; } }
                interface Shape { double area(); }
                enum Colour { RED, GREEN }
                static <T extends Comparable<T>> T largest(List<T> list) {
                    T best = list.get(0);
                    for (T item : list) if (item.compareTo(best) > 0) best = item;
                    return best;
                }
                public static void main(String[] args) throws Exception {
                    Scanner in = new Scanner(System.in);
                    Map<String, Integer> counts = new TreeMap<>();
                    int[] numbers = new int[10];
                    for (int i = 0; i < numbers.length; i++) numbers[i] = i * i % 7;
                    Arrays.sort(numbers);
                    StringBuilder text = new StringBuilder();
                    for (int n : numbers) { counts.merge("k" + n, 1, Integer::sum); text.append(n).append(' '); }
                    Shape shape = () -> 2.5;
                    String size = switch (args.length) { case 0 -> "none"; case 1 -> "one"; default -> "many"; };
                    try { System.out.printf("%s %.1f %s%n", text, shape.area(), size); }
                    catch (RuntimeException error) { error.printStackTrace(); }
                    List<Point> points = IntStream.range(0, 5).mapToObj(i -> new Point(i, i)).collect(Collectors.toList());
                    System.out.println(points.stream().filter(p -> p.sum() > 2).map(Point::toString).collect(Collectors.joining(",")));
                    if (largest(List.of(1, 2, 3)) instanceof Integer i && i > 2) System.out.println(Colour.RED);
                }
            }
            """,
            "public class Main { public static void main(String[] args) { int x = \"text\"; missing(); return 1 } }",
            "import java.util.List; public class Main { String s = 1; void f(List<Integer> l) { l.add(\"x\"); undefined.call(); } }");

    /** Stops early once a request waits on {@code requests}. */
    static void run(InputStream requests) throws IOException {
        var directory = Files.createTempDirectory("warm-up-");
        try {
            var source = directory.resolve("Main.java");
            for (var round = 0; round < ROUNDS; round++) {
                for (var program : PROGRAMS) {
                    if (requests.available() > 0) {
                        return;
                    }
                    Files.writeString(source, program);
                    Compilation.run(directory, List.of("javac", "-d", ".", "Main.java"));
                }
            }
        } finally {
            remove(directory);
        }
        System.gc();
    }

    private static void remove(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private WarmUp() {}
}
