package dev.homeport.testkit.peer;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.Wait;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One server on both routes, and channels that take the route they are told. Used by the thread of one test. */
final class BothRoutes implements AutoCloseable {
    final Server server;
    private final List<ManagedChannel> channels = new ArrayList<>();

    BothRoutes(Consumer<HomeportServerBuilder> settings) {
        HomeportServerBuilder builder = HomeportServerBuilder.forPort(0);
        settings.accept(builder);
        try {
            server = builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ManagedChannel channel(RoutePolicy route) {
        return channel(route, builder -> {});
    }

    ManagedChannel channel(RoutePolicy route, Consumer<HomeportChannelBuilder> settings) {
        HomeportChannelBuilder builder =
                HomeportChannelBuilder.forAddress("localhost", server.getPort()).usePlaintext().policy(route);
        settings.accept(builder);
        ManagedChannel channel = builder.build();
        channels.add(channel);
        return channel;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        server.shutdownNow();
        try {
            for (ManagedChannel channel : channels) {
                if (!channel.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError("not terminated: " + channel);
                }
            }
            if (!server.awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("not terminated: " + server);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
