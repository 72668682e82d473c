package dev.homeport.testkit;

import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;

/** grpc-netty by its own builders, whatever providers are on the class path: what the suite is measured by. */
public final class TcpTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return NettyServerBuilder.forPort(port, InsecureServerCredentials.create());
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
