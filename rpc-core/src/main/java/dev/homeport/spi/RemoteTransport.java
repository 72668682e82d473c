package dev.homeport.spi;

import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import org.jspecify.annotations.Nullable;

/**
 * The way to everybody else: an ordinary gRPC transport, unchanged. One instance in a process, found by
 * {@link java.util.ServiceLoader}.
 */
public interface RemoteTransport {

    /**
     * A builder of the remote channel for a target.
     *
     * @param credentials as the program gave them; null if it used a builder without credentials
     */
    ManagedChannelBuilder<?> channelBuilder(String target, @Nullable ChannelCredentials credentials);

    /**
     * A builder of the remote server for a TCP port.
     *
     * @param credentials as the program gave them; null if it used a builder without credentials
     */
    ServerBuilder<?> serverBuilder(int port, @Nullable ServerCredentials credentials);
}
