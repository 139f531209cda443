import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

public class LruCache<K, V> {
    private final int capacity;
    private final Map<K, V> entries;
    private int hits;
    private int misses;

    public LruCache(int capacity) {
        this.capacity = capacity;
        this.entries = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > LruCache.this.capacity;
            }
        };
    }

    public Optional<V> get(K key) {
        Optional<V> found = Optional.ofNullable(entries.get(key));
        if (found.isPresent()) {
            hits++;
        } else {
            misses++;
        }
        return found;
    }

    public void put(K key, V value) {
        entries.put(key, value);
    }

    @Override
    public String toString() {
        return entries + " hits=" + hits + " misses=" + misses;
    }

    public static void main(String[] args) {
        LruCache<String, Integer> cache = new LruCache<>(2);
        cache.put("one", 1);
        cache.put("two", 2);
        System.out.println(cache.get("one").orElse(-1));
        cache.put("three", 3);
        System.out.println(cache.get("two").orElse(-1));
        System.out.println(cache.get("three").map(n -> n * 10).orElse(-1));
        System.out.println(cache);
    }
}
