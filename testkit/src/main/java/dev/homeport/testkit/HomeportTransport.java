package dev.homeport.testkit;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;

/** What a program gets that knows only {@code io.grpc} and has Homeport on its class path. */
public final class HomeportTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create());
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        return Grpc.newChannelBuilder("localhost:" + port, InsecureChannelCredentials.create());
    }

    @Override
    public boolean supports(Capability capability) {
        return true;
    }
}
