package dev.homeport.chaos.process;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;

/**
 * {@code Mortal server|client <path> [<port> <number>]}: serves, or calls once and stays connected, until it is
 * killed; and holds a plain socket open to that path, by which its end can be seen without Homeport, and on which it
 * says its process id.
 */
public final class Mortal {
    /** Begins the line that says that it is there; a server's has its port. */
    public static final String READY = "ready ";
    public static final String SERVER = "server";
    public static final String CLIENT = "client";

    private Mortal() {}

    /** Lives until it is killed. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (SocketChannel plain = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            plain.connect(UnixDomainSocketAddress.of(arguments[1]));
            plain.write(ByteBuffer.allocate(Long.BYTES).putLong(ProcessHandle.current().pid()).flip());
            System.out.println(READY + (arguments[0].equals(SERVER) ? serve() : call(arguments)));
            new CountDownLatch(1).await();
        }
    }

    private static int serve() throws IOException {
        Server server = HomeportServerBuilder.forPort(0).addService(EchoService.definition()).build().start();
        return server.getPort();
    }

    private static int call(String[] arguments) {
        int port = Integer.parseInt(arguments[2]);
        ManagedChannel channel = HomeportChannelBuilder.forAddress("localhost", port).usePlaintext().build();
        EchoGrpc.newBlockingStub(channel).unary(Payload.request(1, Long.parseLong(arguments[3])));
        return port;
    }
}
