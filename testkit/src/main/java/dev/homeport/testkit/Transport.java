package dev.homeport.testkit;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * How servers and channels of one transport are made. One instance serves one test and stands for one address:
 * every channel leads to the server that was started last. Implementations have a constructor without parameters.
 */
public interface Transport extends AutoCloseable {
    /** Starts a server; it is shut down at {@link #close()}. A second server may start once the first is gone. */
    Server start(Consumer<ServerBuilder<?>> settings, ServerServiceDefinition... services) throws IOException;

    /** A new channel to this transport's address, whether a server is there or not; shut down at {@link #close()}. */
    ManagedChannel channel(Consumer<ManagedChannelBuilder<?>> settings);

    /** Whether the transport has this. */
    boolean supports(Capability capability);

    /** Shuts down at once what was started here and waits until it is gone. */
    @Override
    void close();
}
