import java.nio.ByteBuffer;
import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        System.out.println("growing");
        List<ByteBuffer> kept = new ArrayList<>();
        while (true) {
            ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
            for (int at = 0; at < piece.capacity(); at += 4096) piece.put(at, (byte) 1);
            kept.add(piece);
        }
    }
}
