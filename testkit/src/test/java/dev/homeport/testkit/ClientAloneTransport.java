package dev.homeport.testkit;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.netty.NettyServerBuilder;

/** Homeport on the class path of the client alone: its calls go by TCP, to bare grpc-netty. */
public final class ClientAloneTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return NettyServerBuilder.forPort(port, InsecureServerCredentials.create());
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        return Grpc.newChannelBuilder("localhost:" + port, InsecureChannelCredentials.create());
    }

    @Override
    public boolean supports(Capability capability) {
        return capability != Capability.CONFIDENTIAL;
    }
}
