package dev.homeport.chaos.process;

import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.process.PlainClient;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.protobuf.services.HealthStatusManager;

/**
 * {@code Alone <tcp port or 0>}: a server and a client of it in one process, which know only {@code io.grpc}: the client
 * makes a call of each kind and prints a line for each.
 */
public final class Alone {
    private Alone() {}

    /** Serves and calls. */
    public static void main(String[] arguments) throws Exception {
        Server server = Grpc.newServerBuilderForPort(
                        Integer.parseInt(arguments[0]), InsecureServerCredentials.create())
                .addService(EchoService.definition())
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
        PlainClient.main(new String[] {"localhost:" + server.getPort()});
        server.shutdownNow();
    }
}
