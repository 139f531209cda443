public class Main {
    public static void main(String[] words) {
        throw new IllegalStateException("got here");
    }
}
