package dev.homeport.testkit.process;

import dev.homeport.testkit.EchoService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import java.io.IOException;

/** A server on the port of its argument, so that a successor can have the same. Runs until it is killed. */
public final class NamedServer {
    private NamedServer() {}

    /** Serves. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Server server = Grpc.newServerBuilderForPort(
                        Integer.parseInt(arguments[0]), InsecureServerCredentials.create())
                .addService(EchoService.definition())
                .build()
                .start();
        System.out.println(PlainServer.PORT + server.getPort());
        server.awaitTermination();
    }
}
