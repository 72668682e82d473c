package dev.homeport.examples.greeter;

import dev.homeport.examples.greeter.proto.GreetReply;
import dev.homeport.examples.greeter.proto.GreetRequest;
import dev.homeport.examples.greeter.proto.GreeterGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;

/** Greets whoever calls: {@code GreeterServer <port>}. Nothing here names a transport. */
public final class GreeterServer extends GreeterGrpc.GreeterImplBase {
    /** Serves until the process is ended. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int port = arguments.length == 0 ? 50051 : Integer.parseInt(arguments[0]);
        Server server = Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
                .addService(new GreeterServer())
                .build()
                .start();
        System.out.println("listening on " + server.getPort());
        server.awaitTermination();
    }

    @Override
    public void greet(GreetRequest request, StreamObserver<GreetReply> reply) {
        reply.onNext(GreetReply.newBuilder()
                .setGreeting("Hello, " + request.getName() + "!")
                .build());
        reply.onCompleted();
    }
}
