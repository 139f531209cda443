import java.util.Comparator;
import java.util.stream.IntStream;

public class Journey {
    record Path(int start, int steps) {
        static Path from(int start) {
            int steps = 0;
            for (long n = start; n != 1; steps++) {
                n = n % 2 == 0 ? n / 2 : 3 * n + 1;
            }
            return new Path(start, steps);
        }
    }

    public static void main(String[] args) {
        for (int limit = 10; limit <= 1_000_000; limit *= 10) {
            Path longest = IntStream.range(1, limit)
                    .mapToObj(Path::from)
                    .max(Comparator.comparingInt(Path::steps))
                    .orElseThrow();
            System.out.printf("below %,9d: %s%n", limit, longest);
        }
    }
}
