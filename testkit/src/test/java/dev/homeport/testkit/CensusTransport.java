package dev.homeport.testkit;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.census.GrpcCensus;

/**
 * The drop-in with grpc-census on both sides: interceptors and tracers for statistics and traces, which put tags and
 * spans into the metadata of every call.
 */
public final class CensusTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return serverWith(Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create()));
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        return channelWith(Grpc.newChannelBuilder("localhost:" + port, InsecureChannelCredentials.create()));
    }

    // The type of a builder must have a name for census.
    private static <T extends ServerBuilder<T>> ServerBuilder<?> serverWith(ServerBuilder<T> builder) {
        return census().configureServerBuilder(self(builder));
    }

    private static <T extends ManagedChannelBuilder<T>> ManagedChannelBuilder<?> channelWith(
            ManagedChannelBuilder<T> builder) {
        return census().configureChannelBuilder(self(builder));
    }

    @SuppressWarnings("unchecked")
    private static <T> T self(Object builder) {
        return (T) builder;
    }

    private static GrpcCensus census() {
        return GrpcCensus.newBuilder().build();
    }

    @Override
    public boolean supports(Capability capability) {
        return true;
    }
}
