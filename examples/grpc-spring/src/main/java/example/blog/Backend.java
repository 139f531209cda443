package example.blog;

import coderunner.v1.ExecutionServiceGrpc;
import coderunner.v1.ExecutionServiceGrpc.ExecutionServiceBlockingStub;
import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;

/** A blog's backend that has its readers' programs run by CodeRunner. */
@SpringBootApplication
public class Backend {
    public static void main(String[] arguments) {
        SpringApplication.run(Backend.class, arguments);
    }

    /** Says where it is, also where the system has chosen the port. */
    @EventListener
    void ready(WebServerInitializedEvent event) {
        System.out.printf("http://127.0.0.1:%d/run%n", event.getWebServer().getPort());
    }

    /** One channel is enough for all calls; it connects again by itself. */
    @Bean(destroyMethod = "shutdownNow")
    ManagedChannel channel(@Value("${coderunner.gateway}") String gateway, @Value("${coderunner.ca}") String ca)
            throws IOException {
        ChannelCredentials tls = ca.isEmpty()
                ? TlsChannelCredentials.create()
                : TlsChannelCredentials.newBuilder().trustManager(new File(ca)).build();
        return Grpc.newChannelBuilder(gateway, tls).build();
    }

    @Bean
    ExecutionServiceBlockingStub executions(ManagedChannel channel, @Value("${coderunner.token}") String token) {
        CallCredentials bearer = new BearerToken(token);
        return ExecutionServiceGrpc.newBlockingStub(channel).withCallCredentials(bearer);
    }
}
