package dev.homeport.testkit;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.ServerSocket;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/**
 * A transport whose address is a port of this host. The kernel chooses the port when the first server starts; later
 * servers take the same one. Used by the thread of one test.
 */
public abstract class PortTransport implements Transport {
    private final Started started = new Started();
    private int port;

    /** A builder of a server on that port; 0 lets the kernel choose. */
    protected abstract ServerBuilder<?> serverBuilder(int port);

    /** A builder of a channel to that port. */
    protected abstract ManagedChannelBuilder<?> channelBuilder(int port);

    @Override
    public final Server start(Consumer<ServerBuilder<?>> settings, ServerServiceDefinition... services)
            throws IOException {
        ServerBuilder<?> builder = serverBuilder(port);
        settings.accept(builder);
        for (ServerServiceDefinition service : services) {
            builder.addService(service);
        }
        Server server = started.add(builder.build().start());
        port = server.getPort();
        return server;
    }

    @Override
    public final ManagedChannel channel(Consumer<ManagedChannelBuilder<?>> settings) {
        if (port == 0) {
            port = freePort();
        }
        ManagedChannelBuilder<?> builder = channelBuilder(port);
        settings.accept(builder);
        return started.add(builder.build());
    }

    @Override
    public final void close() {
        started.close();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
