import com.sun.net.httpserver.HttpServer;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Main {
    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("hello".getBytes());
            exchange.close();
        });
        server.start();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:8080/")).build();
        String answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
        server.stop(0);
        InetAddress here = InetAddress.getByName("127.0.0.1");
        try (DatagramSocket listener = new DatagramSocket(5000, here); DatagramSocket sender = new DatagramSocket()) {
            listener.setReceiveBufferSize(1 << 16);
            sender.send(new DatagramPacket("hello".getBytes(), 5, here, 5000));
            listener.receive(new DatagramPacket(new byte[5], 5));
        }
        try (ServerSocket one = new ServerSocket(0, 5, here); Socket client = new Socket(here, one.getLocalPort())) {
            client.setTcpNoDelay(true);
            client.setKeepAlive(true);
            client.setSoLinger(true, 1);
            one.accept().close();
        }
        System.out.println(answer.equals("hello") ? "served" : answer);
        System.exit(0);
    }
}
