import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class WordCount {
    private static final String TEXT = """
            The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away.
            Over the hills and far away the fox rests, and the dog sleeps.
            """;

    static Map<String, Integer> count(String text) {
        Map<String, Integer> counts = new HashMap<>();
        for (String word : text.toLowerCase().split("[^a-z]+")) {
            if (!word.isEmpty()) {
                counts.merge(word, 1, Integer::sum);
            }
        }
        return counts;
    }

    public static void main(String[] args) {
        Map<String, Integer> counts = count(TEXT);
        List<Map.Entry<String, Integer>> ranked = new ArrayList<>(counts.entrySet());
        ranked.sort(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()));
        for (Map.Entry<String, Integer> entry : ranked.subList(0, 6)) {
            System.out.printf("%-6s %2d%n", entry.getKey(), entry.getValue());
        }
        System.out.println(counts.size() + " different words");
    }
}
