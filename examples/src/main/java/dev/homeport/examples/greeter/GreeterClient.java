package dev.homeport.examples.greeter;

import dev.homeport.examples.greeter.proto.GreetRequest;
import dev.homeport.examples.greeter.proto.GreeterGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;

/** Asks for one greeting: {@code GreeterClient <target> <name>}. Nothing here names a transport. */
public final class GreeterClient {
    private GreeterClient() {}

    /** Prints the greeting. */
    public static void main(String[] arguments) {
        String target = arguments.length > 0 ? arguments[0] : "localhost:50051";
        String name = arguments.length > 1 ? arguments[1] : "world";
        ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .build();
        try {
            GreetRequest request = GreetRequest.newBuilder().setName(name).build();
            System.out.println(GreeterGrpc.newBlockingStub(channel).greet(request).getGreeting());
        } finally {
            channel.shutdownNow();
        }
    }
}
