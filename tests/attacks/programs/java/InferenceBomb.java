import java.util.function.*;

public class Main {
    static <T> T id(T x) { return x; }
    static <A, B> Function<A, B> f(Function<? super A, ? extends B> g) { return null; }
    public static void main(String[] arguments) {
        Object x = id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> id(f(a -> null))))))))))))))))))))))))))))))))))))))))))))))))))))))));
    }
}
