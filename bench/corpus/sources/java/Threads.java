import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

public class Threads {
    static long collatz(long n) {
        long steps = 0;
        for (; n != 1; steps++) {
            n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        }
        return steps;
    }

    public static void main(String[] args) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        AtomicInteger done = new AtomicInteger();
        ConcurrentHashMap<Long, Integer> lengths = new ConcurrentHashMap<>();
        List<Callable<Long>> tasks = new ArrayList<>();
        for (int part = 0; part < 4; part++) {
            final int first = part * 2500 + 1;
            tasks.add(() -> {
                long best = 0;
                for (int n = first; n < first + 2500; n++) {
                    long steps = collatz(n);
                    lengths.merge(steps, 1, Integer::sum);
                    best = Math.max(best, steps);
                }
                done.incrementAndGet();
                return best;
            });
        }
        for (Future<Long> answer : executor.invokeAll(tasks)) {
            System.out.println("longest " + answer.get());
        }
        executor.shutdown();
        System.out.println(done.get() + " parts, " + lengths.values().stream().mapToInt(Integer::intValue).sum()
                + " numbers, " + lengths.size() + " lengths");
    }
}
