import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        System.out.println("growing");
        List<byte[]> kept = new ArrayList<>();
        while (true) kept.add(new byte[1 << 20]);
    }
}
