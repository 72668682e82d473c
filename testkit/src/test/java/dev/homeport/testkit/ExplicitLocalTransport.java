package dev.homeport.testkit;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.RoutePolicy;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;

/** Homeport's own builders with the policy {@code local}: a call that did not go local would fail. */
public final class ExplicitLocalTransport extends PortTransport {
    @Override
    protected ServerBuilder<?> serverBuilder(int port) {
        return HomeportServerBuilder.forPort(port, InsecureServerCredentials.create());
    }

    @Override
    protected ManagedChannelBuilder<?> channelBuilder(int port) {
        return HomeportChannelBuilder.forTarget("localhost:" + port, InsecureChannelCredentials.create())
                .policy(RoutePolicy.LOCAL);
    }

    @Override
    public boolean supports(Capability capability) {
        return true;
    }
}
