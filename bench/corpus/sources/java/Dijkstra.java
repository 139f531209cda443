import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

public class Dijkstra {
    private record Stop(String place, int cost) implements Comparable<Stop> {
        @Override
        public int compareTo(Stop other) {
            return Integer.compare(cost, other.cost);
        }
    }

    private final Map<String, Map<String, Integer>> roads = new HashMap<>();

    void road(String a, String b, int cost) {
        roads.computeIfAbsent(a, key -> new HashMap<>()).put(b, cost);
        roads.computeIfAbsent(b, key -> new HashMap<>()).put(a, cost);
    }

    String path(String from, String to) {
        Map<String, Integer> best = new HashMap<>(Map.of(from, 0));
        Map<String, String> before = new HashMap<>();
        PriorityQueue<Stop> open = new PriorityQueue<>();
        open.add(new Stop(from, 0));
        while (!open.isEmpty()) {
            Stop stop = open.poll();
            if (stop.cost() > best.get(stop.place())) {
                continue;
            }
            roads.getOrDefault(stop.place(), Map.of()).forEach((next, step) -> {
                int through = stop.cost() + step;
                if (through < best.getOrDefault(next, Integer.MAX_VALUE)) {
                    best.put(next, through);
                    before.put(next, stop.place());
                    open.add(new Stop(next, through));
                }
            });
        }
        if (!best.containsKey(to)) {
            return to + " cannot be reached";
        }
        Deque<String> path = new ArrayDeque<>();
        for (String at = to; at != null; at = before.get(at)) {
            path.addFirst(at);
        }
        return best.get(to) + ": " + String.join(" - ", path);
    }

    public static void main(String[] args) {
        Dijkstra map = new Dijkstra();
        map.road("home", "bakery", 4);
        map.road("home", "school", 2);
        map.road("school", "bakery", 1);
        map.road("bakery", "station", 5);
        map.road("station", "airport", 6);
        for (String place : Arrays.asList("bakery", "station", "airport", "moon")) {
            System.out.println(map.path("home", place));
        }
    }
}
