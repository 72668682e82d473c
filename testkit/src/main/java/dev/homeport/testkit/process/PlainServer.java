package dev.homeport.testkit.process;

import dev.homeport.testkit.EchoService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;

/** A server that knows only {@code io.grpc}. Prints its port, and ends when its standard input does. */
public final class PlainServer {
    /** Begins the line that tells the port. */
    public static final String PORT = "port ";

    private PlainServer() {}

    /** Serves on a port that the kernel chooses. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(EchoService.definition())
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
        System.out.println(PORT + server.getPort());
        while (System.in.read() >= 0) {
            // Nothing is said to a server but to end.
        }
        server.shutdownNow().awaitTermination();
    }
}
