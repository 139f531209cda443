public class Main {
    public static void main(String[] arguments) throws Exception {
        for (int number = 0; number < 4; ++number)
            new ProcessBuilder("setsid", "sh", "-c", "trap '' TERM; while :; do sleep 0.01; : > /tmp/alive$$; done").start();
        Thread.sleep(150);
        System.out.println("left");
        Runtime.getRuntime().halt(0);
    }
}
