public class Main {
    public static void main(String[] arguments) throws Exception {
        int started = 0;
        try {
            while (started < 10_000) {
                Thread thread = new Thread(() -> { try { Thread.sleep(60_000); } catch (InterruptedException e) { } });
                thread.setDaemon(true);
                thread.start();
                ++started;
            }
            System.out.println("ESCAPED: " + started + " threads");
        } catch (OutOfMemoryError refused) {
            System.out.println("refused");
        }
        Runtime.getRuntime().halt(0);
    }
}
