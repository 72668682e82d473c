package dev.homeport.examples.greeter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.examples.greeter.proto.GreetRequest;
import dev.homeport.examples.greeter.proto.GreeterGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The greeter greets. */
@Timeout(30)
class GreeterTest {
    @Test
    void greetingNamesTheCaller() throws IOException {
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(new GreeterServer())
                .build()
                .start();
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
        try {
            GreetRequest request = GreetRequest.newBuilder().setName("Ada").build();

            assertThat(GreeterGrpc.newBlockingStub(channel).greet(request).getGreeting())
                    .isEqualTo("Hello, Ada!");
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }
}
