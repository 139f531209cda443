import java.net.*;
import java.nio.channels.SocketChannel;

public class Main {
    public static void main(String[] arguments) throws Exception {
        for (String goal : new String[] {"169.254.169.254:80", "172.17.0.1:2375", "127.0.0.1:4222", "::1:2379", "8.8.8.8:53"}) {
            int colon = goal.lastIndexOf(':');
            try (Socket line = new Socket()) {
                line.connect(new InetSocketAddress(goal.substring(0, colon), Integer.parseInt(goal.substring(colon + 1))), 200);
                System.out.println("ESCAPED: reached " + goal);
            } catch (Exception refused) {
            }
        }
        try (SocketChannel line = SocketChannel.open(UnixDomainSocketAddress.of("/var/run/docker.sock"))) {
            System.out.println("ESCAPED: the engine");
        } catch (Exception refused) {
        }
        System.out.println("tried");
    }
}
