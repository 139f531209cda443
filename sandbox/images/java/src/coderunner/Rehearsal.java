package coderunner;

import java.math.BigInteger;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A typical program, run once when the image is built: the classes that it loads are put into the class archive. */
public final class Rehearsal {
    private record Pair(String name, int value) {}

    private sealed interface Shape permits Circle, Square {}

    private record Circle(double radius) implements Shape {}

    private record Square(double side) implements Shape {}

    public static void main(String[] args) throws Exception {
        var counts = new TreeMap<String, Integer>();
        for (var word : "to be or not to be".split(" ")) {
            counts.merge(word, 1, Integer::sum);
        }
        System.out.println(counts + " " + new LinkedHashMap<>(counts) + " " + Arrays.asList(3, 1, 2));
        var queue = new PriorityQueue<Pair>((a, b) -> a.value() - b.value());
        queue.addAll(Arrays.asList(new Pair("b", 2), new Pair("a", 1)));
        System.out.println(queue.poll() + " " + new ArrayDeque<>(queue).size() + " " + Optional.of(1).map(x -> x + 1));
        var groups = IntStream.rangeClosed(1, 9).boxed().collect(Collectors.groupingBy(x -> x % 3, Collectors.toList()));
        System.out.println(groups + String.format(Locale.ROOT, " %5.2f %s", area(new Circle(1)), new Random(1).nextInt(9)));
        System.out.println(BigInteger.TWO.pow(100) + " " + LocalDate.of(2024, 2, 29).plusYears(1) + Duration.ofMinutes(5));
        var total = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(2)) {
            threads.submit(() -> total.addAndGet(1)).get();
        }
        System.out.println(CompletableFuture.supplyAsync(() -> total.get()).thenApply(x -> x * 2).get());
        try {
            throw new IllegalStateException("rehearsal");
        } catch (IllegalStateException expected) {
            expected.printStackTrace(System.out);
        }
    }

    private static double area(Shape shape) {
        return switch (shape) {
            case Circle circle -> Math.PI * circle.radius() * circle.radius();
            case Square square -> square.side() * square.side();
        };
    }

    private Rehearsal() {}
}
