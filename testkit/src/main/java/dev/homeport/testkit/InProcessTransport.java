package dev.homeport.testkit;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.function.Consumer;

/** grpc's in-process transport, by which the suite itself is proved. */
public final class InProcessTransport implements Transport {
    private final String name = InProcessServerBuilder.generateName();
    private final Started started = new Started();

    @Override
    public Server start(Consumer<ServerBuilder<?>> settings, ServerServiceDefinition... services) throws IOException {
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
        settings.accept(builder);
        for (ServerServiceDefinition service : services) {
            builder.addService(service);
        }
        return started.add(builder.build().start());
    }

    @Override
    public ManagedChannel channel(Consumer<ManagedChannelBuilder<?>> settings) {
        InProcessChannelBuilder builder = InProcessChannelBuilder.forName(name);
        settings.accept(builder);
        return started.add(builder.build());
    }

    @Override
    public boolean supports(Capability capability) {
        return capability == Capability.CONFIDENTIAL;
    }

    @Override
    public void close() {
        started.close();
    }
}
