public class Main {
    public static void main(String[] arguments) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true); }));
        System.out.println("sleeping");
        System.out.flush();
        Thread.sleep(60_000);
    }
}
