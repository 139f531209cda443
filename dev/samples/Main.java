import java.util.stream.IntStream;

public class Main {
    record Greeting(String from, int sum) {}

    public static void main(String[] args) {
        var greeting = new Greeting("Java " + Runtime.version().feature(), IntStream.rangeClosed(1, 10).sum());
        System.out.println("hello from " + greeting.from() + " and " + greeting.sum());
    }
}
