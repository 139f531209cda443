import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

public class Streams {
    record Person(String name, int age, String city) {}

    private static final List<Person> PEOPLE = List.of(
            new Person("Ann", 34, "Oslo"), new Person("Bob", 19, "Rome"), new Person("Cid", 52, "Oslo"),
            new Person("Dora", 41, "Cairo"), new Person("Emil", 27, "Rome"), new Person("Fay", 63, "Oslo"));

    public static void main(String[] args) {
        Map<String, List<String>> byCity = PEOPLE.stream().collect(Collectors.groupingBy(
                Person::city, TreeMap::new, Collectors.mapping(Person::name, Collectors.toList())));
        System.out.println(byCity);

        System.out.println(PEOPLE.stream().filter(p -> p.age() > 30).map(Person::name).sorted()
                .collect(Collectors.joining(", ", "[", "]")));
        System.out.println(PEOPLE.stream().mapToInt(Person::age).summaryStatistics());

        List<Integer> primes = IntStream.rangeClosed(2, 60)
                .filter(n -> IntStream.rangeClosed(2, (int) Math.sqrt(n)).noneMatch(d -> n % d == 0))
                .boxed().toList();
        System.out.println(primes);
        int[] squares = IntStream.iterate(1, n -> n + 1).limit(8).map(n -> n * n).toArray();
        System.out.println(Arrays.toString(squares) + " " + Arrays.stream(squares).sum());
    }
}
