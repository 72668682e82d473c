package dev.homeport.testkit;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.netty.NettyChannelBuilder;

/** Homeport on the class path of the server alone: it is called by bare grpc-netty. */
public final class ServerAloneTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create());
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        return NettyChannelBuilder.forAddress("localhost", port, InsecureChannelCredentials.create());
    }

    @Override
    public boolean supports(Capability capability) {
        return capability != Capability.CONFIDENTIAL;
    }
}
