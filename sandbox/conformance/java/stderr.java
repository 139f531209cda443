public class Main {
    public static void main(String[] words) {
        System.err.println("to standard error");
    }
}
